import Autograd
import Datasets
import LanguageModel
import TensorKernels

/// A shard of a batch of pairs, with what a loss reads beside the policy.
struct PairShard: Sendable {
  let batch: PairBatch
  let pairs: [PreferencePair]
  /// log π₀ of the two completions of each pair.
  var references: [ReferenceLogProbabilities.Entry] = []
  /// log π/π₀ of mismatched pairs of the whole batch.
  var mismatchedLogRatios: [Float] = []
  /// Mean tokens of the chosen completions of the whole batch.
  var batchMeanTokens: Float?

  /// Reads the policy on the shard.
  func read(
    _ policy: Transformer<Float>, _ parameters: RecordedParameters<Float>, on tape: Tape<Float>
  ) -> (columns: PairLogProbabilities<Float>, tokens: TokenLogProbabilities<Float>) {
    let tokens = policy.tokenLogProbabilities(batch.sequences, parameters, on: tape)
    let sums = batch.completionSums(tokens)
    return (columns(chosen: sums.chosen, rejected: sums.rejected, on: tape), tokens)
  }

  /// The columns of a loss around the policy's.
  func columns(
    chosen: Tensor<Float>, rejected: Tensor<Float>, on tape: Tape<Float>
  ) -> PairLogProbabilities<Float> {
    var columns = PairLogProbabilities(
      policyChosen: chosen, policyRejected: rejected,
      referenceChosen: tape.column(references.map(\.chosen)),
      referenceRejected: tape.column(references.map(\.rejected)))
    columns.chosenTokens = pairs.map(\.chosen.count)
    columns.rejectedTokens = pairs.map(\.rejected.count)
    columns.mismatchedLogRatios = mismatchedLogRatios
    columns.batchMeanTokens = batchMeanTokens
    return columns
  }
}
