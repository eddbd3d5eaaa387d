import Datasets
import Evaluation
import LanguageModel
import PPO
import RewardModeling
import Tasks
import Tokenization

extension SeedWork {
  /// Trains an arm's policy by PPO.
  func runPPO(
    _ settings: PPOConfiguration, _ asked: PPOReward, _ inputs: ArmInputs, _ record: CellRecord,
    _ report: @escaping (Int, Int, String) -> Void
  ) throws -> (record: CellRecord, policy: Transformer<Float>?) {
    let (reward, isLearned) = (try inputs.reward(asked), asked.source == .learned)
    // The exact gradients are those of the true reward: another reward's values are no baseline of it.
    let isTrueReward = !isLearned && asked.offset == nil
    var recorder = ArmRecorder(
      record, evaluator: inputs.evaluator, settings: specification.evaluation,
      total: settings.iterations, before: isLearned ? inputs.rewardCost : Cost(), report: report)
    var policy = inputs.reference
    var value = try settings.initialValue(
      backbone: inputs.reference, rewardModel: isLearned ? inputs.learned?.model : nil,
      seed: randomness("ppo"))
    let outcome = try trainPPO(
      &policy, value: &value, reference: inputs.reference, reward: reward,
      rewardModels: isLearned ? inputs.rewardModels : [],
      baseline: try inputs.baseline(settings, reward: reward),
      prompts: inputs.data.trainingPrompts, endToken: task.tokenizer.endToken,
      configuration: settings, seed: randomness("ppo"), workers: workers
    ) { step, models, metrics in
      if step == 0 {
        recorder.certify(ppoCertificate(metrics, temperature: settings.temperature))
      }
      var cost = metrics.cost
      // A gold reward is asked about every completion, as an annotator would be.
      if !isLearned { cost.labels = cost.rollouts }
      let logged = metrics.logged.merging(inputs.promptValues(of: models.value)) { $1 }
      try recorder.observe(
        step, models.policy, value: isTrueReward ? models.value : nil, metrics: logged, cost: cost,
        note: "reward \(brief(metrics.objective.scores)) kl \(brief(metrics.objective.kl))")
    }
    recorder.certify(try inputs.aliasCertificate(policy))
    return (recorder.finished(outcome: outcome), policy)
  }
}
