import DPO
import Datasets
import Evaluation
import ExactTheory
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
    let inputs = try ArmInputs(self, folder: folder)
    var record = record(arm: arm.name, method: arm.method.name)
    record.dataHashes = inputs.data.hashes
    let trained =
      switch arm.method {
      case .dpo(let settings): try runDPO(settings, inputs, record, report)
      case .ppo(let settings, let source):
        try runPPO(
          settings, PPOReward(source: source, offset: arm.rewardOffset), fault: arm.fault, inputs,
          record, report)
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
    guard let goal = inputs.evaluator?.goal else {
      throw ConfigurationError.contradiction("the completions of \(task.name) cannot be listed")
    }
    var recorder = try recorder(
      record, inputs, total: settings.maximumSteps, before: Cost(), report)
    var policy = inputs.reference
    let outcome = try ascendExactly(&policy, towards: goal, configuration: settings) {
      step, policy, value, norm in
      try recorder.observe(
        step, policy, metrics: named([.exactObjective: value, .gradientNorm: norm]), cost: Cost(),
        note: "objective \(brief(value))")
    }
    recorder.certify([try inputs.movementCertificate(policy)])
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
    guard let evaluator = inputs.evaluator else {
      throw ConfigurationError.contradiction(
        "best-of-n answers held-out prompts, and there are none; hold some pairs out")
    }
    let start = try evaluator.evaluate(inputs.reference)
    record.evaluations = [EvaluationRow(step: 0, cost: inputs.rewardCost, values: start.logged)]
    let arms = try evaluator.bestOfN(
      settings.n, reward: reward, rewardModels: inputs.rewardModels)
    // Nothing is trained but the reward model: what n completions cost is a cost of every answer.
    record.cost = inputs.rewardCost
    for (position, best) in arms.enumerated() {
      record.evaluations.append(
        EvaluationRow(step: best.n, cost: inputs.rewardCost, values: best.evaluation.logged))
      record.samples = best.evaluation.samples.map(SampleRecord.init)
      report(position + 1, steps.count, "n \(best.n)")
    }
    return record
  }
}

extension SeedWork {
  /// Trains an arm's policy on the pairs, on rankings made of them, or on pairs of its own.
  func runDPO(
    _ settings: DPOConfiguration, _ inputs: ArmInputs, _ record: CellRecord,
    _ report: @escaping (Int, Int, String) -> Void
  ) throws -> (record: CellRecord, policy: Transformer<Float>?) {
    let readsRewardModel = settings.online?.judge == .reward
    var recorder = try recorder(
      record, inputs, total: updates(of: settings, on: inputs.data),
      before: readsRewardModel ? inputs.rewardCost : Cost(), report)
    var policy = inputs.reference
    var (outcome, last) = (TrainingOutcome.completed, (step: 0, metrics: DPOMetrics?.none))
    try keepingInterrupted(in: inputs.folder) {
      outcome = try train(&policy, settings, inputs) { step, policy, metrics in
        last = (step, metrics)
        if step == 0 { recorder.certify(dpoCertificate(metrics, settings: settings)) }
        try recorder.observe(
          step, policy, metrics: metrics.logged, cost: metrics.cost,
          note: "loss \(brief(metrics.loss)) margin \(brief(metrics.rewardMargin))")
      }
    } write: {
      try $0.write(policy, tokenizer: task.tokenizer)
    }
    if !inputs.data.test.isEmpty {
      let heldOut = evaluateDPO(
        policy, reference: inputs.reference, pairs: inputs.data.test, loss: settings.loss,
        on: InferenceWorkers(count: workers))
      recorder.addToLastEvaluation(heldOut.logged)
    }
    recorder.certify([try inputs.movementCertificate(policy)])
    if let metrics = last.metrics, last.step > 0, settings.readsPairsFromAFixedReference {
      let order = settings.order(of: inputs.data.train.count, seed: randomness("preferences"))
      recorder.certify([
        referenceCertificate(
          metrics, beta: settings.loss.beta,
          chosen: order.batch(atStep: last.step - 1).map { inputs.data.train[$0].chosenSequence },
          file: try inputs.freshReference())
      ])
    }
    return (recorder.finished(outcome: outcome), policy)
  }

