public import TensorKernels
public import Tokenization

/// A sampled completion with the log-probabilities it was drawn with.
public struct Sampled: Sendable, Equatable {
  /// The prompt and its completion; the end token is the last one if there was one.
  public var sequence: TokenSequence
  /// The log-probability of each completion token under the sampler's temperature.
  public var logProbabilities: [Double]
  /// Whether the completion ended by itself.
  public var ended: Bool
}

/// Draws completions from a language model, many at once, with a cache of keys and values.
///
/// A sequence that ends leaves its slot to the next prompt that waits, hence no step computes a
/// row that nobody needs. What a sequence becomes depends on its own uniforms only, up to the
/// rounding of matrix products of other sizes.
public struct Sampler<Scalar: BLASScalar>: ~Copyable {
  private let configuration: ModelConfiguration
  private let temperature: Double
  private let slots: Int
  private var decoder: CachedDecoder<Scalar>

  /// A sampler of a model as it is now; later updates of the model do not reach it.
  ///
  /// - Parameters:
  ///   - model: The model to sample from.
  ///   - temperature: Divides the logits; zero takes the most probable token always, with
  ///     log-probability zero, since nothing else can happen.
  ///   - slots: Sequences in flight at once.
  public init(_ model: Transformer<Scalar>, temperature: Double = 1, slots: Int = 128) {
    precondition(temperature >= 0, "temperature \(temperature)")
    precondition(slots > 0, "\(slots) slots")
    configuration = model.configuration
    self.temperature = temperature
    self.slots = slots
    decoder = CachedDecoder(model)
  }

  /// One completion for each prompt.
  ///
  /// - Parameters:
  ///   - prompts: What the completions follow; at least one token each.
  ///   - maximumTokens: A completion without an end token is cut off here.
  ///   - endToken: The token that ends a completion, kept as its last one.
  ///   - uniform: A number in [0, 1) for each sequence and each position of its completion, both
  ///     counted from zero; it decides which token stands there.
  /// - Returns: The completions in the order of the prompts.
  public mutating func sample(
    prompts: [[Int]], maximumTokens: Int, endToken: Int,
    uniform: (_ sequence: Int, _ position: Int) -> Double
  ) -> [Sampled] {
    let longest = prompts.lazy.map(\.count).max() ?? 0
    precondition(maximumTokens > 0 && prompts.allSatisfy { !$0.isEmpty }, "nothing to sample from")
    precondition(
      longest + maximumTokens <= configuration.maximumLength,
      "a prompt of \(longest) and \(maximumTokens) more of \(configuration.maximumLength) tokens")
    decoder.reserve(slots: min(slots, prompts.count), capacity: longest + maximumTokens)
    var queue = SequenceQueue(prompts: prompts, slots: slots, maximumTokens: maximumTokens)
    while queue.admit() {
      let step = queue.nextStep()
      decoder.run(tokens: step.tokens, places: step.places, wanted: step.lastRows)
      queue.extend(by: drawTokens(queue.active, uniform), endToken: endToken)
    }
    return queue.finished.compactMap(\.self)
  }

  /// One token for each active sequence, from the decoder's logits.
  private func drawTokens(
    _ active: [GrowingSequence], _ uniform: (_ sequence: Int, _ position: Int) -> Double
  ) -> [TokenDraw] {
    let columns = configuration.vocabularySize
    var weights = [Scalar](repeating: 0, count: columns)
    return active.enumerated().map { row, sequence in
      guard temperature > 0 else {
        let token = greatest(decoder.logits.span, row: row, columns: columns)
        return TokenDraw(token: token, logProbability: 0)
      }
      var weightSpan = weights.mutableSpan
      return draw(
        from: decoder.logits.span, row: row, columns: columns, temperature: Scalar(temperature),
        uniform: uniform(sequence.index, sequence.logProbabilities.count), weights: &weightSpan)
    }
  }
}
