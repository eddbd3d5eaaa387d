import Autograd
public import Datasets
public import LanguageModel
public import Optimizers
public import TensorKernels
public import Tokenization
public import Training

/// Fits a reward model to preference pairs: the reference's backbone with a zero head.
///
/// The whole backbone is trained. The score is read at the last token, the end token of a
/// completion that ended.
///
/// ```swift
/// let (reward, outcome) = trainRewardModel(
///   from: policy, on: pairs, centredOn: [], configuration: RewardConfiguration(), seed: Seed(1)
/// ) { step, _, metrics in print(step, metrics.loss, metrics.accuracy) }
/// let scores = reward.rewards(of: pairs.map(\.chosenSequence))
/// ```
///
/// - Parameters:
///   - reference: The policy whose backbone the model starts from.
///   - pairs: The pairs to learn from, each by its own margin where it has one; with a
///     `ranking_loss` those of one prompt side by side, and without margins
///     (``RewardConfiguration/validate(for:)``).
///   - places: The most completions of one prompt, where a `ranking_loss` learns them together.
///   - centredOn: Reference completions on which the reward is normalised after training, their mean
///     score becoming zero unless the configuration says otherwise; may be empty.
///   - configuration: How to train.
///   - seed: Names the order of the pairs, which DPO shares.
///   - workers: Threads that share the shards of a batch; the result does not depend on them.
///   - observe: Called with step 0 before the first update and after each one, with the model as
///     it is then and the metrics of the batch before the update.
/// - Returns: The model, and whether every update was made; `.diverged(step: k)` where the k-th
///   could not be, with the model as it was before.
public func trainRewardModel(
  from reference: Transformer<Float>, on pairs: [PreferencePair], places: Int = 2,
  centredOn: [TokenSequence],
  configuration: RewardConfiguration, seed: Seed, workers: Int = 1,
  observe: (Int, borrowing ScalarModel<Float>, RewardMetrics) throws -> Void
) rethrows -> (RewardModel, TrainingOutcome) {
  let workers = ShardWorkers<Float>(count: workers)
  var training = RewardTraining(
    model: ScalarModel(backbone: reference), configuration: configuration, seed: seed,
    workers: workers)
  var outcome = TrainingOutcome.completed
  if let loss = configuration.rankingLoss {
    precondition(pairs.allSatisfy { $0.margin == nil }, "margins of pairs within rankings")
    let learner = RankingRewardLearner(
      rankings: rankings(of: pairs, places: places), loss: loss, configuration: configuration,
      workers: workers)
    outcome = try training.run(learner, observe: observe)
  } else {
    let learner = RewardLearner(pairs: pairs, configuration: configuration, workers: workers)
    outcome = try training.run(learner, observe: observe)
  }
  var reward = RewardModel(model: training.model)
  reward.workers = InferenceWorkers(count: workers.count)
  reward.normalize(on: centredOn, configuration.normalization ?? .bias)
  return (reward, outcome)
}

extension RewardConfiguration {
  /// What it costs to normalise a trained reward, as `trainRewardModel` does after its last update.
  ///
  /// A pass over the completions for the constant, and another one for the factor.
  public func normalizationCost(
    of model: ModelConfiguration, on completions: [TokenSequence]
  ) -> Cost {
    let lengths = completions.map(\.tokens.count)
    let passes =
      switch normalization ?? .bias {
      case .none: 0
      case .bias: 1
      case .gainAndBias: 2
      }
    return .forward(
      through: [ModelConfiguration](repeating: model, count: passes), sequenceLengths: lengths)
  }
}

/// A model and how it is trained, whatever it learns from.
private struct RewardTraining {
  var model: ScalarModel<Float>
  let configuration: RewardConfiguration
  let seed: Seed
  let workers: ShardWorkers<Float>

  mutating func run(
    _ learner: some Learner<ScalarModel<Float>, RewardMetrics>,
    observe: (Int, borrowing ScalarModel<Float>, RewardMetrics) throws -> Void
  ) rethrows -> TrainingOutcome {
    var learner = learner
    let order = BatchOrder(
      count: learner.count, batchSize: configuration.batchSize, seed: seed,
      purpose: "preferences.batches")
    let updates = configuration.epochs * order.batchesPerEpoch
    var loop = TrainingLoop(configuration, updates: updates, workers: workers)
    return try loop.run(
      &model, learner: &learner, order: order, updates: updates, observe: observe)
  }
}

