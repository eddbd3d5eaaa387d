import DPO
import Foundation
import LanguageModel
import PPO
package import RewardModeling
package import SupervisedFineTuning
package import Tasks
import Training
import Yams

/// A training by itself: one shared stage, or one arm.
package enum SingleStage: Sendable {
  /// Supervised fine-tuning on the chosen completions.
  case sft(SFTConfiguration)
  /// A reward model.
  case reward(RewardConfiguration)
  /// An arm, such as DPO, or PPO on a reward model that is in a folder.
  case arm(ArmMethod, rewardCheckpoint: String?)

  /// The stage's name, and that of its arm.
  package var name: String {
    switch self {
    case .sft: "sft"
    case .reward: "reward"
    case .arm(let method, _): method.name
    }
  }

  /// The cell of the stage at a seed.
  package func cell(seed: Int) -> Cell {
    switch self {
    case .sft: Cell(seed: seed, stage: .sft)
    case .reward: Cell(seed: seed, stage: .reward)
    case .arm(let method, _): Cell(seed: seed, stage: .arm(method.name))
    }
  }
}

extension ExperimentSpecification {
  /// A training by itself on a user's pairs: an experiment with one arm, or with none.
  ///
  /// Nothing is sampled to be measured unless pairs are held out, and nothing judges.
  ///
  /// - Parameters:
  ///   - stage: What is trained.
  ///   - pairs: Where the pairs are; what they hold out is measured on.
  ///   - model: What it starts from.
  ///   - seed: The seed of everything random.
  /// - Throws: `SpecificationError` with the setting that is wrong.
  package init(
    _ stage: SingleStage, pairs: PairsTask.Settings, model: ModelSpecification, seed: Int
  ) throws {
    var one = ExperimentSpecification()
    (one.name, one.title) = (stage.name, "tandem \(stage.name)")
    var pairs = pairs
    pairs.referee = 0
    one.task.pairs = pairs
    (one.model, one.seeds, one.sharesObjective) = (model, SeedList([seed]), false)
    one.evaluation.prompts = pairs.test == nil && pairs.heldOut == 0 ? 0 : 64
    (one.evaluation.checkpoints, one.evaluation.samples) = (4, min(4, one.evaluation.prompts))
    switch stage {
    case .sft(let settings): (one.sft, one.until) = (settings, .sft)
    case .reward(let settings): (one.reward, one.until) = (settings, .reward)
    case .arm(let method, let checkpoint):
      one.arms = [ArmSpecification(name: stage.name, method: method)]
      one.rewardCheckpoint = checkpoint
      switch method {
      case .dpo(let settings): one.beta = settings.beta
      case .ppo(let settings, _) where settings.klPenalty > 0: one.beta = settings.klPenalty
      default: break
      }
    }
    let here = URL(filePath: FileManager.default.currentDirectoryPath)
    one = one.withPaths(from: here)
    try self.init(
      yaml: YAMLEncoder().encode(one), file: "tandem \(stage.name)", name: stage.name)
  }
}
