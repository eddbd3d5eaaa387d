import Autograd
import Datasets
import LanguageModel
import Optimizers
import TensorKernels
import Tokenization
import Training

/// Everything that the gradient of a loss over pairs needs beside the policy.
struct PairLearner: PreferenceLearner {
  private let pairs: [PreferencePair]
  private let loss: any PreferenceLoss
  private let shards: Int
  private let workers: ShardWorkers<Float>
  private let readers: InferenceWorkers<Float>
  private var reference: ReferenceLogProbabilities
  /// Whether each pair is a label that was bought.
  var buysLabels = true
  private(set) var cost = Cost()

  var probe: UpdateProbe
  let movement: MovingReference?

  init(
    reference: Transformer<Float>, pairs: [PreferencePair], probe: UpdateProbe,
    configuration: DPOConfiguration, workers: ShardWorkers<Float>, readers: InferenceWorkers<Float>
  ) {
    (self.workers, self.readers) = (workers, readers)
    (self.pairs, self.probe, movement) = (pairs, probe, configuration.movingReference)
    loss = configuration.loss
    shards = configuration.gradientShards
    self.reference = ReferenceLogProbabilities(reference, pairs: pairs.count, readers: readers)
  }

  var count: Int { pairs.count }

  mutating func moveReference(_ movement: MovingReference, towards policy: Transformer<Float>) {
    reference.move(movement, towards: policy)
  }

  mutating func gradient(
    of policy: Transformer<Float>, batch: [Int]
  ) -> (gradient: Gradient<Float>, metrics: DPOMetrics) {
    let shared = shards(of: batch, policy: policy)
    guard loss.inputs.contains(.wholeBatch) else { return separateGradient(of: policy, shared) }
    return coupledGradient(of: policy, shared)
  }

  /// The gradient of a loss that is a sum over pairs, in one pass.
  private mutating func separateGradient(
    of policy: Transformer<Float>, _ parts: [PairShard]
  ) -> (gradient: Gradient<Float>, metrics: DPOMetrics) {
    let count = parts.reduce(0) { $0 + $1.batch.count }
    let (result, shardReadings) = shardedGradient(
      of: policy.parameters, shards: parts.count, on: workers,
      itemsPerShard: Double(count) / Double(parts.count)
    ) { [loss] shard, parameters in
      let (columns, tokens) = parts[shard].read(policy, parameters, on: parameters.tape)
      let losses = loss.pairLosses(columns)
      var readings = BatchReadings()
      readings.append(losses: losses.values)
      readings.append(columns, tokens: tokens, batch: parts[shard].batch)
      return ((1 / Float(count)) * losses.sum(), readings)
    }
    let readings = shardReadings.reduce(into: BatchReadings()) { $0.append($1) }
    cost += .training(policy.configuration, sequenceLengths: readings.sequenceLengths)
    return (result.total, readings.metrics(beta: loss.beta, noise: result.noise))
  }

  /// The gradient of a loss that couples the pairs of a batch.
  ///
  /// A first pass without gradients gathers the log-probabilities of the whole batch, a second one
  /// carries ∂L/∂log π back through each shard: the exact gradient, for one forward pass more.
  private mutating func coupledGradient(
    of policy: Transformer<Float>, _ parts: [PairShard]
  ) -> (gradient: Gradient<Float>, metrics: DPOMetrics) {
    let (slopes, losses) = slopes(of: policy, parts)
    var readings = BatchReadings()
    readings.append(losses: losses)
    let offsets = Segments(lengths: parts.map(\.batch.count))
    let (result, shardReadings) = shardedGradient(
      of: policy.parameters, shards: parts.count, on: workers,
      itemsPerShard: Double(offsets.total) / Double(parts.count)
    ) { shard, parameters in
      let (columns, tokens) = parts[shard].read(policy, parameters, on: parameters.tape)
      var readings = BatchReadings()
      readings.append(columns, tokens: tokens, batch: parts[shard].batch)
      let loss =
        columns.policyChosen.weightedSum(Array(slopes.chosen[offsets[shard]]))
        + columns.policyRejected.weightedSum(Array(slopes.rejected[offsets[shard]]))
      return (loss, readings)
    }
    readings = shardReadings.reduce(into: readings) { $0.append($1) }
    cost += .forward(through: policy.configuration, sequenceLengths: readings.sequenceLengths)
    cost += .training(policy.configuration, sequenceLengths: readings.sequenceLengths)
    return (result.total, readings.metrics(beta: loss.beta, noise: result.noise))
  }

