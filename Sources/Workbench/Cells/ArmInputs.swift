import Autograd
import Datasets
package import Evaluation
import ExactTheory
package import Foundation
package import LanguageModel
import PPO
package import RewardModeling
import Tasks
import TensorKernels
import Tokenization
import Training

/// Which reward an arm's PPO is given.
struct PPOReward {
  var source: RewardSource
  /// Standard deviations above the reference's mean; nil for the reward as it is.
  var offset: Double?
}

/// What every arm of a seed reads.
package struct ArmInputs {
  let data: SeedData
  package let reference: Transformer<Float>
  /// Nil where no prompts are held out to sample from.
  package let evaluator: PolicyEvaluator?
  /// The held-out pairs of a user, where there are some.
  let heldOut: HeldOutPreferences?
  /// Where the cell writes; nil where it is only read.
  let folder: URL?
  /// The learned reward and what it cost, where the experiment has one.
  package let learned: RewardModel?
  /// The same, or what the ensemble makes of its members.
  let learnedReward: (any RewardFunction)?
  /// The architectures that the learned reward reads a completion with, one a member.
  let rewardModels: [ModelConfiguration]
  let rewardCost: Cost
  private let task: any PreferenceTask
  private let gold: GoldRewardFunction
  private let referenceFolder: ModelFolder

  package init(_ work: SeedWork, folder: URL? = nil) throws {
    self.folder = folder
    data = try work.data()
    referenceFolder = work.referenceFolder
    reference = try referenceFolder.policy()
    learned = try work.rewardCell.map { try work.rewardModel(work.checkpoint(of: $0).url) }
    learnedReward = try work.rewardCell.map { try work.reward(of: $0) }
    rewardModels = [ModelConfiguration](
      repeating: reference.configuration,
      count: work.rewardCell == nil ? 0 : work.specification.reward.ensembleSize ?? 1)
    rewardCost = try work.rewardCell.map { try work.store.record(of: $0).cost } ?? Cost()
    let temperature = work.specification.data.annotator.temperature
    task = work.task
    gold = GoldRewardFunction(task: work.task, temperature: temperature)
    evaluator =
      data.evaluationPrompts.isEmpty
      ? nil
      : try PolicyEvaluator(
        task: work.judgedTask(), reference: reference, prompts: data.evaluationPrompts,
        seed: work.randomness("evaluation"), proxy: learnedReward,
        objective: EvaluatedObjective(
          beta: work.specification.beta, annotatorTemperature: temperature),
        sampleCount: work.specification.evaluation.samples, workers: work.workers)
    heldOut =
      work.task.labelledPairs == nil || data.test.isEmpty
      ? nil
      : try HeldOutPreferences(
        data.test, reference: reference, beta: work.specification.beta, explicit: learnedReward,
        workers: work.workers)
  }

  /// The reward that an arm asks for.
  func reward(_ asked: PPOReward) throws -> any RewardFunction {
    let raw: any RewardFunction
    switch (asked.source, learnedReward) {
    case (.gold, _): raw = gold
    case (.learned, let reward?): raw = reward
    case (.learned, nil):
      throw ConfigurationError.contradiction("there is no reward model to learn from")
    }
    guard let offset = asked.offset else { return raw }
    return OffsetReward(raw, moments: try referenceMoments(of: raw), offset: offset)
  }

  /// The baseline that a configuration names, for a reward.
  func baseline(
    _ settings: PPOConfiguration, reward: any RewardFunction
  ) throws -> any Baseline {
    switch settings.baseline {
    case .datasetMean: DatasetMean(of: try reward.rewards(of: data.trainingCompletions))
    case .softValue: SoftValue(of: try enumerated(reward, settings.temperature))
    case .policyValue: PolicyValue(of: try enumerated(reward, settings.temperature))
    case .optimal: OptimalBaseline(of: try enumerated(reward, settings.temperature))
    default: try settings.rolloutBaseline()
    }
  }

  /// What the passes over the data set's completions cost that a reward or its baseline is made from:
  /// billed as the reward model's own pass and DPO's reference pass are.
  ///
  /// What is summed over every completion of a language is an oracle, which has no price.
  func passes(over asked: PPOReward, _ settings: PPOConfiguration) -> Cost {
    let forOffset = asked.offset != nil && task.allCompletions == nil ? 1 : 0
    let count = forOffset + (settings.baseline == .datasetMean ? 1 : 0)
    let completions = data.trainingCompletions
    return (0..<count).reduce(Cost()) { cost, _ in
      guard asked.source == .learned else { return cost + Cost(goldQueries: completions.count) }
      return cost
        + .forward(through: rewardModels, sequenceLengths: completions.map(\.tokens.count))
    }
  }

  /// The value of the state after each training prompt, where there are few enough prompts to log.
  func promptValues(of model: ScalarModel<Float>?) -> [String: Double] {
    guard let model, task.allCompletions != nil else { return [:] }
    let prompts = data.trainingPrompts
    let scores = model.lastTokenScores(
      of: prompts.map { TokenSequence(prompt: $0, completion: []) })
    let named = zip(prompts, scores).map { ("value/\(task.group(of: $0))", Double($1)) }
    return Dictionary(uniqueKeysWithValues: named)
  }

  /// Exact where completions can be listed, and otherwise over the data set's.
  private func referenceMoments(of reward: any RewardFunction) throws -> RewardMoments {
    guard task.allCompletions != nil else {
      return RewardMoments(of: try reward.rewards(of: data.trainingCompletions))
    }
    return try enumerated(reward, 1).referenceMoments
  }

  private func enumerated(
    _ reward: any RewardFunction, _ temperature: Double
  ) throws -> EnumeratedRewards {
    guard let completions = task.allCompletions else {
      throw ConfigurationError.contradiction(
        "the completions of \(task.name) cannot be listed; choose another baseline")
    }
    return try EnumeratedRewards(
      of: completions, reference: reference, prompts: data.trainingPrompts, reward: reward,
      temperature: temperature)
  }

  /// The reference once more from its file, whatever became of the copy in memory.
  func freshReference() throws -> Transformer<Float> { try referenceFolder.policy() }

  /// Whether training moved the policy.
  func movementCertificate(_ policy: Transformer<Float>) throws -> CertificateCheck {
    CertificateCheck(
      name: "policy parameters changed by training", expected: 1,
      measured: policy.parameters.values == (try freshReference().parameters.values) ? 0 : 1)
  }
}
