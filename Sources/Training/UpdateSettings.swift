public import Optimizers

/// The settings by which ``TrainingLoop`` turns gradients into updates, which supervised fine-tuning,
/// the reward model and DPO share.
public protocol UpdateSettings: SettingsTable {
  /// The highest learning rate.
  var learningRate: Double { get set }
  /// Items an update, at most as many as there are.
  var batchSize: Int { get set }
  /// Updates of linear warm-up; below one, a share of all updates, as in transformers 5.
  var warmupSteps: Double { get set }
  /// The way down from the highest rate.
  var decay: LearningRateDecay { get set }
  /// The rule that turns gradients into updates.
  var optimizer: OptimizerKind { get set }
  /// Decoupled weight decay of AdamW.
  var weightDecay: Double { get set }
  /// Gradients longer than this are scaled down to it.
  var maximumGradientNorm: Double { get set }
  /// Logical shards a batch is cut into, whatever the number of cores, so that the bits stay the same.
  var gradientShards: Int { get set }
}

extension UpdateSettings {
  /// The lines of these settings in a table, for batches of so-called items.
  public static func updateSettings(of items: String) -> [Setting<Self>] {
    [
      Setting("learning_rate", \.learningRate, .positive, "The highest learning rate."),
      Setting(
        "per_device_train_batch_size", \.batchSize, .atLeast(1),
        "\(items) per update; at most as many as there are."),
      Setting(
        "warmup_steps", \.warmupSteps, .notNegative,
        "Updates over which the learning rate rises from zero; below 1, a share of all updates."),
      Setting(
        "lr_scheduler_type", \.decay, .choice, "How the learning rate falls after the warm-up."),
      Setting("optim", \.optimizer, .choice, "The rule that turns gradients into updates."),
      Setting("weight_decay", \.weightDecay, .notNegative, "Decoupled weight decay of AdamW."),
      Setting(
        "max_grad_norm", \.maximumGradientNorm, .positiveOrInfinite,
        "Gradients longer than this are scaled down to it."),
      Setting(
        "gradient_shards", \.gradientShards, .atLeast(2),
        "Shards that a batch is cut into, whatever the number of cores.", trl: .absent),
    ]
  }

  /// The learning rate of every update, of which there are `steps`.
  public func schedule(steps: Int) -> LearningRateSchedule {
    let warmup = min(warmupSteps < 1 ? warmupSteps * Double(steps) : warmupSteps, Double(steps))
    return LearningRateSchedule(
      peak: learningRate, warmupSteps: Int(warmup.rounded()), totalSteps: steps, decay: decay)
  }
}
