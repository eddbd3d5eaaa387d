import Datasets
import Evaluation
import Foundation
import LanguageModel
import PPO
import RewardModeling
import Tasks
import Tokenization
import Training

extension SeedWork {
  /// Trains an arm's policy, or evaluates it where there is nothing to train.
  func runArm(
    _ arm: ArmSpecification, into folder: URL,
    report: @escaping (_ step: Int, _ of: Int, _ note: String) -> Void
  ) throws {
    let inputs = try ArmInputs(self)
    var record = record(arm: arm.name, method: arm.method.name)
    record.dataHashes = inputs.data.hashes
    let trained =
      switch arm.method {
      case .dpo(let settings): try runDPO(settings, inputs, record, report)
      case .ppo(let settings, let source):
        try runPPO(
          settings, PPOReward(source: source, offset: arm.rewardOffset), inputs, record, report)
      case .bestOfN(let settings):
        try (record: runBestOfN(settings, inputs, record, report), policy: Transformer<Float>?.none)
      case .exactAscent(let settings): try runExactAscent(settings, inputs, record, report)
      }
    if let policy = trained.policy {
      try ModelFolder(folder.appending(path: checkpointName))
        .write(policy, tokenizer: task.tokenizer)
    }
    try trained.record.write(to: folder)
  }

  private func runExactAscent(
    _ settings: ExactAscentConfiguration, _ inputs: ArmInputs, _ record: CellRecord,
    _ report: @escaping (Int, Int, String) -> Void
  ) throws -> (record: CellRecord, policy: Transformer<Float>?) {
    guard let goal = inputs.evaluator.goal else {
      throw ConfigurationError.contradiction("the completions of \(task.name) cannot be listed")
    }
    var recorder = ArmRecorder(
      record, evaluator: inputs.evaluator, settings: specification.evaluation,
      total: settings.maximumSteps, before: Cost(), report: report)
    var policy = inputs.reference
    let outcome = try ascendExactly(&policy, towards: goal, configuration: settings) {
      step, policy, value, norm in
      try recorder.observe(
        step, policy, metrics: ["objective/exact": value, "grad_norm": norm], cost: Cost(),
        note: "objective \(brief(value))")
    }
    recorder.certify(try inputs.aliasCertificate(policy))
    return (recorder.finished(outcome: outcome), policy)
  }

  private func runBestOfN(
    _ settings: BestOfNConfiguration, _ inputs: ArmInputs, _ record: CellRecord,
    _ report: (Int, Int, String) -> Void
  ) throws -> CellRecord {
    var record = record
    let reward = try inputs.reward(PPOReward(source: .learned))
    let steps = [0] + settings.n
    try Task.checkCancellation()
    let start = try inputs.evaluator.evaluate(inputs.reference)
    record.evaluations = [EvaluationRow(step: 0, cost: inputs.rewardCost, values: start.logged)]
    let arms = try inputs.evaluator.bestOfN(
      settings.n, reward: reward, rewardModels: inputs.rewardModels)
    for (position, best) in arms.enumerated() {
      var cost = inputs.rewardCost + best.evaluation.cost
      cost.rollouts += best.n * best.evaluation.prompts
      record.evaluations.append(
        EvaluationRow(step: best.n, cost: cost, values: best.evaluation.logged))
      record.samples = best.evaluation.samples.map(SampleRecord.init)
      record.cost = cost
      report(position + 1, steps.count, "n \(best.n)")
    }
    return record
  }
}
