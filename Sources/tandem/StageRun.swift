import Foundation
import Reports
import Tasks
import Training
import Workbench

/// A single stage in its run folder, whose model lies in the folder itself as well, for other tools.
struct StageRun: Sendable {
  private let stage: SingleStage
  private let runner: ExperimentRunner
  private let seed: Int

  init(_ stage: SingleStage, _ runner: ExperimentRunner, seed: Int) {
    (self.stage, self.runner, self.seed) = (stage, runner, seed)
  }

  private var folder: URL { runner.store.folder }
  private var cell: Cell { stage.cell(seed: seed) }
  private var place: URL { runner.store.url(of: cell) }

  /// Throws unless the folder is new, empty, or holds this very run, which then continues.
  func requireFolder(replacing: Bool) throws {
    guard let earlier = try? runner.store.specification() else {
      return try ModelFolder(folder).requireWritable(replacing: replacing)
    }
    let isSame = try encodeRecord(earlier) == encodeRecord(runner.specification)
    guard isSame || replacing else {
      throw RunStoreError.cannotCreate(
        path: folder.path, reason: "it holds a run with other settings; --force replaces it")
    }
  }

  /// Trains what is not trained yet, leaves model and results in the folder, and sums up.
  func carryOut(jobs: Int, isQuiet: Bool) async throws -> StageDocument {
    let advice = "the model of the last whole step goes to \(folder.relativePath)"
    do {
      return try await Interruption.cancelling(advice: advice) {
        let manifest = try await recordingManifest(
          of: runner, command: CommandLine.arguments, jobs: jobs
        ) { try await runShowingProgress(runner, jobs: jobs, isQuiet: isQuiet) }
        try export(place.appending(path: "checkpoint"))
        try export("metrics.jsonl", of: place)
        try await writeReport(manifest)
        return try document()
      }
    } catch let interruption as CancellationError {
      let kept = interruptedFolder(of: place)
      if FileManager.default.fileExists(atPath: kept.path) { try export(kept) }
      throw interruption
    }
  }

  /// Throws where the training met a number that is not finite; its model is kept all the same.
  func requireNumbers() throws {
    guard case .diverged(let step) = try runner.store.record(of: cell).outcome else { return }
    throw NumericalFailure(stage: title, step: step, checkpoint: folder.path)
  }

  private var title: String {
    switch stage {
    case .sft: "SFT"
    case .reward: "the reward model"
    case .arm(let method, _): method.name.uppercased()
    }
  }

  private func writeReport(_ manifest: Manifest) async throws {
    let results = folder.appending(path: "results")
    try CellStore(folder: results).make()
    let records = try runner.records()
    let facts = try runner.specification.facts(
      task: runner.task, command: "tandem run \(folder.relativePath)/config.yaml")
    try CellStore(folder: results).write(manifest, as: "manifest.json")
    try await writeResults(summarize(records, facts: facts), cells: records, to: results)
  }

  private func document() throws -> StageDocument {
    let record = try runner.store.record(of: cell)
    return StageDocument(
      stage: stage.name, output: folder.relativePath,
      pairs: runner.task.labelledPairs?.train.count ?? 0, last: record.training.last,
      report: folder.appending(path: "results/report.html").relativePath)
  }

  /// Puts the files of a model into the run folder, without a second copy on disk where that can be.
  private func export(_ model: URL) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: model.path) {
      try export(name, of: model)
    }
  }

  private func export(_ name: String, of place: URL) throws {
    let (source, target) = (place.appending(path: name), folder.appending(path: name))
    try? FileManager.default.removeItem(at: target)
    do {
      try FileManager.default.linkItem(at: source, to: target)
    } catch {
      try FileManager.default.copyItem(at: source, to: target)
    }
  }
}

/// What a stage prints at its end.
struct StageDocument: Encodable {
  var schema = "tandem.stage/1"
  var stage, output: String
  var pairs: Int
  var last: MetricsRow?
  var report: String

  var text: String {
    let values = (last?.values ?? [:]).sorted { $0.key < $1.key }
      .map { padded("  \($0.key)", to: 34) + "\($0.value)" }
    let head = "\(stage) on \(pairs) pairs, \(last?.step ?? 0) steps: \(output)"
    return ([head] + values + ["report: \(report)"]).joined(separator: "\n")
  }
}
