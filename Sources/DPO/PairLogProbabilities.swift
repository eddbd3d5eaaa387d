public import Autograd
public import Datasets
public import LanguageModel
public import TensorKernels

/// What a preference loss sees of a batch of pairs: four columns of summed log-probabilities.
///
/// A sum runs over the tokens of a completion, its end token included; prompts never enter
/// (Rafailov (2023), equation 7 on whole completions; TRL's `sigmoid` reads the same sums).
public struct PairLogProbabilities<Scalar: TensorScalar> {
  /// log π(y⁺|x), a row a pair, differentiable.
  public let policyChosen: Tensor<Scalar>
  /// log π(y⁻|x).
  public let policyRejected: Tensor<Scalar>
  /// log π₀(y⁺|x), a constant.
  public let referenceChosen: Tensor<Scalar>
  /// log π₀(y⁻|x), a constant.
  public let referenceRejected: Tensor<Scalar>
  /// Tokens of each chosen completion, its end token included; needed by losses per token.
  public var chosenTokens: [Int] = []
  /// Tokens of each rejected completion.
  public var rejectedTokens: [Int] = []
  /// Mean number of tokens of the chosen completions of the whole batch, of which these pairs may
  /// be a part; nil for the mean of `chosenTokens`.
  public var batchMeanTokens: Scalar?
  /// log π/π₀ of prompts with completions of other prompts of the batch, constants; needed by KTO.
  public var mismatchedLogRatios: [Scalar] = []

  /// Gathers four columns of as many rows as there are pairs.
  public init(
    policyChosen: Tensor<Scalar>, policyRejected: Tensor<Scalar>,
    referenceChosen: Tensor<Scalar>, referenceRejected: Tensor<Scalar>
  ) {
    let rows = [policyChosen, policyRejected, referenceChosen, referenceRejected].map(\.shape.rows)
    precondition(Set(rows).count == 1, "columns of \(rows) rows")
    self.policyChosen = policyChosen
    self.policyRejected = policyRejected
    self.referenceChosen = referenceChosen
    self.referenceRejected = referenceRejected
  }

  /// log π(y⁺)/π₀(y⁺); exactly zero where the policy is the reference.
  public var chosenLogRatio: Tensor<Scalar> { policyChosen - referenceChosen }
  /// log π(y⁻)/π₀(y⁻).
  public var rejectedLogRatio: Tensor<Scalar> { policyRejected - referenceRejected }
  /// The difference h of the two log-ratios, the only thing that DPO reads.
  public var margin: Tensor<Scalar> { chosenLogRatio - rejectedLogRatio }
}

extension PairLogProbabilities {
  /// A column divided by the tokens of the chosen completions, at least one each.
  func perChosenToken(_ column: Tensor<Scalar>) -> Tensor<Scalar> { mean(column, chosenTokens) }

  /// A column divided by the tokens of the rejected completions, at least one each.
  func perRejectedToken(_ column: Tensor<Scalar>) -> Tensor<Scalar> { mean(column, rejectedTokens) }

  private func mean(_ column: Tensor<Scalar>, _ tokens: [Int]) -> Tensor<Scalar> {
    precondition(
      tokens.count == column.shape.rows,
      "a loss per token of \(column.shape.rows) pairs with \(tokens.count) token counts")
    return column.scaled(by: tokens.map { 1 / Scalar(max(1, $0)) })
  }

  /// −log π(y⁺) of each pair ÷ the mean tokens of a chosen completion in the batch.
  ///
  /// Its mean over the batch is the cross-entropy of a chosen token, as PyTorch's `cross_entropy`
  /// over all of them.
  var tokenCrossEntropies: Tensor<Scalar> {
    let count = Scalar(max(1, chosenTokens.count))
    let mean = batchMeanTokens ?? Scalar(chosenTokens.reduce(0, +)) / count
    precondition(
      chosenTokens.count == policyChosen.shape.rows,
      "a loss per token of \(policyChosen.shape.rows) pairs with \(chosenTokens.count) token counts"
    )
    return (-1 / max(mean, 1)) * policyChosen
  }

  /// The same pairs with a reference that gives every completion log-probability zero.
  var withoutReference: PairLogProbabilities {
    let zeros = [Scalar](repeating: 0, count: policyChosen.shape.count)
    var pairs = PairLogProbabilities(
      policyChosen: policyChosen, policyRejected: policyRejected,
      referenceChosen: policyChosen.constant(zeros), referenceRejected: policyChosen.constant(zeros)
    )
    (pairs.chosenTokens, pairs.rejectedTokens) = (chosenTokens, rejectedTokens)
    pairs.batchMeanTokens = batchMeanTokens
    return pairs
  }
}

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
  public func completionSums<Scalar: TensorScalar>(
    _ tokens: TokenLogProbabilities<Scalar>
  ) -> (chosen: Tensor<Scalar>, rejected: Tensor<Scalar>) {
    let sums = tokens.logProbabilities.segmentSums(sequences.completions)
    return (sums.rows(Array(0..<count)), sums.rows(Array(count..<2 * count)))
  }

  /// The rows of `TokenLogProbabilities` that belong to chosen completions; the rest are rejected.
  var chosenTokens: Range<Int> { 0..<sequences.completions.offsets[count] }
}

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
