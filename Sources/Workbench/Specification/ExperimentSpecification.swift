import DPO
import ExactTheory
package import Foundation
import LanguageModel
import PPO
package import RewardModeling
package import SupervisedFineTuning
package import Tasks
import Training

/// An experiment as data: everything that decides its results.
package struct ExperimentSpecification: Codable, Equatable, Sendable, DefaultedSettings {
  /// The name of the experiment's folder.
  package var name = ""
  /// The headline of the report.
  package var title = ""
  /// The question that it answers.
  package var question = ""
  /// What was expected before it ran.
  package var expectation = ""
  /// Where prompts and gold rewards come from.
  package var task = TaskConfiguration()
  /// The policy's size.
  package var model = ModelSpecification()
  /// The seeds; each draws its own data, reference, reward model and rollouts.
  package var seeds = SeedList([1, 2, 3, 4, 5, 6])
  /// Whether all seeds start from the reference of the first seed.
  package var sharesReference = false
  /// What every seed draws before it learns.
  package var data = DataSpecification()
  /// The strength β of the pull towards the reference, one for both pipelines.
  package var beta = 0.1
  /// Whether arms must optimise the one objective E[r] − β·KL, so that their curves compare.
  package var sharesObjective = true
  /// How the reference is trained.
  package var sft = SFTConfiguration()
  /// How the reward model is trained.
  package var reward = RewardConfiguration()
  /// The ways of learning that are compared.
  package var arms: [ArmSpecification] = []
  /// How every policy is judged.
  package var evaluation = EvaluationSpecification()
  /// A reward model that is there already, which arms learn from in the place of one that is trained.
  package var rewardCheckpoint: String?
  /// The shared stage after which to stop, for a run without arms; nil runs all.
  package var until: LastStage?
  /// The largest difference of two arms in E[gold] or J that counts as none, stated before the run.
  package var equivalenceMargin: Double?
  /// The SHA-256 of the checkpoint's weights, which is not a setting; nil without one.
  package var checkpointHash: String?

  /// The names of the settings.
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case name, title, question, expectation, task, model, seeds
    case sharesReference = "share_sft"
    case data, beta
    case sharesObjective = "same_objective"
    case sft, reward, arms, evaluation
    case rewardCheckpoint = "reward_checkpoint"
    case until
    case equivalenceMargin = "equivalence_margin"
  }

  /// The documented defaults, without any arm.
  package init() {}

  /// Whether some arm reads a trained reward model.
  package var needsRewardModel: Bool {
    until == .reward || arms.contains { $0.method.needsRewardModel }
  }

  /// Whether arms are judged by a referee that has to be trained first.
  package var needsReferee: Bool { task.pairs?.judge == .referee && until == nil }

  /// Where the model is that the reference is made from, or is; nil for one from nothing.
  package var checkpoint: URL? {
    model.checkpoint.map { name in
      task.pairs == nil ? Stories.folder(task).appending(path: name) : URL(filePath: name)
    }
  }

  /// The seed whose reference a seed starts from.
  package func referenceSeed(of seed: Int) -> Int {
    sharesReference ? seeds.values.first ?? seed : seed
  }
}

/// A shared stage with which a run can end.
package enum LastStage: String, Codable, Sendable, CaseIterable {
  /// Supervised fine-tuning.
  case sft
  /// The reward model.
  case reward
}

/// The seeds of an experiment, written as a count or as a list.
package struct SeedList: Codable, Equatable, Sendable {
  /// The seeds, in order.
  package var values: [Int]

  /// A list of seeds.
  package init(_ values: [Int]) { self.values = values }

  /// Reads `6` as the seeds 1…6, and a list as it is.
  package init(from decoder: any Decoder) throws {
    if let count = try? decoder.singleValueContainer().decode(Int.self) {
      guard count <= 999_999 else {
        throw ConfigurationError.outOfRange("seeds", "\(count)", allowed: "a count of 1…999999")
      }
      values = count < 1 ? [] : Array(1...count)
    } else {
      values = try decoder.singleValueContainer().decode([Int].self)
    }
  }

  /// Writes the list.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(values)
  }
}

extension ExperimentSpecification {
  /// The same experiment in a minute: a trial of the machinery, not a result.
  ///
  /// - Parameter steps: Updates of every training, or nearly so.
  /// - Returns: The small experiment.
  package func quickTrial(steps: Int = 8) -> ExperimentSpecification {
    var trial = self
    trial.title = (title.isEmpty ? name : title) + " (quick trial)"
    trial.seeds = SeedList(Array(seeds.values.prefix(2)))
    if model.checkpoint == nil {
      trial.model = ModelSpecification(.tiny)
      trial.model.maximumLength = model.maximumLength
    }
    let batch = 16
    // A user's pairs are as many as they are.
    if task.pairs == nil {
      trial.data.demonstrations = 4 * batch
      trial.data.pairs = steps * batch
      trial.data.testPairs = 4 * batch
    }
    trial.sft.maximumSteps = 10 * steps
    trial.sft.batchSize = batch
    (trial.reward.batchSize, trial.reward.epochs) = (batch, 1)
    trial.arms = arms.map { $0.quickTrial(steps: steps, batch: batch) }
    trial.evaluation.prompts = 2 * batch
    trial.evaluation.checkpoints = 2
    if evaluation.pathPoints != nil {
      (trial.evaluation.pathPoints, trial.evaluation.pathPrompts) = (4, batch)
    }
    trial.evaluation.samples = min(evaluation.samples, 2)
    return trial
  }
}

extension ArmSpecification {
  fileprivate func quickTrial(steps: Int, batch: Int) -> ArmSpecification {
    var trial = self
    switch method {
    case .dpo(var settings):
      (settings.batchSize, settings.epochs, settings.probePairs) = (batch, 1, 4)
      settings.online?.rounds = max(1, steps / 2)
      settings.online?.promptsPerRound = 2 * batch
      trial.method = .dpo(settings)
    case .ppo(var settings, let reward):
      (settings.minibatches, settings.gradientShards) = (2, 4)
      let prompts = max(2 * batch / settings.completionsPerPrompt, 2 * 4)
      settings.iterations = steps
      settings.rolloutsPerIteration = (prompts + prompts % 2) * settings.completionsPerPrompt
      settings.epochs = min(settings.epochs, 2)
      trial.method = .ppo(settings, reward: reward)
    case .bestOfN(var settings):
      settings.n = settings.n.filter { $0 <= 4 }
      if settings.n.isEmpty { settings.n = [1] }
      trial.method = .bestOfN(settings)
    case .exactAscent(var settings):
      settings.maximumSteps = steps
      trial.method = .exactAscent(settings)
    }
    return trial
  }
}
