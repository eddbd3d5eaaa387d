public import Datasets
public import Optimizers
public import Training

/// How a reward model learns from preference pairs.
///
/// Keys are TRL's where the meaning is the same. Rates and sizes are those of our pilot runs with
/// models of 0.1 to 1 M parameters, unless a field names another source.
public struct RewardConfiguration: UpdateSettings {
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

  /// Creates the documented defaults.
  public init() {}

  /// The table of the settings.
  public static let settings: [Setting<Self>] =
    [Setting("num_train_epochs", \.epochs, .atLeast(1), "Passes over the pairs.")]
    + updateSettings(of: "Pairs, or rankings with a ranking_loss,") + lossSettings
    + ensembleSettings

  private static let lossSettings: [Setting<Self>] = [
    Setting(
      "center_rewards_coefficient", \.centeringCoefficient, .optional(.notNegative, none: "none"),
      "Weight of the term that keeps the two scores of a pair around zero."),
    Setting(
      "margin", \.margin, .optional(.finite, none: "none"),
      "By how much a chosen score is to exceed the rejected one; a pair's own margin wins.",
      trl: .absent),
    Setting(
      "ranking_loss", \.rankingLoss, .optional(.choice, none: "pairs as they come"),
      "How the completions of one prompt are learnt together.", trl: .absent),
    Setting(
      "normalization", \.normalization, .optional(.choice, none: "bias"),
      "What is done to the reward after training.", trl: .absent),
  ]

  private static let ensembleSettings: [Setting<Self>] = [
    Setting(
      "ensemble_size", \.ensembleSize, .optional(.atLeast(1), none: "1"),
      "Models that learn from the same pairs in other orders.", trl: .absent),
    Setting(
      "ensemble_aggregation", \.aggregation, .optional(.choice, none: "mean"),
      "How the rewards of the ensemble's members become one.", trl: .absent),
    Setting(
      "uncertainty_weight", \.uncertaintyWeight, .optional(.notNegative, none: "0.1"),
      "The price of a unit of variance between members, with uncertainty_weighted.", trl: .absent),
  ]

  /// Throws where settings exclude one another.
  public func validateTogether() throws(ConfigurationError) {
    if rankingLoss != nil, margin != nil || centeringCoefficient != nil {
      throw .contradiction(
        "margin and center_rewards_coefficient belong to pairs; remove them or ranking_loss")
    }
    if ensembleSize ?? 1 == 1, aggregation != nil || uncertaintyWeight != nil {
      throw .contradiction(
        "ensemble_aggregation and uncertainty_weight need an ensemble_size of 2 or more")
    }
    if uncertaintyWeight != nil, aggregation != .uncertaintyWeighted {
      throw .contradiction(
        "uncertainty_weight belongs to ensemble_aggregation: uncertainty_weighted")
    }
  }

  /// Throws where the pairs ask for what the configuration cannot give them.
  ///
  /// A margin belongs to a pair; the pairs that a ranking implies are others than those of the data.
  public func validate(for pairs: [PreferencePair]) throws(ConfigurationError) {
    guard rankingLoss != nil, pairs.contains(where: { $0.margin != nil }) else { return }
    throw .contradiction(
      "the data have margins, which belong to pairs; remove ranking_loss or the key 'margin'")
  }

  /// The reward of trained models: the one there is, or what the ensemble makes of them.
  public func reward(of members: [RewardModel]) -> any RewardFunction {
    guard members.count > 1 else { return members[0] }
    return RewardEnsemble(
      members, aggregation: aggregation ?? .mean, uncertaintyWeight: uncertaintyWeight ?? 0.1)
  }
}
