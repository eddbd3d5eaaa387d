/// What training has used up, in units that all methods share.
///
/// Every model counts: the policy, and the reference, reward and value models beside it.
public struct Cost: Codable, Equatable, Sendable {
  /// Choices that were bought: comparisons of completions by an annotator.
  public var labels: Int
  /// Noise-free numbers that were bought: gold rewards of single completions.
  ///
  /// One of them says more than a choice, so the two are never added up.
  public var goldQueries: Int
  /// Tokens that went forward through some model, sampled ones included.
  public var tokensForward: Int
  /// Tokens that went backward through some model.
  public var tokensBackward: Int
  /// Completions sampled for training.
  public var rollouts: Int
  /// Floating-point operations: 2·N per token forward, 4·N backward, attention on top.
  ///
  /// Every sequence counts as if it were read alone, so that the count is one of the method and not
  /// of how a batch is laid out: a prompt that two completions share counts twice.
  public var flops: Double

  /// A cost; nothing unless said otherwise.
  public init(
    labels: Int = 0, goldQueries: Int = 0, tokensForward: Int = 0, tokensBackward: Int = 0,
    rollouts: Int = 0, flops: Double = 0
  ) {
    self.labels = labels
    self.goldQueries = goldQueries
    self.tokensForward = tokensForward
    self.tokensBackward = tokensBackward
    self.rollouts = rollouts
    self.flops = flops
  }

  /// The cost of a forward pass over whole sequences, or of sampling them with a cache.
  public static func forward(
    through model: ModelConfiguration, sequenceLengths: [Int]
  ) -> Cost {
    Cost(
      tokensForward: sequenceLengths.reduce(0, +),
      flops: model.forwardFLOPs(sequenceLengths: sequenceLengths))
  }

  /// The cost of forward passes of several models over the same sequences.
  public static func forward(
    through models: [ModelConfiguration], sequenceLengths: [Int]
  ) -> Cost {
    models.reduce(Cost()) { $0 + .forward(through: $1, sequenceLengths: sequenceLengths) }
  }

  /// The cost of a forward and a backward pass over whole sequences.
  ///
  /// A backward pass makes two products, by inputs and by weights, for each one of the forward
  /// pass, hence 4·N per token (Kaplan (2020), section 2.1).
  public static func training(
    _ model: ModelConfiguration, sequenceLengths: [Int]
  ) -> Cost {
    var cost = forward(through: model, sequenceLengths: sequenceLengths)
    cost.tokensBackward = cost.tokensForward
    cost.flops *= 3
    return cost
  }

  /// The two costs together.
  public static func + (left: Cost, right: Cost) -> Cost {
    Cost(
      labels: left.labels + right.labels, goldQueries: left.goldQueries + right.goldQueries,
      tokensForward: left.tokensForward + right.tokensForward,
      tokensBackward: left.tokensBackward + right.tokensBackward,
      rollouts: left.rollouts + right.rollouts, flops: left.flops + right.flops)
  }

  /// Adds another cost to this one.
  public static func += (left: inout Cost, right: Cost) {
    left = left + right
  }
}

extension Cost {
  /// Reads a cost; one written before choices and numbers were told apart has no numbers.
  public init(from decoder: any Decoder) throws {
    let cost = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      labels: try cost.decode(Int.self, forKey: .labels),
      goldQueries: try cost.decodeIfPresent(Int.self, forKey: .goldQueries) ?? 0,
      tokensForward: try cost.decode(Int.self, forKey: .tokensForward),
      tokensBackward: try cost.decode(Int.self, forKey: .tokensBackward),
      rollouts: try cost.decode(Int.self, forKey: .rollouts),
      flops: try cost.decode(Double.self, forKey: .flops))
  }
}

/// The memory that a training step takes, from sizes alone.
///
/// Every value of the forward pass stays until the backward pass has read it. Counted are, for each
/// token and layer of width d, with q and k columns of queries and keys, f of the feed-forward
/// block, h heads and sequences of T tokens,
///
///     5·d + 2·q + 2·k + 3·f + h·T        and 2·d + V once, for embedding, last norm and logits
///
/// and the gradients of the values that the backward pass has in hand at once, which are those of
/// the widest operation: the larger of 3·f + 2·d and V + d per token.
public struct MemoryPlan: Equatable, Sendable {
  /// Bytes of the weights.
  public private(set) var parameters: Int
  /// Bytes of the gradients: one of every shard, the first of which becomes their sum.
  public private(set) var gradients = 0
  /// Bytes of the optimizer's running means.
  public private(set) var optimizer = 0
  /// Bytes of the activations of all shards that are on their way at once, or of a cache.
  public private(set) var activations = 0

  /// The plan of a step in Float.
  ///
  /// - Parameters:
  ///   - model: The model's sizes.
  ///   - tokens: Tokens of the batch, prompts included; one that sequences share counts once.
  ///   - length: Tokens of a sequence.
  ///   - shards: Parts of the batch that are differentiated on their own.
  ///   - workers: Threads that share them.
  ///   - runningMeans: Values that the optimizer keeps for each weight: two of Adam, one of RMSprop.
  public init(
    _ model: ModelConfiguration, tokens: Int, length: Int, shards: Int = 1, workers: Int = 1,
    runningMeans: Int = 2
  ) {
    self.init(reading: model)
    gradients = parameters * shards
    optimizer = runningMeans * parameters
    let shardTokens = (tokens + shards - 1) / shards
    activations =
      floatBytes * min(shards, workers) * shardTokens * model.valuesPerToken(length: length)
  }

  /// The plan of a model that is only read, a few sequences at a time.
  public init(reading model: ModelConfiguration) {
    parameters = floatBytes * model.parameterCount
  }

  /// The plan of sampling: weights in panels, and keys and values of all sequences in flight.
  public init(sampling model: ModelConfiguration, sequences: Int, length: Int) {
    self.init(reading: model)
    activations = floatBytes * 2 * model.layers * model.keyValueWidth * sequences * length
  }

  /// All bytes together.
  public var total: Int { parameters + gradients + optimizer + activations }

  /// Two things that are in memory at once.
  public static func + (left: MemoryPlan, right: MemoryPlan) -> MemoryPlan {
    var sum = left
    sum.parameters += right.parameters
    sum.gradients += right.gradients
    sum.optimizer += right.optimizer
    sum.activations += right.activations
    return sum
  }
}

private let floatBytes = MemoryLayout<Float>.stride

extension ModelConfiguration {
  /// Values that a token leaves on the tape, and those that go backwards with it at once.
  fileprivate func valuesPerToken(length: Int) -> Int {
    let attention = 2 * queryWidth + 2 * keyValueWidth + heads * ((length + 15) / 16 * 16)
    let layer = 5 * hiddenSize + attention + 3 * intermediateSize
    let backward = max(3 * intermediateSize + 2 * hiddenSize, vocabularySize + hiddenSize)
    return layers * layer + 2 * hiddenSize + vocabularySize + backward
  }
}
