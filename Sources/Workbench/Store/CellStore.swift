import Datasets
package import Foundation
import Yams

/// The files of a run folder, and which of its cells are finished.
///
/// A cell is written beside its place and moved there whole, with a file `DONE` in it that holds the
/// hash of what the cell was made from and of each of its files.
package struct CellStore: Sendable {
  /// The run folder.
  package let folder: URL

  /// The cells below a folder.
  package init(folder: URL) { self.folder = folder }

  /// Where a cell's files are.
  package func url(of cell: Cell) -> URL { folder.appending(path: cell.path) }

  /// Whether a cell is finished, was made from these inputs, and its files are as they were written.
  package func isFinished(_ cell: Cell, inputs: String) -> Bool {
    guard let seal = try? seal(of: cell), seal.inputs == inputs else { return false }
    return (try? hashes(in: url(of: cell))) == seal.files
  }

  /// Makes a cell: `body` fills a folder beside the cell's place, which then replaces it.
  package func write(_ cell: Cell, inputs: String, body: (URL) throws -> Void) throws {
    let place = url(of: cell)
    let draft = place.deletingLastPathComponent()
      .appending(path: ".\(place.lastPathComponent).partial")
    do {
      defer { try? FileManager.default.removeItem(at: draft) }
      try? FileManager.default.removeItem(at: draft)
      try FileManager.default.createDirectory(at: draft, withIntermediateDirectories: true)
      try body(draft)
      let seal = Seal(inputs: inputs, files: try hashes(in: draft))
      try encodeRecord(seal).write(to: draft.appending(path: Seal.fileName))
      try? FileManager.default.removeItem(at: place)
      try FileManager.default.moveItem(at: draft, to: place)
    } catch let error as CocoaError {
      throw RunStoreError.cannotWrite(path: place.path, reason: plainReason(error))
    }
  }

  /// The record of a finished cell.
  package func record(of cell: Cell) throws -> CellRecord {
    let file = url(of: cell).appending(path: "cell.json")
    guard let data = try? Data(contentsOf: file) else {
      throw RunStoreError.incomplete(path: folder.path, missing: [cell.path])
    }
    do {
      return try decodeRecord(CellRecord.self, from: data)
    } catch {
      throw RunStoreError.damaged(path: file.path, reason: "no cell record")
    }
  }

  /// Removes drafts that an interrupted process left behind.
  package func removeDrafts(of cells: [Cell]) {
    for cell in cells {
      let place = url(of: cell)
      let name = ".\(place.lastPathComponent).partial"
      try? FileManager.default.removeItem(
        at: place.deletingLastPathComponent().appending(path: name))
    }
  }

  private func seal(of cell: Cell) throws -> Seal {
    let file = url(of: cell).appending(path: Seal.fileName)
    return try decodeRecord(Seal.self, from: Data(contentsOf: file))
  }

  /// The SHA-256 of every file below a folder, by its path from there.
  private func hashes(in folder: URL) throws -> [String: String] {
    let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    var hashes: [String: String] = [:]
    for path in paths where path != Seal.fileName {
      let file = folder.appending(path: path)
      guard (try? file.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) != true else {
        continue
      }
      hashes[path] = try sha256(ofFile: file)
    }
    return hashes
  }
}

/// What `DONE` says of a finished cell.
private struct Seal: Codable {
  static let fileName = "DONE"
  /// The hash of the settings and cells that it was made from.
  var inputs: String
  /// The SHA-256 of its files.
  var files: [String: String]
}

extension CellStore {
  /// Writes the resolved specification as `config.yaml`.
  package func writeConfiguration(_ specification: ExperimentSpecification) throws {
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
  package func specification() throws -> ExperimentSpecification {
    let file = folder.appending(path: configurationName)
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw MissingInput(path: file.path, remedy: "name a folder that `tandem run` wrote")
    }
    return try ExperimentSpecification(contentsOf: file)
  }

  /// The records of a specification's cells that are there: references, reward models, arms.
  package func records(of specification: ExperimentSpecification) throws -> [CellRecord] {
    let stages =
      [Stage.sft] + (specification.needsRewardModel ? [.reward] : [])
      + (specification.needsReferee ? [.referee] : [])
      + specification.arms.map { .arm($0.slug) }
    let cells = specification.seeds.values.flatMap { seed in
      stages.filter { $0 != .sft || specification.referenceSeed(of: seed) == seed }
        .map { Cell(seed: seed, stage: $0) }
    }
    return try cells.map(record)
  }

  /// Writes a document beside the cells.
  package func write(_ document: some Encodable, as name: String) throws {
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
  package func make() throws {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw RunStoreError.cannotCreate(path: folder.path, reason: plainReason(error))
    }
  }

  /// Adds what cells took to `timings.json`.
  package func merge(_ timings: CellTimings) throws {
    let file = folder.appending(path: timingsName)
    let earlier = try? decodeRecord(CellTimings.self, from: Data(contentsOf: file))
    try write((earlier ?? [:]).merging(timings) { _, new in new }, as: timingsName)
  }
}

private let timingsName = "timings.json"
