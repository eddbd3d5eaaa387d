import DPO
import Datasets
import ExactTheory
import Foundation
import LanguageModel
import PPO
import RewardModeling
import SupervisedFineTuning
package import Tasks
import Tokenization

/// The cells of an experiment in the order in which they may start, with what each depends on.
package struct ExperimentPlan: Sendable {
  /// A cell with what must be done before it.
  package struct Entry: Sendable {
    /// The cell.
    package var cell: Cell
    /// The positions of the entries that it reads.
    package var dependencies: [Int]
    /// The hash of the settings that it depends on, those of the cells before it included.
    package var inputs: String
    /// A rough estimate of its floating-point operations, to weigh progress with.
    package var estimatedFLOPs: Double
  }

  /// The cells, seed by seed; of a seed, those that others wait for come first.
  package private(set) var entries: [Entry] = []
  private let specification: ExperimentSpecification
  private let workload: Workload
  /// The hashes of the files that a user gave, so that a changed one is learned from anew.
  private let givenFiles: [String]

  /// Plans an experiment on a task.
  package init(_ specification: ExperimentSpecification, task: any PreferenceTask) throws {
    self.specification = specification
    workload = Workload(specification, task: task)
    givenFiles =
      task.labelledPairs.map {
        [$0.fingerprint] + (specification.checkpointHash.map { [$0] } ?? [])
      }
      ?? []
    for seed in specification.seeds.values { try plan(seed: seed) }
  }

  /// The entry of a cell.
  package subscript(cell: Cell) -> Entry? { entries.first { $0.cell == cell } }

  private mutating func plan(seed: Int) throws {
    let referenceSeed = specification.referenceSeed(of: seed)
    let sft = Cell(seed: referenceSeed, stage: .sft)
    if position(of: sft) == nil {
      let settings = [
        try json(specification.task), try json(specification.model), try json(specification.sft),
        "\(specification.data.demonstrations)",
      ]
      append(sft, after: [], settings: settings + givenFiles, flops: workload.fineTuning)
    }
    guard specification.until != .sft else { return }
    let data = Cell(seed: seed, stage: .data)
    append(
      data, after: [sft],
      settings: [
        try json(specification.data),
        "\(specification.evaluation.prompts) of \(specification.evaluation.split.rawValue)",
      ],
      flops: workload.sampling)
    let reward = Cell(seed: seed, stage: .reward)
    if specification.needsRewardModel {
      let settings =
        [specification.name, try json(specification.reward)]
        + (specification.rewardCheckpoint.map { ["checkpoint " + $0] } ?? [])
      append(reward, after: [sft, data], settings: settings, flops: workload.rewardModel)
    }
    let referee = Cell(seed: seed, stage: .referee)
    if specification.needsReferee {
      let settings = [specification.name, try json(specification.reward)]
      append(referee, after: [sft, data], settings: settings, flops: workload.rewardModel)
    }
    for arm in workload.longestFirst {
      let shared =
        [sft, data] + (specification.needsRewardModel ? [reward] : [])
        + (specification.needsReferee ? [referee] : [])
      let settings = [
        specification.name, try json(arm), try json(specification.evaluation),
        "\(specification.beta)",
      ]
      append(
        Cell(seed: seed, stage: .arm(arm.slug)), after: shared, settings: settings,
        flops: workload.flops(of: arm))
    }
  }

  private mutating func append(_ cell: Cell, after: [Cell], settings: [String], flops: Double) {
    let dependencies = after.compactMap { position(of: $0) }
    let parts =
      [cellFormat, cell.path] + settings + dependencies.map { entries[$0].inputs }
    entries.append(
      Entry(
        cell: cell, dependencies: dependencies, inputs: sha256(of: parts.joined(separator: "\n")),
        estimatedFLOPs: flops))
  }

  private func position(of cell: Cell) -> Int? { entries.firstIndex { $0.cell == cell } }

  private func json(_ value: some Encodable) throws -> String {
    String(decoding: try encodeRecord(value), as: UTF8.self)
  }
}

/// Raised whenever a change of the code changes what a cell writes, so that old cells are not kept.
private let cellFormat = "tandem.cell/2"

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
