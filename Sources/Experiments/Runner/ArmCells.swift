import Autograd
import DPO
import Datasets
import Evaluation
import Foundation
import LanguageModel
import Optimizers
import PPO
import RewardModeling
import Tasks
import Tokenization

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
      case .ppo(let settings, let reward): try runPPO(settings, reward, inputs, record, report)
      case .bestOfN(let settings):
        try (record: runBestOfN(settings, inputs, record, report), policy: Transformer<Float>?.none)
      }
    if let policy = trained.policy {
      try ModelFolder(folder.appending(path: checkpointName))
        .write(policy, tokenizer: task.tokenizer)
    }
    try trained.record.write(to: folder)
  }

  private func runDPO(
    _ settings: DPOConfiguration, _ inputs: ArmInputs, _ record: CellRecord,
    _ report: @escaping (Int, Int, String) -> Void
  ) throws -> (record: CellRecord, policy: Transformer<Float>?) {
    let (pairs, reference) = (inputs.data.train, inputs.reference)
    var recorder = ArmRecorder(
      record, evaluator: inputs.evaluator, settings: specification.evaluation,
      total: steps(pairs: pairs.count, batchSize: settings.batchSize, epochs: settings.epochs),
      before: Cost(), report: report)
    var policy = reference
    let outcome = try trainDPO(
      &policy, reference: reference, pairs: pairs, configuration: settings,
      seed: randomness("preferences")
    ) { step, policy, metrics in
      if step == 0 { recorder.certify(dpoCertificate(metrics, loss: settings.lossKind)) }
      try recorder.observe(
        step, policy, metrics: metrics.logged, cost: metrics.cost,
        note: "loss \(brief(metrics.loss)) margin \(brief(metrics.rewardMargin))")
    }
    let heldOut = evaluateDPO(
      policy, reference: reference, pairs: inputs.data.test, loss: settings.loss)
    recorder.addToLastEvaluation(heldOut.logged)
    recorder.certify(try inputs.aliasCertificate(policy))
    return (recorder.finished(outcome: outcome), policy)
  }

  private func runPPO(
    _ settings: PPOConfiguration, _ source: RewardSource, _ inputs: ArmInputs,
    _ record: CellRecord, _ report: @escaping (Int, Int, String) -> Void
  ) throws -> (record: CellRecord, policy: Transformer<Float>?) {
    let reward = try inputs.reward(from: source)
    var recorder = ArmRecorder(
      record, evaluator: inputs.evaluator, settings: specification.evaluation,
      total: settings.iterations, before: source == .learned ? inputs.rewardCost : Cost(),
      report: report)
    var policy = inputs.reference
    var value = ScalarModel(backbone: inputs.reference)
    let outcome = try trainPPO(
      &policy, value: &value, reference: inputs.reference, reward: reward,
      rewardModel: source == .learned ? inputs.reference.configuration : nil,
      prompts: inputs.data.trainingPrompts, endToken: task.tokenizer.endToken,
      configuration: settings, seed: randomness("ppo")
    ) { step, policy, metrics in
      if step == 0 {
        recorder.certify(ppoCertificate(metrics, temperature: settings.temperature))
      }
      var cost = metrics.cost
      // A gold reward is asked about every rollout, as an annotator would be.
      if source == .gold { cost.labels = cost.rollouts }
      try recorder.observe(
        step, policy, metrics: metrics.logged, cost: cost,
        note: "reward \(brief(metrics.objective.scores)) kl \(brief(metrics.objective.kl))")
    }
    recorder.certify(try inputs.aliasCertificate(policy))
    return (recorder.finished(outcome: outcome), policy)
  }

  private func runBestOfN(
    _ settings: BestOfNConfiguration, _ inputs: ArmInputs, _ record: CellRecord,
    _ report: (Int, Int, String) -> Void
  ) throws -> CellRecord {
    var record = record
    let reward = try inputs.reward(from: .learned)
    let steps = [0] + settings.n
    try Task.checkCancellation()
    let start = try inputs.evaluator.evaluate(inputs.reference)
    record.evaluations = [EvaluationRow(step: 0, cost: inputs.rewardCost, values: start.logged)]
    for (position, best) in try inputs.evaluator.bestOfN(settings.n, reward: reward).enumerated() {
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

/// What every arm of a seed reads.
struct ArmInputs {
  let data: SeedData
  let reference: Transformer<Float>
  let evaluator: PolicyEvaluator
  /// The learned reward and what it cost, where the experiment has one.
  let learned: RewardModel?
  let rewardCost: Cost
  private let gold: GoldRewardFunction
  private let referenceFolder: ModelFolder

  init(_ work: SeedWork) throws {
    data = try work.data()
    referenceFolder = work.referenceFolder
    reference = try referenceFolder.policy()
    learned = try work.rewardCell.map { try work.checkpoint(of: $0).rewardModel() }
    rewardCost = try work.rewardCell.map { try work.store.record(of: $0).cost } ?? Cost()
    gold = GoldRewardFunction(
      task: work.task, temperature: work.specification.data.annotator.temperature)
    evaluator = PolicyEvaluator(
      task: work.task, reference: reference, prompts: data.evaluationPrompts,
      seed: work.randomness("evaluation"), proxy: learned,
      sampleCount: work.specification.evaluation.samples)
  }

  /// The reward that an arm asks for.
  func reward(from source: RewardSource) throws -> any RewardFunction {
    switch (source, learned) {
    case (.gold, _): return gold
    case (.learned, let reward?): return reward
    case (.learned, nil):
      throw ConfigurationError.contradiction("there is no reward model to learn from")
    }
  }

  /// Whether training moved the policy and left the reference as it is on disk.
  func aliasCertificate(_ policy: Transformer<Float>) throws -> [CertificateCheck] {
    let onDisk = try referenceFolder.policy().parameters.values
    return [
      CertificateCheck(
        name: "reference parameters changed by training", expected: 0,
        measured: reference.parameters.values == onDisk ? 0 : 1),
      CertificateCheck(
        name: "policy parameters changed by training", expected: 1,
        measured: policy.parameters.values == onDisk ? 0 : 1),
    ]
  }
}
