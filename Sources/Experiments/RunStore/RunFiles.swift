import Foundation
import Yams

extension CellStore {
  /// Writes the resolved specification as `config.yaml`.
  public func writeConfiguration(_ specification: ExperimentSpecification) throws {
    let head = "# Every setting of this run, defaults included.\n"
    let text = head + (try YAMLEncoder().encode(specification))
    let file = folder.appending(path: configurationName)
    do {
      try Data(text.utf8).write(to: file, options: .atomic)
    } catch {
      throw RunStoreError.cannotWrite(path: file.path, reason: plainReason(error))
    }
  }

  /// The specification that a run folder was made from.
  public func specification() throws -> ExperimentSpecification {
    let file = folder.appending(path: configurationName)
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw MissingInput(path: file.path, remedy: "name a folder that `tandem run` wrote")
    }
    return try ExperimentSpecification(contentsOf: file)
  }

  /// The records of a specification's cells that are there: references, reward models, arms.
  public func records(of specification: ExperimentSpecification) throws -> [CellRecord] {
    let stages =
      [Stage.sft] + (specification.needsRewardModel ? [.reward] : [])
      + specification.arms.map { .arm($0.slug) }
    let cells = specification.seeds.values.flatMap { seed in
      stages.filter { $0 != .sft || specification.referenceSeed(of: seed) == seed }
        .map { Cell(seed: seed, stage: $0) }
    }
    return try cells.map(record)
  }

  /// Writes a document beside the cells.
  public func write(_ document: some Encodable, as name: String) throws {
    let file = folder.appending(path: name)
    do {
      try encodeRecord(document).write(to: file, options: .atomic)
    } catch {
      throw RunStoreError.cannotWrite(path: file.path, reason: plainReason(error))
    }
  }
}

private let configurationName = "config.yaml"

extension CellStore {
  /// Makes the folder.
  public func make() throws {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw RunStoreError.cannotCreate(path: folder.path, reason: plainReason(error))
    }
  }

  /// Adds what cells took to `timings.json`.
  public func merge(_ timings: CellTimings) throws {
    let file = folder.appending(path: timingsName)
    let earlier = try? decodeRecord(CellTimings.self, from: Data(contentsOf: file))
    try write((earlier ?? [:]).merging(timings) { _, new in new }, as: timingsName)
  }
}

private let timingsName = "timings.json"
