import Autograd
public import Datasets
public import LanguageModel
import Optimizers
public import TensorKernels
public import Training

/// Fits a policy to preference pairs, with no reward model and no sampling.
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
  let (workers, readers) = (
    ShardWorkers<Float>(count: workers), InferenceWorkers<Float>(count: workers)
  )
  var learner = DPOLearner(
    reference: reference, pairs: pairs, configuration: configuration, workers: workers,
    readers: readers)
  var updates = DPOUpdates(
    configuration, steps: configuration.epochs * pairs.count.batches(of: configuration.batchSize),
    probe: Array(pairs.prefix(configuration.probePairs)), policy: policy, workers: workers,
    readers: readers)
  return try updates.run(&policy, learner: &learner, seed: seed, observe: observe)
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
  let (workers, readers) = (
    ShardWorkers<Float>(count: workers), InferenceWorkers<Float>(count: workers)
  )
  var learner = RankingLearner(
    reference: reference, rankings: rankings, configuration: configuration, workers: workers,
    readers: readers)
  var updates = DPOUpdates(
    configuration,
    steps: configuration.epochs * rankings.count.batches(of: configuration.batchSize),
    probe: rankings.prefix(configuration.probePairs).map(\.ends), policy: policy,
    workers: workers, readers: readers)
  return try updates.run(&policy, learner: &learner, seed: seed, observe: observe)
}

/// The updates of a training and what they carry from one to the next.
struct DPOUpdates {
  private let configuration: DPOConfiguration
  private let schedule: LearningRateSchedule
  private var optimizer: AnyOptimizer<Float>
  private let workers: ShardWorkers<Float>
  private var probe: UpdateProbe
  private var step = 0

  init(
    _ configuration: DPOConfiguration, steps: Int, probe: [PreferencePair],
    policy: Transformer<Float>, workers: ShardWorkers<Float>, readers: InferenceWorkers<Float>
  ) {
    self.workers = workers
    self.configuration = configuration
    schedule = configuration.schedule(steps: steps)
    self.probe = UpdateProbe(probe, policy: policy, readers: readers)
    optimizer = AnyOptimizer<Float>(
      configuration.optimizer, weightDecay: configuration.weightDecay, workers: workers.count)
  }

  /// Makes the updates of all epochs over what a learner holds; `before` was spent already.
  mutating func run(
    _ policy: inout Transformer<Float>, learner: inout some PreferenceLearner, seed: Seed,
    before: Cost = Cost(), observe: (Int, borrowing Transformer<Float>, DPOMetrics) throws -> Void
  ) rethrows -> TrainingOutcome {
    let order = BatchOrder(
      count: learner.count, batchSize: configuration.batchSize, seed: seed,
      purpose: "preferences.batches")
    for epoch in 0..<configuration.epochs {
      for batch in order.batches(inEpoch: epoch) {
        step += 1
        var (gradient, metrics) = learner.gradient(of: policy, batch: batch)
        metrics.gradientNorm = gradient.clip(
          toNorm: configuration.maximumGradientNorm, workers: workers.count)
        guard metrics.loss.isFinite, metrics.gradientNorm.isFinite else {
          return .diverged(step: step)
        }
        if step == 1 { try observe(0, policy, metrics) }
        metrics.learningRate = schedule.rate(at: step - 1)
        optimizer.update(&policy.parameters, along: gradient, learningRate: metrics.learningRate)
        workers.reuse(gradient)
        metrics.approximateKL = probe.approximateKL(after: policy)
        metrics.cost = before + learner.cost
        synchronize(&learner, with: policy)
        try observe(step, policy, metrics)
      }
    }
    return .completed
  }

  /// Moves the reference where it is time, as Gorbatovski (2024) and TRL's callback.
  private func synchronize(
    _ learner: inout some PreferenceLearner, with policy: Transformer<Float>
  ) {
    guard configuration.synchronizesReference == true,
      step % (configuration.synchronizationSteps ?? 512) == 0
    else { return }
    learner.moveReference(towards: policy, share: configuration.mixupShare ?? 0.6)
  }
}

extension Int {
  /// The whole batches of a size, or one batch of all where there are fewer.
  func batches(of size: Int) -> Int { self / Swift.max(1, Swift.min(size, self)) }
}
