import DPO
package import Datasets
import Evaluation
import Foundation
package import LanguageModel
package import RewardModeling
import Tasks
import TensorKernels
package import Tokenization
import Training

/// What `tandem evaluate` says of a policy on a user's own pairs.
package struct PolicyMeasurement: Codable, Sendable {
  /// The version of this layout.
  package var schema = "tandem.evaluation/1"
  /// The number of pairs.
  package var pairs: Int
  /// The values under their logged names.
  package var values: [String: Double]
  /// Completions beside the reference's.
  package var samples: [SampleRecord]
}

/// Measures a policy against its reference on pairs that a user brought.
///
/// Accuracy and margin are those of the implicit reward log π/π_ref (DPO at β = 1). Reward and win
/// rate are judged by the reward model; without one they are left out. So many threads share the
/// work; nothing measured depends on them.
package func measure(
  _ policy: Transformer<Float>, reference: Transformer<Float>, reward: RewardModel?,
  pairs: [PreferencePair], tokenizer: any Tokenizer, promptLimit: Int, seed: Seed,
  workers: Int = 1
) throws -> PolicyMeasurement {
  var reward = reward
  reward?.workers = InferenceWorkers(count: workers)
  let longest = pairs.map(\.prompt.count).max() ?? 1
  let completion = pairs.map { max($0.chosen.count, $0.rejected.count) }.max() ?? 1
  let room = policy.configuration.maximumLength - longest
  let task = PairsTask(
    pairs: LabelledPairs(train: [], test: pairs), tokenizer: tokenizer,
    maximumCompletionLength: max(1, min(completion, room)),
    judge: reward == nil ? nil : .referee, scorer: reward)
  let evaluator = try PolicyEvaluator(
    task: task, reference: reference,
    prompts: task.prompts(count: promptLimit, split: .test, seed: seed), seed: seed,
    workers: workers)
  let evaluation = try evaluator.evaluate(policy)
  var values = evaluation.logged.filter { !$0.key.hasPrefix("eval/referee") }
  if reward != nil {
    // The reward model that was named judges here; whether it is a referee the caller knows.
    values["eval/reward"] = evaluation.goldReward
    values["eval/reward_se"] = evaluation.goldStandardError
    values[.winRate] = evaluation.winRate
    values[Judge.gold.winRateLower] = evaluation.winRateInterval.lower
    values[Judge.gold.winRateUpper] = evaluation.winRateInterval.upper
  }
  let implicit = evaluateDPO(
    policy, reference: reference, pairs: pairs, loss: DPOLoss(beta: 1),
    on: InferenceWorkers(count: workers))
  values.merge(implicit.logged) { _, new in new }
  if let reward {
    values[.rewardModelAccuracy] = try evaluateReward(reward, on: pairs).accuracy
  }
  return PolicyMeasurement(
    pairs: pairs.count, values: values, samples: evaluation.samples.map(SampleRecord.init))
}

/// What a completion's score is.
package enum PairScoreKind: String, Codable, Sendable, CaseIterable {
  /// The implicit reward β·(log π(y|x) − log π_ref(y|x)), Rafailov (2023), section 4.
  case implicitReward = "implicit-reward"
  /// The mean of log π over the tokens of the completion, its end token included; needs no reference.
  case meanLogProbability = "mean-log-probability"
}

/// The scores of the completions of preference pairs under a policy.
package struct PairScores: Codable, Sendable {
  /// The scores of one pair.
  package struct Row: Codable, Sendable, Equatable {
    /// The score of the chosen completion.
    package var chosen: Double
    /// The score of the rejected completion.
    package var rejected: Double
  }

  /// The version of this layout.
  package var schema = "tandem.scores/1"
  /// What a score is.
  package var score: PairScoreKind
  /// The β of an implicit reward.
  package var beta: Double?
  /// The number of pairs.
  package var pairs: Int
  /// The share of pairs whose chosen completion scores strictly higher: ties count as wrong.
  package var accuracy: Double
  /// Chosen less rejected score, mean over the pairs.
  package var margin: Double
  /// The scores, in the order of the pairs.
  package var rows: [Row]
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
package func scorePairs(
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
