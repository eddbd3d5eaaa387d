import Autograd
public import Datasets
public import LanguageModel
import Optimizers
public import TensorKernels
public import Training

/// Fits a policy to preference pairs, with no reward model and no sampling.
///
/// ```swift
/// let reference = policy
/// var settings = DPOConfiguration()
/// (settings.lossKind, settings.beta) = (.ipo, 0.2)
/// let outcome = trainDPO(
///   &policy, reference: reference, pairs: pairs, configuration: settings, seed: Seed(1)
/// ) { step, _, metrics in print(step, metrics.loss, metrics.rewardMargin) }
/// ```
///
/// - Parameters:
///   - policy: The policy to train; after a divergence, as it was before the update that failed.
///   - reference: The policy π₀ that training starts from and is measured against.
///   - pairs: The pairs to learn from; with `plackett_luce` each is a ranking of two.
///   - configuration: How to train, and with which loss.
///   - seed: Names the order of the pairs, which the reward model shares.
///   - workers: Threads that share the shards of a batch; the result does not depend on them.
///   - observe: Called with step 0 before the first update and after each one, with the policy as
///     it is then and the metrics of the batch before the update.
/// - Returns: Whether every update was made; `.diverged(step: k)` where the k-th could not be.
public func trainDPO(
  _ policy: inout Transformer<Float>, reference: Transformer<Float>, pairs: [PreferencePair],
  configuration: DPOConfiguration, seed: Seed, workers: Int = 1,
  observe: (Int, borrowing Transformer<Float>, DPOMetrics) throws -> Void
) rethrows -> TrainingOutcome {
  let workers = ShardWorkers<Float>(count: workers)
  let readers = InferenceWorkers<Float>(count: workers.count)
  let probe = UpdateProbe(
    pairs.prefix(configuration.probePairs), policy: policy, readers: readers)
  let learner = PairLearner(
    reference: reference, pairs: pairs, probe: probe, configuration: configuration,
    workers: workers, readers: readers)
  return try train(
    &policy, learner, configuration: configuration, seed: seed, workers: workers, observe: observe)
}

/// Fits a policy to rankings of two or more completions by Plackett–Luce DPO.
///
/// As ``trainDPO(_:reference:pairs:configuration:seed:workers:observe:)``, with batches of rankings. Metrics
/// compare the first and the last place.
public func trainDPO(
  _ policy: inout Transformer<Float>, reference: Transformer<Float>,
  rankings: [PreferenceRanking], configuration: DPOConfiguration, seed: Seed, workers: Int = 1,
  observe: (Int, borrowing Transformer<Float>, DPOMetrics) throws -> Void
) rethrows -> TrainingOutcome {
  let workers = ShardWorkers<Float>(count: workers)
  let readers = InferenceWorkers<Float>(count: workers.count)
  let probe = UpdateProbe(
    rankings.prefix(configuration.probePairs).map(\.ends), policy: policy, readers: readers)
  let learner = RankingLearner(
    reference: reference, rankings: rankings, probe: probe, configuration: configuration,
    workers: workers, readers: readers)
  return try train(
    &policy, learner, configuration: configuration, seed: seed, workers: workers, observe: observe)
}

/// Makes the updates of all epochs over what a learner holds.
private func train(
  _ policy: inout Transformer<Float>, _ learner: some PreferenceLearner,
  configuration: DPOConfiguration, seed: Seed, workers: ShardWorkers<Float>,
  observe: (Int, borrowing Transformer<Float>, DPOMetrics) throws -> Void
) rethrows -> TrainingOutcome {
  var learner = learner
  let order = configuration.order(of: learner.count, seed: seed)
  let updates = configuration.epochs * order.batchesPerEpoch
  var loop = TrainingLoop(configuration, updates: updates, workers: workers)
  return try loop.run(&policy, learner: &learner, order: order, updates: updates, observe: observe)
}

extension DPOConfiguration {
  /// The order of so many pairs or rankings, which the reward model shares.
  package func order(of count: Int, seed: Seed) -> BatchOrder {
    BatchOrder(count: count, batchSize: batchSize, seed: seed, purpose: "preferences.batches")
  }
}
