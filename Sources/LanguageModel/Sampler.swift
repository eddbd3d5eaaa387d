import Synchronization
public import TensorKernels
public import Tokenization

/// A sampled completion with the log-probabilities it was drawn with.
public struct Sampled: Sendable, Equatable {
  /// The prompt and its completion; the end token is the last one if there was one.
  public var sequence: TokenSequence
  /// The log-probability of each completion token under the sampler's temperature: to the bit what
  /// ``Transformer/logProbabilities(of:temperature:on:)`` reads in the finished sequence.
  public var logProbabilities: [Double]
  /// Whether the completion ended by itself.
  public var ended: Bool
}

/// Draws completions from a language model, many at once, with a cache of keys and values.
///
/// A sequence that ends leaves its slot to the next prompt that waits, and a prompt that is sampled
/// several times goes through the model once, hence no step computes a row that nobody needs. What a sequence becomes depends on its own uniforms only, to the bit: a
/// row's numbers are the same whatever other rows there are, for any number of slots and workers.
public struct Sampler<Scalar: TensorScalar>: ~Copyable {
  private let configuration: ModelConfiguration
  private let temperature: Double
  private let slots: Int
  /// One decoder per thread.
  private let lanes: [SamplerLane<Scalar>]

  /// A sampler of a model as it is now; later updates of the model do not reach it.
  ///
  /// - Parameters:
  ///   - model: The model to sample from.
  ///   - temperature: Divides the logits; zero takes the most probable token always, with
  ///     log-probability zero, since nothing else can happen.
  ///   - slots: Sequences in flight at once, on each thread.
  ///   - workers: Threads that share the prompts.
  public init(
    _ model: Transformer<Scalar>, temperature: Double = 1, slots: Int = 128, workers: Int = 1
  ) {
    precondition(temperature >= 0, "temperature \(temperature)")
    precondition(slots > 0 && workers > 0, "\(slots) slots for each of \(workers) workers")
    configuration = model.configuration
    self.temperature = temperature
    self.slots = slots
    let decoder = CachedDecoder(model)
    lanes = (0..<workers).map { _ in SamplerLane(decoder) }
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
    uniform: @Sendable (_ sequence: Int, _ position: Int) -> Double
  ) -> [Sampled] {
    let longest = prompts.lazy.map(\.count).max() ?? 0
    precondition(maximumTokens > 0 && prompts.allSatisfy { !$0.isEmpty }, "nothing to sample from")
    precondition(
      longest + maximumTokens <= configuration.maximumLength,
      "a prompt of \(longest) and \(maximumTokens) more of \(configuration.maximumLength) tokens")
    let parts = min(lanes.count, prompts.count)
    return concurrentMap(parts, workers: parts) { [lanes, slots, temperature] part, _ in
      let range = part * prompts.count / parts..<(part + 1) * prompts.count / parts
      return lanes[part].sample(
        SequenceQueue(prompts: Array(prompts[range]), slots: slots, maximumTokens: maximumTokens),
        capacity: longest + maximumTokens, endToken: endToken, temperature: Scalar(temperature)
      ) { uniform(range.lowerBound + $0, $1) }
    }.flatMap(\.self)
  }
}

/// What one thread of a sampler works with.
private final class SamplerLane<Scalar: TensorScalar>: Sendable {
  private let decoder: Mutex<CachedDecoder<Scalar>>

  init(_ decoder: CachedDecoder<Scalar>) { self.decoder = Mutex(decoder) }

  func sample(
    _ waiting: SequenceQueue, capacity: Int, endToken: Int, temperature: Scalar,
    uniform: (_ sequence: Int, _ position: Int) -> Double
  ) -> [Sampled] {
    var queue = waiting
    decoder.withLock { decoder in
      decoder.reserve(slots: queue.slots, capacity: capacity)
      while queue.admit() {
        let step = queue.nextStep()
        decoder.copy(step.copiesBefore)
        decoder.run(tokens: step.tokens, places: step.places, wanted: step.lastRows)
        decoder.copy(step.copiesAfter)
        let draws = decoder.drawTokens(queue.active, temperature: temperature, uniform)
        queue.extend(by: draws, endToken: endToken)
      }
    }
    return queue.finished.compactMap(\.self)
  }
}

extension CachedDecoder {
  /// One token for each active sequence, from the logits.
  fileprivate func drawTokens(
    _ active: [GrowingSequence], temperature: Scalar,
    _ uniform: (_ sequence: Int, _ position: Int) -> Double
  ) -> [TokenDraw] {
    let columns = logits.count / max(1, active.count)
    var weights = [Scalar](repeating: 0, count: columns)
    return active.enumerated().map { row, sequence in
      guard temperature > 0 else {
        let token = greatest(logits.span, row: row, columns: columns)
        return TokenDraw(token: token, logProbability: 0)
      }
      var weightSpan = weights.mutableSpan
      return draw(
        from: logits.span, row: row, columns: columns, temperature: temperature,
        uniform: uniform(sequence.index, sequence.logProbabilities.count), weights: &weightSpan)
    }
  }
}

/// A token drawn from one row of logits, and its log-probability.
struct TokenDraw: Equatable {
  var token: Int
  var logProbability: Double
}

/// Draws a token by inverting the cumulative distribution, in the order of the vocabulary.
///
///     token = min {v : Σ over w ≤ v of p(w) > u}        p = softmax(logits/temperature)
///
/// - Parameters:
///   - logits: Rows of the size of the vocabulary.
///   - row: The row to draw from.
///   - columns: The size of the vocabulary.
///   - temperature: Divides the logits; above zero.
///   - uniform: The number u in [0, 1) that decides.
///   - weights: Room for one row, overwritten.
/// - Returns: The token and its log-probability at this temperature.
func draw<Scalar: TensorScalar>(
  from logits: Span<Scalar>, row: Int, columns: Int, temperature: Scalar, uniform: Double,
  weights: inout MutableSpan<Scalar>
) -> TokenDraw {
  let logits = logits.extracting(row * columns..<(row + 1) * columns)
  let sum = exponentialWeights(of: logits, temperature: temperature, into: &weights)
  let token = inverse(of: weights.span, at: uniform)
  let logWeight = (logits[token] - largest(logits)) * (1 / temperature)
  return TokenDraw(token: token, logProbability: Double(logWeight - .logarithm(sum)))
}

/// The token with the greatest logit of a row, the first of them at a tie.
func greatest<Scalar: TensorScalar>(_ logits: Span<Scalar>, row: Int, columns: Int) -> Int {
  let logits = logits.extracting(row * columns..<(row + 1) * columns)
  return firstIndex(of: largest(logits), in: logits)
}