  /// ∂L/∂log π of every completion of the batch, and the losses.
  private func slopes(
    of policy: Transformer<Float>, _ parts: [PairShard]
  ) -> (slopes: (chosen: [Float], rejected: [Float]), losses: [Float]) {
    var whole = PairShard(batch: PairBatch(parts.flatMap(\.pairs)), pairs: parts.flatMap(\.pairs))
    whole.references = parts.flatMap(\.references)
    let read = readers.map(parts.count) { part, tape in
      let columns = parts[part].read(policy, tape.record(policy.parameters), on: tape).columns
      return (columns.policyChosen.values, columns.policyRejected.values)
    }
    let (chosen, rejected) = (read.flatMap(\.0), read.flatMap(\.1))
    let small = Tape<Float>()
    let shape = Shape(rows: chosen.count, columns: 1)
    let columns = whole.columns(
      chosen: small.parameter(chosen, shape: shape),
      rejected: small.parameter(rejected, shape: shape), on: small)
    let losses = loss.pairLosses(columns)
    small.backward(from: losses.mean())
    return (
      (small.gradient(of: columns.policyChosen), small.gradient(of: columns.policyRejected)),
      losses.values
    )
  }

  /// The batch in shards, with what the loss reads beside the policy.
  private mutating func shards(of batch: [Int], policy: Transformer<Float>) -> [PairShard] {
    let readsReference = loss.inputs.contains(.reference)
    let chosen = batch.map { Float(pairs[$0].chosen.count) }
    let mismatched = mismatchedLogRatios(of: batch, policy: policy)
    let parts = consecutiveParts(of: batch, count: shards)
    let readings = reference.entries(of: parts, pairs: pairs)
    return zip(parts, readings).map { part, reading in
      // The reference of a loss without one is read for the metrics only, which cost nothing.
      var spent = readsReference ? reading.cost : Cost(labels: reading.cost.labels)
      if !buysLabels { spent.labels = 0 }
      cost += spent
      let members = part.map { pairs[$0] }
      var shard = PairShard(batch: PairBatch(members), pairs: members)
      (shard.references, shard.mismatchedLogRatios) = (reading.entries, mismatched)
      shard.batchMeanTokens = chosen.reduce(0, +) / Float(chosen.count)
      return shard
    }
  }

  /// log π/π₀ of the batch's prompts with completions of others, where the loss reads them.
  private mutating func mismatchedLogRatios(
    of batch: [Int], policy: Transformer<Float>
  ) -> [Float] {
    guard loss.inputs.contains(.mismatchedPairs) else { return [] }
    let members = batch.map { pairs[$0] }
    let cycled = mismatchedSequences(
      members.map(\.chosenSequence) + members.map(\.rejectedSequence))
    let lengths = cycled.map(\.tokens.count)
    cost += .forward(through: policy.configuration, sequenceLengths: lengths)
    cost += .forward(through: policy.configuration, sequenceLengths: lengths)
    return policy.logRatios(to: reference.model, of: cycled, on: readers)
  }
}

/// Each prompt with the completion of the sequence before it, the first one with the last's: cycled
/// by one, as in TRL's KTO trainer.
///
/// Chosen completions come first and rejected ones behind them, so that each keeps its kind.
func mismatchedSequences(_ sequences: [TokenSequence]) -> [TokenSequence] {
  sequences.indices.map { row in
    TokenSequence(
      prompt: sequences[row].prompt,
      completion: sequences[(row + sequences.count - 1) % sequences.count].completion)
  }
}

extension Transformer<Float> {
  /// log π/π₀ of each completion, in the precision that is asked for.
  func logRatios<Precision: TensorScalar>(
    to reference: Transformer<Float>, of sequences: [TokenSequence],
    on readers: InferenceWorkers<Float>
  ) -> [Precision] {
    zip(
      completionLogProbabilities(of: sequences, on: readers),
      reference.completionLogProbabilities(of: sequences, on: readers)
    ).map { Precision($0) - Precision($1) }
  }
}
