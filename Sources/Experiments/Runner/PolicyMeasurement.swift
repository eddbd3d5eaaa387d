import DPO
public import Datasets
import Evaluation
import Foundation
public import LanguageModel
public import RewardModeling
import Tasks
public import TensorKernels
public import Tokenization

/// What `tandem evaluate` says of a policy on a user's own pairs.
public struct PolicyMeasurement: Codable, Sendable {
  /// The version of this layout.
  public var schema = "tandem.evaluation/1"
  /// The number of pairs.
  public var pairs: Int
  /// The values under their logged names.
  public var values: [String: Double]
  /// Completions beside the reference's.
  public var samples: [SampleRecord]
}

/// Measures a policy against its reference on pairs that a user brought.
///
/// Accuracy and margin are those of the implicit reward log π/π_ref (DPO at β = 1). Reward and win
/// rate are judged by the reward model; without one they are left out. So many threads share the
/// work; nothing measured depends on them.
public func measure(
  _ policy: Transformer<Float>, reference: Transformer<Float>, reward: RewardModel?,
  pairs: [PreferencePair], tokenizer: any Tokenizer, promptLimit: Int, seed: Seed,
  workers: Int = 1
) throws -> PolicyMeasurement {
  var reward = reward
  reward?.workers = InferenceWorkers(count: workers)
  let longest = pairs.map(\.prompt.count).max() ?? 1
  let completion = pairs.map { max($0.chosen.count, $0.rejected.count) }.max() ?? 1
  let room = policy.configuration.maximumLength - longest
  let task = UserPrompts(
    pairs: pairs, tokenizer: tokenizer, maximumCompletionLength: max(1, min(completion, room)),
    reward: reward)
  let evaluator = PolicyEvaluator(
    task: task, reference: reference,
    prompts: task.prompts(count: promptLimit, split: .test, seed: seed), seed: seed,
    workers: workers)
  let evaluation = try evaluator.evaluate(policy)
  var values = evaluation.logged.filter { !$0.key.hasPrefix("eval/gold") }
  if reward == nil {
    values = values.filter { !$0.key.hasPrefix("eval/win_rate") }
  } else {
    values["eval/reward"] = evaluation.goldReward
    values["eval/reward_se"] = evaluation.goldStandardError
  }
  let implicit = evaluateDPO(
    policy, reference: reference, pairs: pairs, loss: DPOLoss(beta: 1),
    on: InferenceWorkers(count: workers))
  values.merge(implicit.logged) { _, new in new }
  if let reward {
    values["eval/reward_accuracy"] = try evaluateReward(reward, on: pairs).accuracy
  }
  return PolicyMeasurement(
    pairs: pairs.count, values: values, samples: evaluation.samples.map(SampleRecord.init))
}
