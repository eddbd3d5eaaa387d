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
  /// By how much a chosen score is to exceed the rejected one where a pair names no margin of its
  /// own; nil for no margin.
  public var margin: Double?
  /// How the completions of one prompt are learnt together; nil for pairs as they come.
  ///
  /// With it a batch holds rankings, each completion is read once, and pairs of one prompt never
  /// fall into different batches (Ouyang (2022), section 3.5: shuffled pairs overfit in an epoch).
  public var rankingLoss: RankingLoss?
  /// What is done to the reward after training; nil for `bias`.
  public var normalization: RewardNormalization?
  /// Models that learn from the same pairs in other orders; nil for one.
  public var ensembleSize: Int?
  /// How the members' rewards become one; nil for `mean`.
  public var aggregation: EnsembleAggregation?
  /// The price of a unit of variance between members; nil for 0.1.
  public var uncertaintyWeight: Double?
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
    case margin
    case rankingLoss = "ranking_loss"
    case normalization
    case ensembleSize = "ensemble_size"
    case aggregation = "ensemble_aggregation"
    case uncertaintyWeight = "uncertainty_weight"
    case gradientShards = "gradient_shards"
  }

  /// Creates the documented defaults.
  public init() {}

  /// The learning rate of every update, of which there are `steps`.
  func schedule(steps: Int) -> LearningRateSchedule {
    let warmup = min(warmupSteps < 1 ? warmupSteps * Double(steps) : warmupSteps, Double(steps))
    return LearningRateSchedule(
      peak: learningRate, warmupSteps: Int(warmup.rounded()), totalSteps: steps, decay: decay)
  }
}
