import DPO
import Datasets
import ExactTheory
import LanguageModel
import PPO
import RewardModeling
import SupervisedFineTuning
import Tasks
import Tokenization

/// Rough counts of the work in each cell, from the settings and the lengths of what a task shows.
struct Workload: Sendable {
  private let specification: ExperimentSpecification
  /// Floating-point operations of a completion of the data with its prompt, forward.
  private let read: Double
  /// The same for a completion that a policy writes.
  private let written: Double
  /// Demonstrations from which the length of a sequence is read.
  static let shown = 64
  /// A token sampled with a cache costs about this many tokens forward, for it reads the keys before it.
  private let samplingFactor = 1.25

  init(_ specification: ExperimentSpecification, task: any PreferenceTask) {
    self.specification = specification
    let model = specification.model.configuration(vocabularySize: task.tokenizer.vocabularySize)
    if let pairs = task.labelledPairs?.train, !pairs.isEmpty {
      read =
        pairs.reduce(0) { sum, pair in
          let lengths = [pair.chosenSequence, pair.rejectedSequence].map(\.tokens.count)
          return sum + model.forwardFLOPs(sequenceLengths: lengths)
        } / Double(2 * pairs.count)
      let prompt = pairs.reduce(0) { $0 + $1.prompt.count } / pairs.count
      written = model.forwardFLOPs(sequenceLengths: [prompt + task.maximumCompletionLength])
    } else {
      // What the task shows is as long as what its policies write, but for those that learn to be brief.
      let lengths = task.demonstrations(count: Self.shown, seed: Seed(0)).map(\.tokens.count)
      let typical = lengths.isEmpty ? [task.maximumCompletionLength] : lengths
      read = model.forwardFLOPs(sequenceLengths: typical) / Double(typical.count)
      written = read
    }
  }

  /// The arms, the most work first, so that no long cell starts last.
  var longestFirst: [ArmSpecification] {
    specification.arms.enumerated().sorted {
      let (first, second) = (flops(of: $0.element), flops(of: $1.element))
      return first == second ? $0.offset < $1.offset : first > second
    }.map(\.element)
  }

  var fineTuning: Double {
    3 * reading(specification.sft.maximumSteps * specification.sft.batchSize)
  }

  var sampling: Double {
    let prompts = specification.data.pairs + specification.data.testPairs
    return samplingFactor
      * writing(
        prompts * specification.data.completionsPerPrompt / specification.data.pairsPerPrompt)
  }

  /// The models of the learned reward, all of which read whatever is scored.
  private var members: Double { Double(specification.reward.ensembleSize ?? 1) }

  var rewardModel: Double {
    members * 3 * reading(2 * specification.data.pairs * specification.reward.epochs)
  }

  func flops(of arm: ArmSpecification) -> Double {
    switch arm.method {
    case .dpo(let settings): passes(of: settings) + evaluations
    case .ppo(let settings, let reward):
      writing(settings.iterations * settings.rolloutsPerIteration)
        * passes(of: settings, reward) + evaluations
    case .bestOfN(let settings):
      (samplingFactor + members)
        * writing(specification.evaluation.prompts * (settings.n.last ?? 1))
    case .exactAscent(let settings):
      3 * reading(settings.maximumSteps * EnumerableLanguage.maximumCompletionCount) + evaluations
    }
  }

  /// Passes forward for each rollout: sampled, scored by reward, reference and value model, learnt from.
  private func passes(of settings: PPOConfiguration, _ reward: RewardSource) -> Double {
    let trained = settings.baseline == .learnedValue ? 2.0 : 1
    let scoring = (reward == .learned ? members : 0) + trained
    return samplingFactor + scoring + 3 * trained * Double(settings.epochs)
  }

  private func passes(of settings: DPOConfiguration) -> Double {
    let passes = 3 * Double(settings.epochs) + 1
    guard let online = settings.online else {
      return passes * reading(2 * specification.data.pairs)
    }
    return (passes + samplingFactor + readers(online.judge))
      * writing(2 * online.rounds * online.promptsPerRound)
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
    let settings = specification.evaluation
    let looks = settings.pathPoints.map { $0 + 1 } ?? 0
    return (samplingFactor + 3)
      * (Double(settings.checkpoints + 1) * writing(settings.prompts)
        + Double(looks) * writing(settings.promptsOfPath))
  }

  private func reading(_ sequences: Int) -> Double { Double(sequences) * read }

  private func writing(_ sequences: Int) -> Double { Double(sequences) * written }
}
