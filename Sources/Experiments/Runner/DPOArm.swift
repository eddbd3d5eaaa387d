import DPO
import Datasets
import Evaluation
import LanguageModel
import PPO
import RewardModeling
import Tasks
import Tokenization
import Training

extension SeedWork {
  /// Trains an arm's policy on the pairs, on rankings made of them, or on pairs of its own.
  func runDPO(
    _ settings: DPOConfiguration, _ inputs: ArmInputs, _ record: CellRecord,
    _ report: @escaping (Int, Int, String) -> Void
  ) throws -> (record: CellRecord, policy: Transformer<Float>?) {
    let readsRewardModel = settings.online?.judge == .reward
    var recorder = ArmRecorder(
      record, evaluator: inputs.evaluator, settings: specification.evaluation,
      total: updates(of: settings, on: inputs.data),
      before: readsRewardModel ? inputs.rewardCost : Cost(), report: report)
    var policy = inputs.reference
    let outcome = try train(&policy, settings, inputs) { step, policy, metrics in
      if step == 0 { recorder.certify(dpoCertificate(metrics, settings: settings)) }
      try recorder.observe(
        step, policy, metrics: metrics.logged, cost: metrics.cost,
        note: "loss \(brief(metrics.loss)) margin \(brief(metrics.rewardMargin))")
    }
    let heldOut = evaluateDPO(
      policy, reference: inputs.reference, pairs: inputs.data.test, loss: settings.loss,
      on: InferenceWorkers(count: workers))
    recorder.addToLastEvaluation(heldOut.logged)
    recorder.certify(try inputs.aliasCertificate(policy))
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
