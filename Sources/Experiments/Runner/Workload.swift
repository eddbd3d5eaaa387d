import DPO
import Evaluation
import LanguageModel
import PPO
import RewardModeling
import SupervisedFineTuning
import Tasks
import Tokenization

/// Rough counts of the work in each cell, from the settings alone.
struct Workload: Sendable {
  private let specification: ExperimentSpecification
  /// Floating-point operations of one token forward, 2·N.
  private let forward: Double
  /// Tokens of a typical prompt with its completion.
  private let length: Double
  /// A token sampled with a cache costs about this many tokens forward, for its products are thin.
  private let samplingFactor = 3.0

  init(_ specification: ExperimentSpecification, task: any PreferenceTask) {
    self.specification = specification
    let model = specification.model.configuration(vocabularySize: task.tokenizer.vocabularySize)
    forward = 2 * Double(model.parameterCount)
    length = 6 + 0.4 * Double(task.maximumCompletionLength)
  }

  /// The arms, the most work first, so that no long cell starts last.
  var longestFirst: [ArmSpecification] {
    specification.arms.enumerated().sorted {
      let (first, second) = (flops(of: $0.element), flops(of: $1.element))
      return first == second ? $0.offset < $1.offset : first > second
    }.map(\.element)
  }

  var fineTuning: Double {
    3 * tokens(specification.sft.maximumSteps * specification.sft.batchSize)
  }

  var sampling: Double {
    let prompts = specification.data.pairs + specification.data.testPairs
    return samplingFactor
      * tokens(
        prompts * specification.data.completionsPerPrompt / specification.data.pairsPerPrompt)
  }

  /// The models of the learned reward, all of which read whatever is scored.
  private var members: Double { Double(specification.reward.ensembleSize ?? 1) }

  var rewardModel: Double {
    members * 3 * tokens(2 * specification.data.pairs * specification.reward.epochs)
  }

  func flops(of arm: ArmSpecification) -> Double {
    switch arm.method {
    case .dpo(let settings): passes(of: settings) + evaluations
    case .ppo(let settings, let reward):
      tokens(settings.iterations * settings.rolloutsPerIteration)
        * passes(of: settings, reward) + evaluations
    case .bestOfN(let settings):
      (samplingFactor + members) * tokens(specification.evaluation.prompts * (settings.n.last ?? 1))
    case .exactAscent(let settings):
      3 * tokens(settings.maximumSteps * EnumerableLanguage.maximumCompletionCount) + evaluations
    }
  }

  /// Passes forward for each rollout: sampled, scored by reward, policy and reference, learnt from.
  private func passes(of settings: PPOConfiguration, _ reward: RewardSource) -> Double {
    let trained = settings.baseline == .learnedValue ? 2.0 : 1
    let scoring = (reward == .learned ? members : 0) + 1 + trained
    return samplingFactor + scoring + 3 * trained * Double(settings.epochs)
  }

  private func passes(of settings: DPOConfiguration) -> Double {
    let passes = 3 * Double(settings.epochs) + 1
    guard let online = settings.online else { return passes * tokens(2 * specification.data.pairs) }
    return (passes + samplingFactor + readers(online.judge))
      * tokens(2 * online.rounds * online.promptsPerRound)
  }

  /// The models that judge a completion; the policy's own reward is read against the reference's.
  private func readers(_ judge: OnlineJudge) -> Double {
    switch judge {
    case .gold: 0
    case .reward: members
    case .policy: 2
    }
  }

  private var evaluations: Double {
    Double(specification.evaluation.checkpoints + 1) * (samplingFactor + 3)
      * tokens(specification.evaluation.prompts)
  }

  private func tokens(_ sequences: Int) -> Double { Double(sequences) * length * forward }
}
