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
