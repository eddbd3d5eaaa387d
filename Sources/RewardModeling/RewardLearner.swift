import Autograd
import Datasets
import LanguageModel
import Optimizers
import TensorKernels

/// What turns batches of preferences into gradients of a reward model.
protocol RewardGradient {
  /// How many pairs or rankings there are.
  var count: Int { get }
  /// What the gradients so far have cost.
  var cost: Cost { get }
  /// The gradient of the mean loss over a batch, and what its forward passes showed.
  mutating func gradient(
    of model: ScalarModel<Float>, batch: [Int]
  ) -> (gradient: Gradient<Float>, metrics: RewardMetrics)
}

/// Everything that the gradient of the ranking loss needs beside the model.
struct RewardLearner: RewardGradient {
  private let pairs: [PreferencePair]
  private let loss: BradleyTerryLoss
  private let margin: Double?
  private let shards: Int
  private let workers: ShardWorkers<Float>
  private var seen: Set<Int> = []
  private(set) var cost = Cost()

  init(
    pairs: [PreferencePair], configuration: RewardConfiguration, workers: ShardWorkers<Float>
  ) {
    self.workers = workers
    self.pairs = pairs
    loss = BradleyTerryLoss(centeringCoefficient: configuration.centeringCoefficient)
    margin = configuration.margin
    shards = configuration.gradientShards
  }

  var count: Int { pairs.count }

  mutating func gradient(
    of model: ScalarModel<Float>, batch: [Int]
  ) -> (gradient: Gradient<Float>, metrics: RewardMetrics) {
    let parts = consecutiveParts(of: batch, count: shards).map { part in part.map { pairs[$0] } }
    let (result, shardReadings) = shardedGradient(
      of: model.parameters, shards: parts.count, on: workers,
      itemsPerShard: Double(batch.count) / Double(parts.count)
    ) { [loss, margin] shard, parameters in
      let part = parts[shard]
      let sequences = SequenceBatch(part.map(\.chosenSequence) + part.map(\.rejectedSequence))
      let rows = sequences.lastRows
      let scores = model.values(sequences, parameters, on: parameters.tape, rows: rows)
      let better = scores.rows(Array(0..<part.count))
      let worse = scores.rows(Array(part.count..<rows.count))
      let pairLosses = loss.pairLosses(
        chosen: better, rejected: worse, margins: part.margins(fallback: margin))
      let reading = RewardReadings(
        losses: pairLosses.values, chosen: better.values, rejected: worse.values,
        sequenceLengths: sequences.sequenceLengths)
      return ((1 / Float(batch.count)) * pairLosses.sum(), reading)
    }
    let readings = RewardReadings(shardReadings)
    count(batch, model: model.configuration, sequenceLengths: readings.sequenceLengths)
    return (result.total, readings.metrics(noise: result.noise))
  }

  private mutating func count(
    _ batch: [Int], model: ModelConfiguration, sequenceLengths: [Int]
  ) {
    cost += Cost(labels: batch.count { seen.insert($0).inserted })
    cost += .training(model, sequenceLengths: sequenceLengths)
  }
}

extension [PreferencePair] {
  /// Each pair's own margin, or the fallback where it has none; nil where nobody asks for any.
  fileprivate func margins(fallback: Double?) -> [Double]? {
    guard fallback != nil || contains(where: { $0.margin != nil }) else { return nil }
    return map { $0.margin ?? fallback ?? 0 }
  }
}
