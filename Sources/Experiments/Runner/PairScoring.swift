public import Datasets
import Foundation
public import LanguageModel
public import TensorKernels
import Tokenization

/// What a completion's score is.
public enum PairScoreKind: String, Codable, Sendable, CaseIterable {
  /// The implicit reward β·(log π(y|x) − log π_ref(y|x)), Rafailov (2023), section 4.
  case implicitReward = "implicit-reward"
  /// The mean of log π over the tokens of the completion, its end token included; needs no reference.
  case meanLogProbability = "mean-log-probability"
}

/// The scores of the completions of preference pairs under a policy.
public struct PairScores: Codable, Sendable {
  /// The scores of one pair.
  public struct Row: Codable, Sendable, Equatable {
    /// The score of the chosen completion.
    public var chosen: Double
    /// The score of the rejected completion.
    public var rejected: Double
  }

  /// The version of this layout.
  public var schema = "tandem.scores/1"
  /// What a score is.
  public var score: PairScoreKind
  /// The β of an implicit reward.
  public var beta: Double?
  /// The number of pairs.
  public var pairs: Int
  /// The share of pairs whose chosen completion scores strictly higher: ties count as wrong.
  public var accuracy: Double
  /// Chosen less rejected score, mean over the pairs.
  public var margin: Double
  /// The scores, in the order of the pairs.
  public var rows: [Row]
}

/// Scores the completions of pairs: by implicit reward, or by mean log-probability without a reference.
///
/// - Parameters:
///   - pairs: The pairs, tokenised for both models.
///   - policy: The policy π.
///   - reference: The reference π_ref, if there is one.
///   - beta: The factor β of the implicit reward.
///   - workers: Threads that share the reading; the scores do not depend on them.
/// - Returns: The scores, and how often they agree with the labels.
public func scorePairs(
  _ pairs: [PreferencePair], policy: Transformer<Float>, reference: Transformer<Float>?,
  beta: Double, workers: Int = 1
) -> PairScores {
  let workers = InferenceWorkers<Float>(count: workers)
  let sequences = pairs.flatMap { [$0.chosenSequence, $0.rejectedSequence] }
  let scores: [Double]
  if let reference {
    let (own, base) = (
      policy.completionLogProbabilities(of: sequences, on: workers),
      reference.completionLogProbabilities(of: sequences, on: workers)
    )
    scores = zip(own, base).map { beta * (Double($0) - Double($1)) }
  } else {
    scores = policy.logProbabilities(of: sequences, on: workers).map { tokens in
      tokens.reduce(0) { $0 + Double($1) } / Double(max(1, tokens.count))
    }
  }
  let rows = pairs.indices.map {
    PairScores.Row(chosen: scores[2 * $0], rejected: scores[2 * $0 + 1])
  }
  let count = Double(max(1, rows.count))
  return PairScores(
    score: reference == nil ? .meanLogProbability : .implicitReward,
    beta: reference == nil ? nil : beta, pairs: rows.count,
    accuracy: Double(rows.filter { $0.chosen > $0.rejected }.count) / count,
    margin: rows.reduce(0) { $0 + $1.chosen - $1.rejected } / count, rows: rows)
}
