public import Optimizers
public import Training

/// How supervised fine-tuning imitates demonstrations.
///
/// Keys are TRL's where the meaning is the same. The defaults are those that made a model of 0.1 to
/// 1 M parameters fluent from scratch in our pilot runs, unless a field names another source.
public struct SFTConfiguration: UpdateSettings {
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

  /// Creates the documented defaults.
  public init() {}

  /// The table of the settings.
  public static let settings: [Setting<Self>] =
    [Setting("max_steps", \.maximumSteps, .atLeast(1), "Updates in all.")]
    + updateSettings(of: "Demonstrations")
}
