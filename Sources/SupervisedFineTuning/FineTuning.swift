import Autograd
public import Datasets
public import LanguageModel
import Optimizers
public import TensorKernels
public import Tokenization
public import Training

/// Fits a model to demonstrations by maximum likelihood of their completions.
///
///     L = −Σ log π(yₜ | x, y₍<ₜ₎) ÷ (batch size · mean completion length of all demonstrations)
///
/// The divisor is the number of tokens that a batch is expected to hold. Dividing by the tokens
/// that it does hold would weigh the tokens of short texts more and bias the model towards them.
///
/// - Parameters:
///   - model: The model to train; after a divergence, as it was before the update that failed.
///   - demonstrations: Prompts with the completions to imitate, each at least one token.
///   - configuration: How to train.
///   - seed: Names the order of the demonstrations.
///   - workers: Threads that share the shards of a batch; the result does not depend on them.
///   - observe: Called with step 0 before the first update and after each one, with the model as
///     it is then and the metrics of the batch before the update.
/// - Returns: Whether every update was made; `.diverged(step: k)` where the k-th could not be.
public func fineTune(
  _ model: inout Transformer<Float>, on demonstrations: [TokenSequence],
  configuration: SFTConfiguration, seed: Seed, workers: Int = 1,
  observe: (Int, borrowing Transformer<Float>, SFTMetrics) throws -> Void
) rethrows -> TrainingOutcome {
  let order = BatchOrder(
    count: demonstrations.count, batchSize: configuration.batchSize, seed: seed,
    purpose: "sft.batches")
  let expectedTokens = Double(order.batchSize) * meanCompletionLength(demonstrations)
  let workers = ShardWorkers<Float>(count: workers)
  var optimizer = AnyOptimizer<Float>(
    configuration.optimizer, weightDecay: configuration.weightDecay, workers: workers.count)
  let schedule = configuration.schedule(steps: configuration.maximumSteps)
  var cost = Cost()
  for step in 1...configuration.maximumSteps {
    let batch = order.batch(atStep: step - 1).map { demonstrations[$0] }
    var (gradient, metrics) = likelihoodGradient(
      of: model, batch: batch, expectedTokens: expectedTokens,
      shards: configuration.gradientShards, on: workers)
    metrics.gradientNorm = gradient.clip(
      toNorm: configuration.maximumGradientNorm, workers: workers.count)
    guard metrics.loss.isFinite, metrics.gradientNorm.isFinite else { return .diverged(step: step) }
    if step == 1 { try observe(0, model, metrics) }
    metrics.learningRate = schedule.rate(at: step - 1)
    optimizer.update(&model.parameters, along: gradient, learningRate: metrics.learningRate)
    workers.reuse(gradient)
    cost += .training(model.configuration, sequenceLengths: batch.map(\.tokens.count))
    metrics.cost = cost
    try observe(step, model, metrics)
  }
  return .completed
}

/// The gradient of the loss over a batch, and what its forward passes showed.
private func likelihoodGradient(
  of model: Transformer<Float>, batch: [TokenSequence], expectedTokens: Double, shards: Int,
  on workers: ShardWorkers<Float>
) -> (gradient: Gradient<Float>, metrics: SFTMetrics) {
  let parts = consecutiveParts(of: batch, count: shards)
  let (result, readings) = shardedGradient(
    of: model.parameters, shards: parts.count, on: workers,
    itemsPerShard: Double(batch.count) / Double(parts.count)
  ) { [model] shard, parameters in
    let read = model.tokenLogProbabilities(
      SequenceBatch(parts[shard]), parameters, on: parameters.tape)
    return (
      Float(-1 / expectedTokens) * read.logProbabilities.sum(),
      (hits: read.arePredicted.count { $0 }, entropies: read.entropies)
    )
  }
  let hits = readings.reduce(0) { $0 + $1.hits }
  let entropies = readings.flatMap(\.entropies)
  let (entropy, tokens) = (entropies.reduce(0) { $0 + Double($1) }, entropies.count)
  let metrics = SFTMetrics(
    loss: result.losses.reduce(0) { $0 + Double($1) },
    meanTokenAccuracy: Double(hits) / Double(tokens), entropy: entropy / Double(tokens),
    gradientNorm: 0, learningRate: 0, noise: result.noise, cost: Cost())
  return (result.total, metrics)
}

/// Completion tokens of a demonstration, in the mean.
func meanCompletionLength(_ demonstrations: [TokenSequence]) -> Double {
  let tokens = demonstrations.reduce(0) { $0 + $1.completion.count }
  precondition(tokens > 0, "\(demonstrations.count) demonstrations without a completion token")
  return Double(tokens) / Double(demonstrations.count)
}
