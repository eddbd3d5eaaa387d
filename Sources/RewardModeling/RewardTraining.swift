import Autograd
public import Datasets
public import LanguageModel
public import Optimizers
public import TensorKernels
public import Tokenization

/// Fits a reward model to preference pairs: the reference's backbone with a zero head.
///
/// The whole backbone is trained. The score is read at the last token, the end token of a
/// completion that ended.
///
/// - Parameters:
///   - reference: The policy whose backbone the model starts from.
///   - pairs: The pairs to learn from.
///   - centredOn: Reference completions whose mean score becomes zero after training; may be empty.
///   - configuration: How to train.
///   - seed: Names the order of the pairs, which DPO shares.
///   - observe: Called with step 0 before the first update and after each one, with the model as
///     it is then and the metrics of the batch before the update.
/// - Returns: The model, and whether every update was made; `.diverged(step: k)` where the k-th
///   could not be, with the model as it was before.
public func trainRewardModel(
  from reference: Transformer<Float>, on pairs: [PreferencePair], centredOn: [TokenSequence],
  configuration: RewardConfiguration, seed: Seed,
  observe: (Int, borrowing ScalarModel<Float>, RewardMetrics) throws -> Void
) rethrows -> (RewardModel, TrainingOutcome) {
  var model = ScalarModel(backbone: reference)
  let outcome = try fit(
    &model, to: pairs, configuration: configuration, seed: seed, observe: observe)
  var reward = RewardModel(model: model)
  reward.center(on: centredOn)
  return (reward, outcome)
}

private func fit(
  _ model: inout ScalarModel<Float>, to pairs: [PreferencePair],
  configuration: RewardConfiguration, seed: Seed,
  observe: (Int, borrowing ScalarModel<Float>, RewardMetrics) throws -> Void
) rethrows -> TrainingOutcome {
  let order = BatchOrder(
    count: pairs.count, batchSize: configuration.batchSize, seed: seed,
    purpose: "preferences.batches")
  let schedule = configuration.schedule(steps: configuration.epochs * order.batchesPerEpoch)
  var learner = RewardLearner(pairs: pairs, configuration: configuration)
  var optimizer = AnyOptimizer<Float>(
    configuration.optimizer, weightDecay: configuration.weightDecay)
  var step = 0
  for epoch in 0..<configuration.epochs {
    for batch in order.batches(inEpoch: epoch) {
      step += 1
      var (gradient, metrics) = learner.gradient(of: model, batch: batch)
      metrics.gradientNorm = gradient.clip(toNorm: configuration.maximumGradientNorm)
      guard metrics.loss.isFinite, metrics.gradientNorm.isFinite else {
        return .diverged(step: step)
      }
      if step == 1 { try observe(0, model, metrics) }
      metrics.learningRate = schedule.rate(at: step - 1)
      optimizer.update(&model.parameters, along: gradient, learningRate: metrics.learningRate)
      metrics.cost = learner.cost
      try observe(step, model, metrics)
    }
  }
  return .completed
}

/// Everything that the gradient of the ranking loss needs beside the model.
struct RewardLearner {
  private let pairs: [PreferencePair]
  private let loss: BradleyTerryLoss
  private let shards: Int
  private let tape = Tape<Float>()
  private var seen: Set<Int> = []
  /// What the gradients so far have cost.
  private(set) var cost = Cost()

  init(pairs: [PreferencePair], configuration: RewardConfiguration) {
    self.pairs = pairs
    loss = BradleyTerryLoss(centeringCoefficient: configuration.centeringCoefficient)
    shards = configuration.gradientShards
  }

  /// The gradient of the mean loss over the batch, and what its forward passes showed.
  mutating func gradient(
    of model: ScalarModel<Float>, batch: [Int]
  ) -> (gradient: Gradient<Float>, metrics: RewardMetrics) {
    let parts = consecutiveParts(of: batch, count: shards).map { part in part.map { pairs[$0] } }
    var (losses, chosen, rejected): ([Double], [Double], [Double]) = ([], [], [])
    var lengths: [Int] = []
    let result = shardedGradient(
      of: model.parameters, shards: parts.count, on: tape,
      itemsPerShard: Double(batch.count) / Double(parts.count)
    ) { [loss, tape] shard, parameters in
      let part = parts[shard]
      let sequences = SequenceBatch(part.map(\.chosenSequence) + part.map(\.rejectedSequence))
      let rows = sequences.lastRows
      let scores = model.values(sequences, parameters, on: tape, rows: rows)
      let better = scores.rows(Array(0..<part.count))
      let worse = scores.rows(Array(part.count..<rows.count))
      let pairLosses = loss.pairLosses(chosen: better, rejected: worse)
      losses += pairLosses.values.map(Double.init)
      chosen += better.values.map(Double.init)
      rejected += worse.values.map(Double.init)
      lengths += sequences.sequenceLengths
      return (1 / Float(batch.count)) * pairLosses.sum()
    }
    count(batch, model: model.configuration, sequenceLengths: lengths)
    let metrics = RewardMetrics(
      losses: losses, chosen: chosen, rejected: rejected, noise: result.noise)
    return (result.total, metrics)
  }

  private mutating func count(
    _ batch: [Int], model: ModelConfiguration, sequenceLengths: [Int]
  ) {
    cost += Cost(labels: batch.count { seen.insert($0).inserted })
    cost += .training(model, sequenceLengths: sequenceLengths)
  }
}
