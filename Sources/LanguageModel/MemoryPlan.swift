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
  public let parameters: Int
  /// Bytes of the gradients: one of every shard, the first of which becomes their sum.
  public let gradients: Int
  /// Bytes of Adam's two running means.
  public let optimizer: Int
  /// Bytes of the activations of all shards that are on their way at once.
  public let activations: Int

  /// The plan of a step in Float.
  ///
  /// - Parameters:
  ///   - model: The model's sizes.
  ///   - tokens: Tokens of the batch, prompts included.
  ///   - length: Tokens of a sequence.
  ///   - shards: Parts of the batch that are differentiated on their own.
  ///   - workers: Threads that share them.
  public init(
    _ model: ModelConfiguration, tokens: Int, length: Int, shards: Int = 1, workers: Int = 1
  ) {
    let bytes = MemoryLayout<Float>.stride
    parameters = bytes * model.parameterCount
    gradients = parameters * shards
    optimizer = 2 * parameters
    let shardTokens = (tokens + shards - 1) / shards
    activations =
      bytes * min(shards, workers) * shardTokens * model.valuesPerToken(length: length)
  }

  /// All bytes together.
  public var total: Int { parameters + gradients + optimizer + activations }
}

extension ModelConfiguration {
  /// Values that a token leaves on the tape, and those that go backwards with it at once.
  fileprivate func valuesPerToken(length: Int) -> Int {
    let attention = 2 * queryWidth + 2 * keyValueWidth + heads * ((length + 15) / 16 * 16)
    let layer = 5 * hiddenSize + attention + 3 * intermediateSize
    let backward = max(3 * intermediateSize + 2 * hiddenSize, vocabularySize + hiddenSize)
    return layers * layer + 2 * hiddenSize + vocabularySize + backward
  }
}
