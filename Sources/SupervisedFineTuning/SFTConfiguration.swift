public import Optimizers
public import Training

/// How supervised fine-tuning imitates demonstrations.
///
/// Keys are TRL's where the meaning is the same. The defaults are those that made a model of 0.1 to
/// 1 M parameters fluent from scratch in our pilot runs, unless a field names another source.
public struct SFTConfiguration: Codable, Equatable, Sendable {
  /// The highest learning rate; fine-tuning a pretrained model wants far less (TRL: 2e-5).
  public var learningRate = 2e-3
  /// Optimiser updates; 600 to 1200 suffice for the built-in tasks.
  public var maximumSteps = 800
  /// Demonstrations an update, at most as many as there are.
  public var batchSize = 64
  /// Updates of linear warm-up; below one, a share of all updates, as in transformers 5.
  ///
  /// A tenth, as Tunstall (2023), section 4.
  public var warmupSteps = 0.1
  /// The way down from the highest rate; a cosine, as Tunstall (2023), section 4.
  public var decay = LearningRateDecay.cosine
  /// The rule that turns gradients into updates.
  public var optimizer = OptimizerKind.adamW
  /// Decoupled weight decay of AdamW (TRL: none).
  public var weightDecay = 0.0
  /// Gradients longer than this are scaled down to it (TRL: 1).
  public var maximumGradientNorm = 1.0
  /// Logical shards a batch is cut into, whatever the number of cores, so that the bits stay the same.
  public var gradientShards = 4

  /// The names of the settings in a specification.
  public enum CodingKeys: String, CodingKey, CaseIterable {
    case learningRate = "learning_rate"
    case maximumSteps = "max_steps"
    case batchSize = "per_device_train_batch_size"
    case warmupSteps = "warmup_steps"
    case decay = "lr_scheduler_type"
    case optimizer = "optim"
    case weightDecay = "weight_decay"
    case maximumGradientNorm = "max_grad_norm"
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
    try read(&maximumSteps, .maximumSteps)
    try read(&batchSize, .batchSize)
    try read(&warmupSteps, .warmupSteps)
    try read(&decay, .decay)
    try read(&optimizer, .optimizer)
    try read(&weightDecay, .weightDecay)
    try read(&maximumGradientNorm, .maximumGradientNorm)
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
    try require(maximumSteps > 0, .maximumSteps, maximumSteps, "1 or more")
    try require(batchSize > 0, .batchSize, batchSize, "1 or more")
    try require(warmupSteps >= 0, .warmupSteps, warmupSteps, "0 or more")
    try require(weightDecay >= 0, .weightDecay, weightDecay, "0 or more")
    try require(
      maximumGradientNorm > 0, .maximumGradientNorm, maximumGradientNorm, "a number above 0")
    try require(gradientShards > 1, .gradientShards, gradientShards, "2 or more")
  }

  /// The learning rate of every update.
  var schedule: LearningRateSchedule {
    let steps = Double(maximumSteps)
    let warmup = min(warmupSteps < 1 ? warmupSteps * steps : warmupSteps, steps)
    return LearningRateSchedule(
      peak: learningRate, warmupSteps: Int(warmup.rounded()), totalSteps: maximumSteps, decay: decay
    )
  }
}
