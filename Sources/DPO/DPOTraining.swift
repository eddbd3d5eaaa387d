import Autograd
public import Datasets
public import LanguageModel
public import Optimizers
public import TensorKernels

/// Fits a policy to preference pairs, with no reward model and no sampling.
///
/// - Parameters:
///   - policy: The policy to train; after a divergence, as it was before the update that failed.
///   - reference: The policy π₀ that training starts from and is measured against.
///   - pairs: The pairs to learn from.
///   - configuration: How to train, and with which loss.
///   - seed: Names the order of the pairs, which the reward model shares.
///   - observe: Called with step 0 before the first update and after each one, with the policy as
///     it is then and the metrics of the batch before the update.
/// - Returns: Whether every update was made; `.diverged(step: k)` where the k-th could not be.
public func trainDPO(
  _ policy: inout Transformer<Float>, reference: Transformer<Float>, pairs: [PreferencePair],
  configuration: DPOConfiguration, seed: Seed,
  observe: (Int, borrowing Transformer<Float>, DPOMetrics) throws -> Void
) rethrows -> TrainingOutcome {
  let order = BatchOrder(
    count: pairs.count, batchSize: configuration.batchSize, seed: seed,
    purpose: "preferences.batches")
  let schedule = configuration.schedule(steps: configuration.epochs * order.batchesPerEpoch)
  var learner = DPOLearner(reference: reference, pairs: pairs, configuration: configuration)
  var probe = UpdateProbe(pairs.prefix(configuration.probePairs), policy: policy)
  var optimizer = AnyOptimizer<Float>(
    configuration.optimizer, weightDecay: configuration.weightDecay)
  var step = 0
  for epoch in 0..<configuration.epochs {
    for batch in order.batches(inEpoch: epoch) {
      step += 1
      var (gradient, metrics) = learner.gradient(of: policy, batch: batch)
      metrics.gradientNorm = gradient.clip(toNorm: configuration.maximumGradientNorm)
      guard metrics.loss.isFinite, metrics.gradientNorm.isFinite else {
        return .diverged(step: step)
      }
      if step == 1 { try observe(0, policy, metrics) }
      metrics.learningRate = schedule.rate(at: step - 1)
      optimizer.update(&policy.parameters, along: gradient, learningRate: metrics.learningRate)
      metrics.approximateKL = probe.approximateKL(after: policy)
      metrics.cost = learner.cost
      try observe(step, policy, metrics)
    }
  }
  return .completed
}

/// Everything that DPO's gradient needs beside the policy.
struct DPOLearner {
  private let pairs: [PreferencePair]
  private let loss: any PreferenceLoss
  private let shards: Int
  private let tape = Tape<Float>()
  private var reference: ReferenceLogProbabilities
  /// What the gradients so far have cost.
  private(set) var cost = Cost()

  init(
    reference: Transformer<Float>, pairs: [PreferencePair], configuration: DPOConfiguration
  ) {
    self.pairs = pairs
    loss = configuration.loss
    shards = configuration.gradientShards
    self.reference = ReferenceLogProbabilities(reference, pairs: pairs.count)
  }

  /// The gradient of the mean loss over the batch, and what its forward passes showed.
  mutating func gradient(
    of policy: Transformer<Float>, batch: [Int]
  ) -> (gradient: Gradient<Float>, metrics: DPOMetrics) {
    let parts = consecutiveParts(of: batch, count: shards)
    let references = parts.map { reference.entries(of: $0, pairs: pairs, cost: &cost) }
    var readings = BatchReadings()
    let result = shardedGradient(
      of: policy.parameters, shards: parts.count, on: tape,
      itemsPerShard: Double(batch.count) / Double(parts.count)
    ) { [pairs, loss, tape] shard, parameters in
      let pairBatch = PairBatch(parts[shard].map { pairs[$0] })
      let tokens = policy.tokenLogProbabilities(pairBatch.sequences, parameters, on: tape)
      let sums = pairBatch.completionSums(tokens)
      let columns = PairLogProbabilities(
        policyChosen: sums.chosen, policyRejected: sums.rejected,
        referenceChosen: tape.column(references[shard].map(\.chosen)),
        referenceRejected: tape.column(references[shard].map(\.rejected)))
      let losses = loss.pairLosses(columns)
      readings.append(columns, losses: losses, tokens: tokens, batch: pairBatch)
      return (1 / Float(batch.count)) * losses.sum()
    }
    cost += .training(policy.configuration, sequenceLengths: readings.sequenceLengths)
    return (result.total, readings.metrics(beta: loss.beta, noise: result.noise))
  }
}
