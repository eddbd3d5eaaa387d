public import LanguageModel
public import TensorKernels
public import Tokenization

/// The places at which a training takes hold of its samples and models: what it keeps of a sample,
/// which model is the reference, and how log-probabilities are read.
///
/// The defaults are the training as its settings describe it. Whoever wants to see what a mistake in
/// one of these places looks like hands in another part; no setting names one.
public struct PPOParts: Sendable {
  /// What is left of a sample of at most `width` tokens behind the masks.
  public var mask: @Sendable (_ sample: Sampled, _ width: Int) -> MaskedSample = { sample, _ in
    MaskedSample(sequence: sample.sequence, endTokens: sample.ended ? 1 : 0)
  }
  /// The model that log π₀ is read from.
  public var reference:
    @Sendable (_ reference: Transformer<Float>, _ policy: Transformer<Float>) -> Transformer<Float> =
      { reference, _ in reference }
  /// Changes what was measured on an iteration's rollouts, shard by shard.
  public var measurements:
    @Sendable (_ shards: inout [ShardMeasurement], _ iteration: Int) -> Void =
      { _, _ in }
  /// The temperature of the updates' log-probabilities, from that of the rollouts.
  public var updateTemperature: @Sendable (Double) -> Double = { $0 }

  /// The training as its settings describe it.
  public init() {}
}

/// What the masks leave of a sample.
public struct MaskedSample: Sendable {
  /// The prompt with the tokens that the trainer sees.
  public var sequence: TokenSequence
  /// End tokens in the padded completion, TRL's `val/num_eos_tokens`.
  public var endTokens: Int

  /// The tokens of a sample and its end tokens.
  public init(sequence: TokenSequence, endTokens: Int) {
    (self.sequence, self.endTokens) = (sequence, endTokens)
  }
}

/// What the policy, the reference and the value model said of one shard of the rollouts.
public struct ShardMeasurement: Sendable {
  /// log π of the shard's tokens.
  public var logProbabilities: [Float]
  /// log π₀ of the same tokens.
  public var referenceLogProbabilities: [Float]
  /// V of the shard's slots; none where no value model is trained.
  let values: [Float]
}

/// What a training recorded of one rollout before it learnt from it, for checks from outside.
///
/// A certificate holds these numbers against models that it reads itself: the reference from its file, and
/// the policy at another temperature.
public struct RolloutReading: Sendable {
  /// How many rollouts of an iteration are handed out at most.
  package static let count = 16

  /// The prompt with the tokens that the trainer sees.
  public let sequence: TokenSequence
  /// Whether the sample had an end token, seen or not.
  public let hasEnded: Bool
  /// log π of each sampled token under the sampler's temperature, in nats; masked tokens included.
  public let sampledLogProbabilities: [Double]
  /// log π of each token that the trainer sees, as its updates compare it.
  public let logProbabilities: [Float]
  /// log π₀ of the same tokens, from the model that the trainer takes for the reference.
  public let referenceLogProbabilities: [Float]
}
