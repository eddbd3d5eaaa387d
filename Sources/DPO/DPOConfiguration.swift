public import Optimizers

/// The preference losses that a specification can name.
public enum PreferenceLossKind: String, Codable, Sendable, CaseIterable {
  /// Rafailov (2023), equation 7.
  case sigmoid
  /// Azar (2023), equation 17, on sums; TRL's `ipo` divides by the number of tokens.
  case ipo
}

/// How DPO fits a policy to preference pairs.
///
/// Keys are TRL's where the meaning is the same. Rates and sizes are those of our pilot runs with
/// models of 0.1 to 1 M parameters, unless a field names another source.
public struct DPOConfiguration: Codable, Equatable, Sendable {
  /// Strength β of the pull towards the reference, PPO's KL coefficient (Rafailov (2023) and TRL: 0.1).
  public var beta = 0.1
  /// The loss over the pairs.
  public var lossKind = PreferenceLossKind.sigmoid
  /// The highest learning rate: 1e-3 suits 0.1 M parameters, 5e-4 suits 1 M (the paper's 6 B: 1e-6).
  public var learningRate = 5e-4
  /// Passes over the pairs.
  public var epochs = 2
  /// Pairs an update, at most as many as there are (Rafailov (2023), appendix B: 64).
  public var batchSize = 64
  /// Updates of linear warm-up; below one, a share of all updates, as in transformers 5.
  ///
  /// A tenth, as Tunstall (2023), section 4.
  public var warmupSteps = 0.1
  /// The way down from the highest rate; linear, as TRL and Tunstall (2023), section 4.
  public var decay = LearningRateDecay.linear
  /// The rule that turns gradients into updates; the DPO paper used `rmsprop`, TRL uses `adamw`.
  public var optimizer = OptimizerKind.adamW
  /// Decoupled weight decay of AdamW (TRL: none).
  public var weightDecay = 0.0
  /// Gradients longer than this are scaled down to it (TRL: 1).
  public var maximumGradientNorm = 1.0
  /// Logical shards a batch is cut into, whatever the number of cores, so that the bits stay the same.
  public var gradientShards = 4
  /// Pairs on which the policy is read again after each update, for the approximate KL of that update.
  public var probePairs = 16

  /// The names of the settings in a specification.
  public enum CodingKeys: String, CodingKey, CaseIterable {
    case beta
    case lossKind = "loss_type"
    case learningRate = "learning_rate"
    case epochs = "num_train_epochs"
    case batchSize = "per_device_train_batch_size"
    case warmupSteps = "warmup_steps"
    case decay = "lr_scheduler_type"
    case optimizer = "optim"
    case weightDecay = "weight_decay"
    case maximumGradientNorm = "max_grad_norm"
    case gradientShards = "gradient_shards"
    case probePairs = "probe_pairs"
  }

  /// Creates the documented defaults.
  public init() {}

  /// Reads the settings that are present over the documented defaults.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func read<Value: Decodable>(_ value: inout Value, _ key: CodingKeys) throws {
      value = try container.decodeIfPresent(Value.self, forKey: key) ?? value
    }
    try read(&beta, .beta)
    try read(&lossKind, .lossKind)
    try read(&learningRate, .learningRate)
    try read(&epochs, .epochs)
    try read(&batchSize, .batchSize)
    try read(&warmupSteps, .warmupSteps)
    try read(&decay, .decay)
    try read(&optimizer, .optimizer)
    try read(&weightDecay, .weightDecay)
    try read(&maximumGradientNorm, .maximumGradientNorm)
    try read(&gradientShards, .gradientShards)
    try read(&probePairs, .probePairs)
  }

  /// Throws the first constraint that the values break.
  public func validate() throws(ConfigurationError) {
    func require(
      _ holds: Bool, _ key: CodingKeys, _ value: some Any, _ allowed: String
    ) throws(ConfigurationError) {
      guard holds else { throw .outOfRange(key.rawValue, "\(value)", allowed: allowed) }
    }
    try require(beta > 0 && beta.isFinite, .beta, beta, "a number above 0")
    try require(
      learningRate > 0 && learningRate.isFinite, .learningRate, learningRate, "a number above 0")
    try require(epochs > 0, .epochs, epochs, "1 or more")
    try require(batchSize > 0, .batchSize, batchSize, "1 or more")
    try require(warmupSteps >= 0, .warmupSteps, warmupSteps, "0 or more")
    try require(weightDecay >= 0, .weightDecay, weightDecay, "0 or more")
    try require(
      maximumGradientNorm > 0, .maximumGradientNorm, maximumGradientNorm, "a number above 0")
    try require(gradientShards > 1, .gradientShards, gradientShards, "2 or more")
    try require(probePairs >= 0, .probePairs, probePairs, "0 or more")
  }

  /// The loss that the settings describe.
  public var loss: any PreferenceLoss {
    switch lossKind {
    case .sigmoid: DPOLoss(beta: beta)
    case .ipo: IPOLoss(beta: beta)
    }
  }

  /// The learning rate of every update, of which there are `steps`.
  func schedule(steps: Int) -> LearningRateSchedule {
    let warmup = min(warmupSteps < 1 ? warmupSteps * Double(steps) : warmupSteps, Double(steps))
    return LearningRateSchedule(
      peak: learningRate, warmupSteps: Int(warmup.rounded()), totalSteps: steps, decay: decay)
  }
}
