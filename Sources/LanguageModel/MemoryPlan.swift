/// The memory that a training step takes, from sizes alone.
///
/// Every value of the forward pass stays until the backward pass has read it. Counted are, for each
/// token and layer of width d, with q and k columns of queries and keys, f of the feed-forward
/// block, h heads and sequences of T tokens,
///
///     5·d + 2·q + 2·k + 3·f + h·T        and 2·d + V once, for embedding, last norm and logits
///
/// and the gradients of the values that the backward pass has in hand at once, which are those of
/// the widest operation: the larger of 3·f + 2·d and V + d a token.
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
