import Autograd
import Datasets
import LanguageModel
import Optimizers
import TensorKernels
import Training

/// Everything that the gradient of the ranking loss needs beside the model.
struct RewardLearner: Learner {
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

/// Everything that the gradient over whole rankings needs beside the model.
///
/// Each completion is read once, whatever the number of pairs that it is in.
struct RankingRewardLearner: Learner {
  private let rankings: [PreferenceRanking]
  private let loss: RankingLoss
  private let shards: Int
  private let workers: ShardWorkers<Float>
  private var seen: Set<Int> = []
  private(set) var cost = Cost()

  init(
    rankings: [PreferenceRanking], loss: RankingLoss, configuration: RewardConfiguration,
    workers: ShardWorkers<Float>
  ) {
    self.workers = workers
    (self.rankings, self.loss) = (rankings, loss)
    shards = configuration.gradientShards
  }

  var count: Int { rankings.count }

  mutating func gradient(
    of model: ScalarModel<Float>, batch: [Int]
  ) -> (gradient: Gradient<Float>, metrics: RewardMetrics) {
    let parts = consecutiveParts(of: batch, count: shards).map { part in part.map { rankings[$0] } }
    let (result, shardReadings) = shardedGradient(
      of: model.parameters, shards: parts.count, on: workers,
      itemsPerShard: Double(batch.count) / Double(parts.count)
    ) { [loss] shard, parameters in
      let part = parts[shard]
      let sequences = SequenceBatch(part.flatMap(\.sequences))
      let scores = model.values(
        sequences, parameters, on: parameters.tape, rows: sequences.lastRows)
      let rankingLosses = part.placeRows.map { loss.rankingLosses($0.map { scores.rows($0) }) }
      let (values, pairRows) = (scores.values, part.pairRows)
      let reading = RewardReadings(
        losses: rankingLosses.flatMap(\.values), chosen: pairRows.map { values[$0.better] },
        rejected: pairRows.map { values[$0.worse] }, sequenceLengths: sequences.sequenceLengths)
      let total = rankingLosses.dropFirst().reduce(rankingLosses[0].sum()) { $0 + $1.sum() }
      return ((1 / Float(batch.count)) * total, reading)
    }
    let readings = RewardReadings(shardReadings)
    // As many labels as pairs where pairs are learnt, one less than places for an order.
    for index in batch where seen.insert(index).inserted {
      let places = rankings[index].completions.count
      cost += Cost(labels: loss == .pairs ? places * (places - 1) / 2 : places - 1)
    }
    cost += .training(model.configuration, sequenceLengths: readings.sequenceLengths)
    return (result.total, readings.metrics(noise: result.noise))
  }
}

extension [PreferenceRanking] {
  /// For each length K the rows of its rankings' completions, a list for each place.
  fileprivate var placeRows: [[[Int]]] {
    let offsets = Segments(lengths: map(\.completions.count))
    return Set(offsets.lengths).sorted().map { places in
      let members = indices.filter { offsets[$0].count == places }
      return (0..<places).map { place in members.map { offsets[$0].lowerBound + place } }
    }
  }

  /// The rows of every pair that the rankings imply.
  fileprivate var pairRows: [(better: Int, worse: Int)] {
    let offsets = Segments(lengths: map(\.completions.count))
    return indices.flatMap { index in
      offsets[index].flatMap { better in
        offsets[index].filter { $0 > better }.map { (better: better, worse: $0) }
      }
    }
  }
}
