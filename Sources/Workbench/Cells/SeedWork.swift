import Datasets
package import Foundation
import LanguageModel
import RewardModeling
package import Tasks
import Tokenization

/// Everything that the cells of one seed share.
package struct SeedWork: Sendable {
  let specification: ExperimentSpecification
  let task: any PreferenceTask
  let store: CellStore
  let seed: Int
  /// Threads that the cell has; what it writes does not depend on them.
  var workers = 1

  /// The work of one seed in a run folder, with so many threads.
  package init(
    specification: ExperimentSpecification, task: any PreferenceTask, store: CellStore, seed: Int,
    workers: Int = 1
  ) {
    (self.specification, self.task, self.store) = (specification, task, store)
    (self.seed, self.workers) = (seed, workers)
  }

  /// The randomness of a part of the seed's work; arms that name the same part share its draws.
  func randomness(_ part: String) -> Seed { Seed(UInt64(seed)).derived(part) }

  /// The SFT model that this seed starts from.
  var referenceCell: Cell { Cell(seed: specification.referenceSeed(of: seed), stage: .sft) }

  /// The folder of the SFT model.
  var referenceFolder: ModelFolder { checkpoint(of: referenceCell) }

  /// The folder of a finished cell's model.
  func checkpoint(of cell: Cell) -> ModelFolder {
    ModelFolder(store.url(of: cell).appending(path: checkpointName))
  }

  /// The finished reward cell, where the experiment has one.
  var rewardCell: Cell? {
    specification.needsRewardModel ? Cell(seed: seed, stage: .reward) : nil
  }

  /// The reward model of a folder, read by the cell's threads.
  func rewardModel(_ folder: URL) throws -> RewardModel {
    var reward = try ModelFolder(folder).rewardModel()
    reward.workers = InferenceWorkers(count: workers)
    return reward
  }

  /// The task with the judge of this seed in place, which is a model where it is a referee.
  func judgedTask() throws -> any PreferenceTask {
    guard specification.needsReferee else { return task }
    return task.judged(by: try reward(of: Cell(seed: seed, stage: .referee)))
  }

  /// Runs a training; where it is interrupted, keeps its model of the last whole step beside the cell.
  func keepingInterrupted(
    in folder: URL?, _ training: () throws -> Void, write: (ModelFolder) throws -> Void
  ) throws {
    do {
      try training()
    } catch let interruption as CancellationError {
      if let folder {
        let kept = interruptedFolder(of: folder)
        try write(ModelFolder(kept))
        try? FileManager.default.removeItem(at: kept.appending(path: "metrics.jsonl"))
        try FileManager.default.copyItem(
          at: folder.appending(path: "metrics.jsonl"), to: kept.appending(path: "metrics.jsonl"))
      }
      throw interruption
    }
  }

  /// The learned reward of a finished cell: its model, or its ensemble.
  func reward(of cell: Cell) throws -> any RewardFunction {
    let members = try (0..<(specification.reward.ensembleSize ?? 1)).map { member in
      try rewardModel(store.url(of: cell).appending(path: memberName(member)))
    }
    return specification.reward.reward(of: members)
  }

  /// The data of the seed as they are on disk, with their hashes.
  func data() throws -> SeedData {
    try SeedData(
      folder: store.url(of: Cell(seed: seed, stage: .data)), reference: referenceFolder,
      tokenizer: task.tokenizer)
  }

  /// The annotator of this seed's labels.
  var annotator: BradleyTerryAnnotator {
    let settings = specification.data.annotator
    return BradleyTerryAnnotator(
      temperature: settings.temperature, flipRate: settings.flipRate,
      lengthBias: settings.lengthBias, labelMode: settings.labels, seed: randomness("labels"))
  }

  /// An empty record of one of this seed's cells.
  func record(arm: String, method: String) -> CellRecord {
    CellRecord(question: specification.name, arm: arm, method: method, seed: seed)
  }
}

/// The name of the folder of an ensemble's member, counted from zero.
func memberName(_ member: Int) -> String {
  member == 0 ? checkpointName : "\(checkpointName)-\(member + 1)"
}

/// Pairs and prompts of a seed, as they are on disk.
struct SeedData: Sendable {
  var train: [PreferencePair]
  var test: [PreferencePair]
  /// Held-out prompts for the evaluation.
  var evaluationPrompts: [[Int]]
  /// SHA-256 of what arms must share: `pairs`, `prompts` and `reference`.
  var hashes: [String: String]

  init(folder: URL, reference: ModelFolder, tokenizer: any Tokenizer) throws {
    let files = DataFiles(folder: folder)
    train = try readPairs(from: files.train, tokenizer: tokenizer)
    test = try readPairs(from: files.test, tokenizer: tokenizer)
    evaluationPrompts = try readPrompts(from: files.prompts)
    hashes = [
      "pairs": try sha256(ofFile: files.train), "prompts": try sha256(ofFile: files.prompts),
      "reference": try sha256(ofFile: reference.weights),
    ]
  }

  /// The prompts that PPO starts rollouts from: those of the training pairs, each once.
  var trainingPrompts: [[Int]] {
    var seen: Set<[Int]> = []
    return train.map(\.prompt).filter { seen.insert($0).inserted }
  }

  /// The completions of the training pairs, all drawn from the reference.
  var trainingCompletions: [TokenSequence] {
    train.flatMap { [$0.chosenSequence, $0.rejectedSequence] }
  }
}

/// Where the model of an interrupted cell is kept, from the folder that the cell was being written to.
package func interruptedFolder(of folder: URL) -> URL {
  let name = folder.lastPathComponent.trimmingPrefix(".").replacing(".partial", with: "")
  return folder.deletingLastPathComponent().appending(path: name + "-interrupted")
}