/// What one update of the reward model showed, measured on its batch before the update.
public struct RewardMetrics: TrainingMetrics, Codable {
  /// Mean loss over the pairs of the batch; log 2 at step 0, where the head is zero.
  public var loss: Double
  /// The share of pairs whose chosen completion scores strictly higher: ties count as wrong.
  public var accuracy: Double
  /// Score of the chosen less that of the rejected completion, mean over the pairs.
  public var margin: Double
  /// The lowest score in the batch, before the model is centred.
  public var minimumReward: Double
  /// The mean score in the batch, before the model is centred.
  public var meanReward: Double
  /// The highest score in the batch, before the model is centred.
  public var maximumReward: Double
  /// Euclidean length of the gradient before clipping.
  public var gradientNorm: Double
  /// The learning rate of the update; 0 in the row of step 0.
  public var learningRate: Double
  /// The two parts of the gradient noise scale, from the shards of the batch; of the training set's
  /// loss once data are used again.
  public var noise: GradientNoise
  /// What all updates so far have cost; a pair is one label however often it is seen.
  public var cost: Cost

  /// The values under the names of TRL's logs, and ours in the same style.
  public var logged: [String: Double] {
    named([
      .loss: loss, .accuracy: accuracy, .margin: margin, .minimumReward: minimumReward,
      .meanReward: meanReward, .maximumReward: maximumReward, .gradientNorm: gradientNorm,
      .learningRate: learningRate, .tokens: Double(cost.tokensBackward),
      .gradientPower: noise.gradientPower, .covarianceTrace: noise.covarianceTrace,
    ])
  }

  /// The metrics of one batch of scores; what the update adds is zero until it is set.
  init(
    losses: [Double], chosen: [Double], rejected: [Double], noise: GradientNoise
  ) {
    let margins = zip(chosen, rejected).map { $0 - $1 }
    loss = mean(of: losses)
    accuracy = mean(of: margins.map { $0 > 0 ? 1 : 0 })
    margin = mean(of: margins)
    minimumReward = min(chosen.min() ?? 0, rejected.min() ?? 0)
    meanReward = mean(of: chosen + rejected)
    maximumReward = max(chosen.max() ?? 0, rejected.max() ?? 0)
    gradientNorm = 0
    learningRate = 0
    self.noise = noise
    cost = Cost()
  }
}

/// What the forward passes of one batch showed, gathered shard by shard.
struct RewardReadings: Sendable {
  var losses: [Double] = []
  var chosen: [Double] = []
  var rejected: [Double] = []
  /// Tokens of each sequence that was read, for the cost.
  var sequenceLengths: [Int] = []

  /// The shards of a batch together.
  init(_ shards: [RewardReadings]) {
    losses = shards.flatMap(\.losses)
    chosen = shards.flatMap(\.chosen)
    rejected = shards.flatMap(\.rejected)
    sequenceLengths = shards.flatMap(\.sequenceLengths)
  }

  /// One shard.
  init(losses: [Float], chosen: [Float], rejected: [Float], sequenceLengths: [Int]) {
    self.losses = losses.map(Double.init)
    self.chosen = chosen.map(Double.init)
    self.rejected = rejected.map(Double.init)
    self.sequenceLengths = sequenceLengths
  }

  func metrics(noise: GradientNoise) -> RewardMetrics {
    RewardMetrics(losses: losses, chosen: chosen, rejected: rejected, noise: noise)
  }
}

extension MetricKey {
  /// The share of the batch's pairs whose chosen completion scores strictly higher: ties count as wrong.
  package static let accuracy = MetricKey("accuracy")
  /// Chosen less rejected score, mean over the batch.
  package static let margin = MetricKey("margin")
  /// The lowest score in the batch, before the model is centred.
  package static let minimumReward = MetricKey("min_reward")
  /// The mean score in the batch, before the model is centred.
  package static let meanReward = MetricKey("mean_reward")
  /// The highest score in the batch, before the model is centred.
  package static let maximumReward = MetricKey("max_reward")
}
