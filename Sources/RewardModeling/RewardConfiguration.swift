public import Optimizers

/// How a reward model learns from preference pairs.
///
/// Keys are TRL's where the meaning is the same. Rates and sizes are those of our pilot runs with
/// models of 0.1 to 1 M parameters, unless a field names another source.
public struct RewardConfiguration: Codable, Equatable, Sendable {
  /// The highest learning rate; a pretrained backbone wants less (TRL: 1e-4).
  public var learningRate = 1e-3
  /// Passes over the pairs.
  public var epochs = 2
  /// Pairs an update, at most as many as there are.
  public var batchSize = 32
  /// Updates of linear warm-up; below one, a share of all updates, as in transformers 5.
  public var warmupSteps = 0.1
  /// The way down from the highest rate; linear, as TRL.
  public var decay = LearningRateDecay.linear
  /// The rule that turns gradients into updates.
  public var optimizer = OptimizerKind.adamW
  /// Decoupled weight decay of AdamW (TRL: none).
  public var weightDecay = 0.0
  /// Gradients longer than this are scaled down to it (TRL: 1).
  public var maximumGradientNorm = 1.0
  /// Weight of the centring term of `BradleyTerryLoss`; none unless set (TRL: none).
  public var centeringCoefficient: Double?
  /// Logical shards a batch is cut into, whatever the number of cores, so that the bits stay the same.
  public var gradientShards = 4

  /// The names of the settings in a specification.
  public enum CodingKeys: String, CodingKey, CaseIterable {
    case learningRate = "learning_rate"
    case epochs = "num_train_epochs"
    case batchSize = "per_device_train_batch_size"
    case warmupSteps = "warmup_steps"
    case decay = "lr_scheduler_type"
    case optimizer = "optim"
    case weightDecay = "weight_decay"
    case maximumGradientNorm = "max_grad_norm"
    case centeringCoefficient = "center_rewards_coefficient"
    case gradientShards = "gradient_shards"
  }

  /// Creates the documented defaults.
  public init() {}

  /// Reads the settings that are present over the documented defaults.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func read<Value: Decodable>(_ value: inout Value, _ key: CodingKeys) throws {
      value = try container.decodeIfPresent(Value.self, forKey: key) ?? value
    }
    try read(&learningRate, .learningRate)
    try read(&epochs, .epochs)
    try read(&batchSize, .batchSize)
    try read(&warmupSteps, .warmupSteps)
    try read(&decay, .decay)
    try read(&optimizer, .optimizer)
    try read(&weightDecay, .weightDecay)
    try read(&maximumGradientNorm, .maximumGradientNorm)
    centeringCoefficient = try container.decodeIfPresent(Double.self, forKey: .centeringCoefficient)
    try read(&gradientShards, .gradientShards)
  }

  /// Throws the first constraint that the values break.
  public func validate() throws(ConfigurationError) {
    func require(
      _ holds: Bool, _ key: CodingKeys, _ value: some Any, _ allowed: String
    ) throws(ConfigurationError) {
      guard holds else { throw .outOfRange(key.rawValue, "\(value)", allowed: allowed) }
    }
    try require(
      learningRate > 0 && learningRate.isFinite, .learningRate, learningRate, "a number above 0")
    try require(epochs > 0, .epochs, epochs, "1 or more")
    try require(batchSize > 0, .batchSize, batchSize, "1 or more")
    try require(warmupSteps >= 0, .warmupSteps, warmupSteps, "0 or more")
    try require(weightDecay >= 0, .weightDecay, weightDecay, "0 or more")
    try require(
      maximumGradientNorm > 0, .maximumGradientNorm, maximumGradientNorm, "a number above 0")
    if let coefficient = centeringCoefficient {
      try require(
        coefficient >= 0 && coefficient.isFinite, .centeringCoefficient, coefficient, "0 or more")
    }
    try require(gradientShards > 1, .gradientShards, gradientShards, "2 or more")
  }

  /// The learning rate of every update, of which there are `steps`.
  func schedule(steps: Int) -> LearningRateSchedule {
    let warmup = min(warmupSteps < 1 ? warmupSteps * Double(steps) : warmupSteps, Double(steps))
    return LearningRateSchedule(
      peak: learningRate, warmupSteps: Int(warmup.rounded()), totalSteps: steps, decay: decay)
  }
}
