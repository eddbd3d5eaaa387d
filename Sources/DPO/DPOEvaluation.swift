import Autograd
public import Datasets
public import LanguageModel
public import TensorKernels
import Tokenization

/// How well a policy's implicit reward orders pairs that it need not have seen.
public struct DPOEvaluation: Codable, Equatable, Sendable {
  /// The number of pairs.
  public var pairs: Int
  /// Mean loss over the pairs.
  public var loss: Double
  /// The share of pairs whose chosen implicit reward is strictly the higher: ties count as wrong.
  public var accuracy: Double
  /// Chosen less rejected implicit reward β·log π/π₀, mean over the pairs.
  public var margin: Double
  /// Implicit reward of the chosen completions, mean over the pairs.
  public var chosenReward: Double
  /// Implicit reward of the rejected completions, mean over the pairs.
  public var rejectedReward: Double

  /// The values under the names that TRL gives to held-out metrics.
  public var logged: [String: Double] {
    [
      "eval/loss": loss, "eval/rewards/accuracies": accuracy, "eval/rewards/margins": margin,
      "eval/rewards/chosen": chosenReward, "eval/rewards/rejected": rejectedReward,
    ]
  }
}

/// Reads the policy and the reference on the pairs, without learning from them.
///
/// Both are read in the same chunks, so that an unmoved policy ties on every pair exactly.
public func evaluateDPO(
  _ policy: Transformer<Float>, reference: Transformer<Float>, pairs: [PreferencePair],
  loss: any PreferenceLoss, on workers: InferenceWorkers<Float> = InferenceWorkers()
) -> DPOEvaluation {
  let sequences = pairs.map(\.chosenSequence) + pairs.map(\.rejectedSequence)
  return evaluatePreferences(
    policy: policy.completionLogProbabilities(of: sequences, on: workers).map(Double.init),
    reference: reference.completionLogProbabilities(of: sequences, on: workers).map(Double.init),
    tokens: sequences.map(\.completion.count),
    mismatchedLogRatios: loss.inputs.contains(.mismatchedPairs)
      ? policy.logRatios(to: reference, of: mismatchedSequences(sequences), on: workers) : [],
    loss: loss)
}

/// The same from summed log-probabilities: all chosen completions, then all rejected ones.
///
/// Losses per token want the number of `tokens` of each completion, KTO wants log-ratios of
/// mismatched pairs.
public func evaluatePreferences(
  policy: [Double], reference: [Double], tokens: [Int] = [],
  mismatchedLogRatios: [Double] = [], loss: any PreferenceLoss
) -> DPOEvaluation {
  precondition(
    policy.count == reference.count && policy.count % 2 == 0,
    "\(policy.count) and \(reference.count) log-probabilities of pairs")
  let count = policy.count / 2
  let tape = Tape<Double>()
  var columns = PairLogProbabilities(
    policyChosen: tape.column(Array(policy[..<count])),
    policyRejected: tape.column(Array(policy[count...])),
    referenceChosen: tape.column(Array(reference[..<count])),
    referenceRejected: tape.column(Array(reference[count...])))
  columns.chosenTokens = Array(tokens.prefix(count))
  columns.rejectedTokens = Array(tokens.dropFirst(count))
  columns.mismatchedLogRatios = mismatchedLogRatios
  let margins = columns.margin.values
  func average(_ values: [Double]) -> Double { mean(of: values, ofNone: 0) }
  return DPOEvaluation(
    pairs: count, loss: average(loss.pairLosses(columns).values),
    accuracy: average(margins.map { $0 > 0 ? 1 : 0 }), margin: loss.beta * average(margins),
    chosenReward: loss.beta * average(columns.chosenLogRatio.values),
    rejectedReward: loss.beta * average(columns.rejectedLogRatio.values))
}
