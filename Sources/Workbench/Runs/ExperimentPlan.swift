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
