import Autograd
public import Datasets
public import LanguageModel
import Optimizers
public import TensorKernels
public import Tokenization
public import Training

/// Fits a reward model to preference pairs: the reference's backbone with a zero head.
///
/// The whole backbone is trained. The score is read at the last token, the end token of a
/// completion that ended.
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
  var model = ScalarModel(backbone: reference)
  let shardWorkers = ShardWorkers<Float>(count: workers)
  var learner: any RewardGradient = RewardLearner(
    pairs: pairs, configuration: configuration, workers: shardWorkers)
  if let loss = configuration.rankingLoss {
    precondition(pairs.allSatisfy { $0.margin == nil }, "margins of pairs within rankings")
    learner = RankingRewardLearner(
      rankings: rankings(of: pairs, places: places), loss: loss, configuration: configuration,
      workers: shardWorkers)
  }
  let outcome = try fit(
    &model, learner: &learner, on: shardWorkers, configuration: configuration, seed: seed,
    observe: observe)
  var reward = RewardModel(model: model)
  reward.workers = InferenceWorkers(count: workers)
  reward.normalize(on: centredOn, configuration.normalization ?? .bias)
  return (reward, outcome)
}

private func fit(
  _ model: inout ScalarModel<Float>, learner: inout any RewardGradient,
  on workers: ShardWorkers<Float>,
  configuration: RewardConfiguration, seed: Seed,
  observe: (Int, borrowing ScalarModel<Float>, RewardMetrics) throws -> Void
) rethrows -> TrainingOutcome {
  let order = BatchOrder(
    count: learner.count, batchSize: configuration.batchSize, seed: seed,
    purpose: "preferences.batches")
  let schedule = configuration.schedule(steps: configuration.epochs * order.batchesPerEpoch)
  var optimizer = AnyOptimizer<Float>(
    configuration.optimizer, weightDecay: configuration.weightDecay, workers: workers.count)
  var step = 0
  for epoch in 0..<configuration.epochs {
    for batch in order.batches(inEpoch: epoch) {
      step += 1
      var (gradient, metrics) = learner.gradient(of: model, batch: batch)
      metrics.gradientNorm = gradient.clip(
        toNorm: configuration.maximumGradientNorm, workers: workers.count)
      guard metrics.loss.isFinite, metrics.gradientNorm.isFinite else {
        return .diverged(step: step)
      }
      if step == 1 { try observe(0, model, metrics) }
      metrics.learningRate = schedule.rate(at: step - 1)
      optimizer.update(&model.parameters, along: gradient, learningRate: metrics.learningRate)
      workers.reuse(gradient)
      metrics.cost = learner.cost
      try observe(step, model, metrics)
    }
  }
  return .completed
}