  private func train(
    _ policy: inout Transformer<Float>, _ settings: DPOConfiguration, _ inputs: ArmInputs,
    observe: (Int, borrowing Transformer<Float>, DPOMetrics) throws -> Void
  ) throws -> TrainingOutcome {
    let (pairs, reference) = (inputs.data.train, inputs.reference)
    let seed = randomness("preferences")
    if let online = settings.online {
      return try trainOnlineDPO(
        &policy, reference: reference, prompts: inputs.data.trainingPrompts,
        maximumTokens: task.maximumCompletionLength, endToken: task.tokenizer.endToken,
        labels: try labels(of: online.judge, inputs), configuration: settings, seed: seed,
        workers: workers, observe: observe)
    }
    guard settings.lossKind == .plackettLuce else {
      return try trainDPO(
        &policy, reference: reference, pairs: pairs, configuration: settings, seed: seed,
        workers: workers, observe: observe)
    }
    return try trainDPO(
      &policy, reference: reference, rankings: rankings(of: pairs), configuration: settings,
      seed: seed, workers: workers, observe: observe)
  }

  private func labels(of judge: OnlineJudge, _ inputs: ArmInputs) throws -> OnlineLabels {
    switch judge {
    case .gold:
      return OnlineLabels(reward: try inputs.reward(PPOReward(source: .gold)), areBought: true)
    case .reward:
      return OnlineLabels(
        reward: try inputs.reward(PPOReward(source: .learned)),
        rewardModels: inputs.rewardModels)
    case .policy: return OnlineLabels(reward: nil)
    }
  }

  private func rankings(of pairs: [PreferencePair]) -> [PreferenceRanking] {
    Datasets.rankings(of: pairs, places: specification.data.completionsPerPrompt)
  }

  private func updates(of settings: DPOConfiguration, on data: SeedData) -> Int {
    if let online = settings.online {
      return online.updates(settings, prompts: data.trainingPrompts.count)
    }
    let items =
      settings.lossKind == .plackettLuce ? rankings(of: data.train).count : data.train.count
    return steps(pairs: items, batchSize: settings.batchSize, epochs: settings.epochs)
  }
}

extension DPOConfiguration {
  /// Whether the batches are pairs in a known order and the reference stays, so that the last one can be read again.
  fileprivate var readsPairsFromAFixedReference: Bool {
    online == nil && lossKind != .plackettLuce && synchronizesReference != true
  }
}

extension SeedWork {
  /// Trains an arm's policy by PPO.
  func runPPO(
    _ settings: PPOConfiguration, _ asked: PPOReward, fault: GalleryFault?, _ inputs: ArmInputs,
    _ record: CellRecord,
    _ report: @escaping (Int, Int, String) -> Void
  ) throws -> (record: CellRecord, policy: Transformer<Float>?) {
    let (reward, isLearned) = (try inputs.reward(asked), asked.source == .learned)
    // The exact gradients are those of the true reward: another reward's values are no baseline of it.
    let isTrueReward = !isLearned && asked.offset == nil
    var recorder = try recorder(
      record, inputs, total: settings.iterations,
      before: (isLearned ? inputs.rewardCost : Cost())
        + inputs.passes(over: asked, settings), report)
    var policy = inputs.reference
    var value = try settings.initialValue(
      backbone: inputs.reference, rewardModel: isLearned ? inputs.learned?.model : nil,
      seed: randomness("ppo"))
    var (outcome, readings) = (TrainingOutcome.completed, [RolloutReading]())
    try keepingInterrupted(in: inputs.folder) {
      outcome = try trainPPO(
        &policy, value: &value, reference: inputs.reference, reward: reward,
        rewardModels: isLearned ? inputs.rewardModels : [],
        baseline: try inputs.baseline(settings, reward: reward),
        prompts: inputs.data.trainingPrompts, endToken: task.tokenizer.endToken,
        configuration: settings, seed: randomness("ppo"),
        parts: fault?.parts(seed: randomness("ppo")) ?? PPOParts(), workers: workers
      ) { step, models, metrics in
        readings = models.readings
        if step == 0 {
          recorder.certify(
            ppoCertificate(
              metrics, readings, of: models.policy, endToken: task.tokenizer.endToken))
        }
        var cost = metrics.cost
        // A gold reward gives a number for every completion, which says more than an annotator's choice.
        if !isLearned { cost.goldQueries = cost.rollouts }
        let logged = metrics.logged.merging(inputs.promptValues(of: models.value)) { $1 }
        try recorder.observe(
          step, models.policy, value: isTrueReward ? models.value : nil, metrics: logged,
          cost: cost,
          note: "reward \(brief(metrics.objective.scores)) kl \(brief(metrics.objective.kl))")
      }
    } write: {
      try $0.write(policy, tokenizer: task.tokenizer)
    }
    recorder.certify([try inputs.movementCertificate(policy)])
    if settings.referenceControl == .fixed {
      recorder.certify([
        referenceCertificate(
          readings, file: try inputs.freshReference(), temperature: settings.temperature)
      ])
    }
    return (recorder.finished(outcome: outcome), policy)
  }
}
