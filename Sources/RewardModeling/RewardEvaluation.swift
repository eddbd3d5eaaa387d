public import Datasets
import Foundation
import TensorKernels

/// The gold reward of the two completions of a pair.
public struct GoldPair: Codable, Equatable, Sendable {
  /// Of the chosen completion.
  public var chosen: Double
  /// Of the rejected completion, which may be the better one where labels are noisy.
  public var rejected: Double

  /// The gold rewards of a pair.
  public init(chosen: Double, rejected: Double) {
    self.chosen = chosen
    self.rejected = rejected
  }
}

/// How well a reward predicts the annotator's labels and follows the gold reward.
public struct RewardEvaluation: Codable, Equatable, Sendable {
  /// The number of pairs.
  public var pairs: Int
  /// The share of pairs whose chosen completion scores strictly higher: ties count as wrong, as in TRL.
  public var accuracy: Double
  /// The same with ties half right: a constant reward has ½.
  public var accuracyTiesHalf: Double
  /// The accuracy of one who knows the annotator's probabilities; nobody does better on average.
  public var bayesAccuracy: Double?
  /// −log σ(r⁺ − r⁻), mean over the pairs.
  public var logLoss: Double
  /// The reliability diagram of the margins.
  public var calibration: [CalibrationBin]
  /// Expected calibration error over the bins of the diagram.
  public var expectedCalibrationError: Double
  /// Pearson's correlation with the gold reward over all completions.
  public var pearson: Double?
  /// Spearman's rank correlation with the gold reward over all completions.
  public var spearman: Double?
  /// Correlation with the gold reward within prompts: the cosine of the margins and gold margins.
  ///
  /// What a policy can follow: a constant per prompt moves `pearson` but no policy.
  public var withinPrompt: Double?
}

/// Scores the pairs with a reward and compares with the labels and with the gold reward.
///
/// - Parameters:
///   - reward: The reward to judge, learned or gold.
///   - pairs: Pairs as the annotator ordered them, held out if the result shall mean anything.
///   - gold: The gold reward of each pair, where it is known.
///   - bayesAccuracy: The accuracy of the annotator's own probabilities on the pairs.
/// - Returns: Accuracy, calibration and, with a gold reward, correlations.
/// - Throws: What the reward throws.
public func evaluateReward(
  _ reward: some RewardFunction, on pairs: [PreferencePair], gold: [GoldPair]? = nil,
  bayesAccuracy: Double? = nil
) throws -> RewardEvaluation {
  let scores = try reward.rewards(
    of: pairs.map(\.chosenSequence) + pairs.map(\.rejectedSequence))
  return evaluateScores(
    chosen: Array(scores[..<pairs.count]), rejected: Array(scores[pairs.count...]), gold: gold,
    bayesAccuracy: bayesAccuracy)
}

/// The same from scores that are already there, a value a pair.
public func evaluateScores(
  chosen: [Double], rejected: [Double], gold: [GoldPair]? = nil, bayesAccuracy: Double? = nil
) -> RewardEvaluation {
  precondition(
    chosen.count == rejected.count && chosen.count == gold?.count ?? chosen.count,
    "\(chosen.count) chosen, \(rejected.count) rejected, \(gold?.count ?? 0) gold")
  let margins = zip(chosen, rejected).map { $0 - $1 }
  let bins = calibrationBins(margins: margins)
  let scores = chosen + rejected
  let goldScores = gold.map { $0.map(\.chosen) + $0.map(\.rejected) }
  return RewardEvaluation(
    pairs: chosen.count, accuracy: mean(of: margins.map { $0 > 0 ? 1 : 0 }, ofNone: 0),
    accuracyTiesHalf: mean(of: margins.map(shareRight), ofNone: 0), bayesAccuracy: bayesAccuracy,
    logLoss: mean(of: margins.map(logisticLoss), ofNone: 0), calibration: bins,
    expectedCalibrationError: expectedCalibrationError(bins),
    pearson: goldScores.map { pearsonCorrelation(scores, $0) },
    spearman: goldScores.map { spearmanCorrelation(scores, $0) },
    withinPrompt: gold.map { cosine(margins, $0.map { $0.chosen - $0.rejected }) })
}

