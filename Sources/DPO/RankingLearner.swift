import Autograd
import Datasets
import LanguageModel
import Optimizers
import TensorKernels
import Training

/// Everything that the gradient of Plackett–Luce DPO needs beside the policy.
struct RankingLearner: PreferenceLearner {
  private let rankings: [PreferenceRanking]
  private let loss: PlackettLuceDPOLoss
  private let shards: Int
  private let workers: ShardWorkers<Float>
  private let readers: InferenceWorkers<Float>
  private var reference: Transformer<Float>
  private var seen: Set<Int> = []
  private(set) var cost = Cost()

  var probe: UpdateProbe
  let movement: MovingReference?

  init(
    reference: Transformer<Float>, rankings: [PreferenceRanking], probe: UpdateProbe,
    configuration: DPOConfiguration, workers: ShardWorkers<Float>, readers: InferenceWorkers<Float>
  ) {
    (self.workers, self.readers) = (workers, readers)
    (self.probe, movement) = (probe, configuration.movingReference)
    (self.reference, self.rankings) = (reference, rankings)
    loss = PlackettLuceDPOLoss(beta: configuration.beta)
    shards = configuration.gradientShards
  }

  var count: Int { rankings.count }

  mutating func moveReference(_ movement: MovingReference, towards policy: Transformer<Float>) {
    movement.move(&reference, towards: policy)
  }

  mutating func gradient(
    of policy: Transformer<Float>, batch: [Int]
  ) -> (gradient: Gradient<Float>, metrics: DPOMetrics) {
    let parts = consecutiveParts(of: batch, count: shards).map { part in
      RankingShard(part.map { rankings[$0] })
    }
    let references = referenceLogProbabilities(of: parts)
    let (result, shardReadings) = shardedGradient(
      of: policy.parameters, shards: parts.count, on: workers,
      itemsPerShard: Double(batch.count) / Double(parts.count)
    ) { [loss] shard, parameters in
      let (part, tape) = (parts[shard], parameters.tape)
      let tokens = policy.tokenLogProbabilities(part.sequences, parameters, on: tape)
      let sums = tokens.logProbabilities.segmentSums(part.sequences.completions)
      let losses = part.groups.map { group in
        loss.rankingLosses(
          group.map { sums.rows($0) - tape.column($0.map { references[shard][$0] }) })
      }
      var readings = BatchReadings()
      readings.append(losses: losses.flatMap(\.values))
      readings.append(part.ends(sums, references[shard], on: tape), tokens: tokens, shard: part)
      let total = losses.dropFirst().reduce(losses[0].sum()) { $0 + $1.sum() }
      return ((1 / Float(batch.count)) * total, readings)
    }
    let readings = shardReadings.reduce(into: BatchReadings()) { $0.append($1) }
    count(batch)
    cost += .training(policy.configuration, sequenceLengths: readings.sequenceLengths)
    return (result.total, readings.metrics(beta: loss.beta, noise: result.noise))
  }

  /// log π₀ of each completion of every shard, in the shapes in which the policy is read.
  private mutating func referenceLogProbabilities(of shards: [RankingShard]) -> [[Float]] {
    for shard in shards {
      cost += .forward(
        through: reference.configuration, sequenceLengths: shard.sequences.sequenceLengths)
    }
    return readers.map(shards.count) { [reference] shard, tape in
      let sequences = shards[shard].sequences
      return reference.tokenLogProbabilities(
        sequences, tape.record(reference.parameters), on: tape
      ).logProbabilities.segmentSums(sequences.completions).values
    }
  }

  /// A ranking of K completions is K − 1 labels, each the choice of the best of what is left.
  private mutating func count(_ batch: [Int]) {
    for index in batch where seen.insert(index).inserted {
      cost += Cost(labels: rankings[index].completions.count - 1)
    }
  }
}

/// The rankings of a shard, end to end, with the rows of those that are equally long.
struct RankingShard: Sendable {
  let sequences: SequenceBatch
  /// For each length K the rows of its rankings' completions, a list for each place.
  let groups: [[[Int]]]
  /// The rows of the first places.
  let first: [Int]
  /// The rows of the last places.
  let last: [Int]

  init(_ rankings: [PreferenceRanking]) {
    sequences = SequenceBatch(rankings.flatMap(\.sequences))
    let offsets = Segments(lengths: rankings.map(\.completions.count))
    let lengths = Set(offsets.lengths).sorted()
    groups = lengths.map { places in
      let members = rankings.indices.filter { offsets[$0].count == places }
      return (0..<places).map { place in members.map { offsets[$0].lowerBound + place } }
    }
    first = rankings.indices.map { offsets[$0].lowerBound }
    last = rankings.indices.map { offsets[$0].upperBound - 1 }
  }

  /// The first and the last places as pairs, for the metrics.
  func ends(
    _ sums: Tensor<Float>, _ reference: [Float], on tape: Tape<Float>
  ) -> PairLogProbabilities<Float> {
    PairLogProbabilities(
      policyChosen: sums.rows(first), policyRejected: sums.rows(last),
      referenceChosen: tape.column(first.map { reference[$0] }),
      referenceRejected: tape.column(last.map { reference[$0] }))
  }
}
