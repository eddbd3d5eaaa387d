public import Autograd
public import Datasets
public import LanguageModel
public import TensorKernels

/// The pairs of one forward pass: every chosen completion, then every rejected one.
public struct PairBatch: Sendable {
  /// The sequences as the model reads them.
  public let sequences: SequenceBatch
  /// The number of pairs.
  public let count: Int

  /// Packs the pairs end to end.
  public init(_ pairs: [PreferencePair]) {
    sequences = SequenceBatch(pairs.map(\.chosenSequence) + pairs.map(\.rejectedSequence))
    count = pairs.count
  }

  /// Summed log-probabilities of the chosen and of the rejected completions, a row a pair.
  public func completionSums<Scalar: BLASScalar>(
    _ tokens: TokenLogProbabilities<Scalar>
  ) -> (chosen: Tensor<Scalar>, rejected: Tensor<Scalar>) {
    let sums = tokens.logProbabilities.segmentSums(sequences.completions)
    return (sums.rows(Array(0..<count)), sums.rows(Array(count..<2 * count)))
  }

  /// The rows of `TokenLogProbabilities` that belong to chosen completions; the rest are rejected.
  var chosenTokens: Range<Int> { 0..<sequences.completions.offsets[count] }
}