/// −log σ(margin), without overflow for any margin.
func logisticLoss(_ margin: Double) -> Double {
  log1p(exp(-abs(margin))) + max(-margin, 0)
}

/// One bar of a reliability diagram.
public struct CalibrationBin: Codable, Equatable, Sendable {
  /// The lowest confidence of the bin.
  public var lower: Double
  /// The confidence at which the next bin begins; the last bin includes it.
  public var upper: Double
  /// Pairs in the bin.
  public var count: Int
  /// Their mean confidence; 0 in an empty bin.
  public var confidence: Double
  /// The share of them that the model orders as the annotator did; a tie is half right.
  public var accuracy: Double
}

/// A reliability diagram of margins, Guo (2017), section 2.
///
/// A pair's confidence is σ(|margin|), the probability that the model gives to its own order, so
/// the diagram starts at ½ and does not depend on which completion is called first.
///
/// - Parameters:
///   - margins: Reward of the chosen less that of the rejected completion, a value a pair.
///   - bins: Bins of equal width between ½ and 1.
/// - Returns: The bars from ½ to 1, empty ones included.
public func calibrationBins(margins: [Double], bins: Int = 10) -> [CalibrationBin] {
  precondition(bins > 0, "\(bins) bins")
  let width = 0.5 / Double(bins)
  let confidences = margins.map { 1 / (1 + exp(-abs($0))) }
  return (0..<bins).map { bin in
    let members = margins.indices.filter {
      min(Int((confidences[$0] - 0.5) / width), bins - 1) == bin
    }
    return CalibrationBin(
      lower: 0.5 + width * Double(bin), upper: 0.5 + width * Double(bin + 1), count: members.count,
      confidence: mean(of: members.map { confidences[$0] }, ofNone: 0),
      accuracy: mean(of: members.map { shareRight(margins[$0]) }, ofNone: 0))
  }
}

/// Expected calibration error, Guo (2017), equation 3: Σ over bins of count/n·|accuracy − confidence|.
public func expectedCalibrationError(_ bins: [CalibrationBin]) -> Double {
  let total = bins.reduce(0) { $0 + $1.count }
  guard total > 0 else { return 0 }
  return bins.reduce(0) { $0 + Double($1.count) * abs($1.accuracy - $1.confidence) } / Double(total)
}

/// 1 where the model agrees with the annotator, ½ at a tie, 0 else.
func shareRight(_ margin: Double) -> Double {
  margin > 0 ? 1 : margin == 0 ? 0.5 : 0
}

/// Pearson's correlation of two lists; 0 where either does not vary.
///
///     Σ (aᵢ − ā)(bᵢ − b̄) / √(Σ (aᵢ − ā)² · Σ (bᵢ − b̄)²)
public func pearsonCorrelation(_ a: [Double], _ b: [Double]) -> Double {
  let (meanA, meanB) = (mean(of: a), mean(of: b))
  return cosine(a.map { $0 - meanA }, b.map { $0 - meanB })
}

/// Spearman's rank correlation: Pearson's of the ranks, where equal values share their mean rank.
public func spearmanCorrelation(_ a: [Double], _ b: [Double]) -> Double {
  pearsonCorrelation(ranks(of: a), ranks(of: b))
}

/// The cosine of the angle between two lists; 0 where either is zero.
func cosine(_ a: [Double], _ b: [Double]) -> Double {
  precondition(a.count == b.count, "\(a.count) and \(b.count) values")
  let product = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  let lengths = (a.reduce(0) { $0 + $1 * $1 } * b.reduce(0) { $0 + $1 * $1 }).squareRoot()
  return lengths > 0 ? product / lengths : 0
}

/// The rank of each value, from 1; equal values share the mean of their ranks.
func ranks(of values: [Double]) -> [Double] {
  let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
  var ranks = [Double](repeating: 0, count: values.count)
  var first = 0
  while first < order.count {
    let equal = order[first...].prefix { values[$0] == values[order[first]] }
    let rank = Double(equal.startIndex + equal.endIndex + 1) / 2
    for index in equal { ranks[index] = rank }
    first = equal.endIndex
  }
  return ranks
}
