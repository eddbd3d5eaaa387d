import Datasets
public import Foundation

/// The files of a run folder, and which of its cells are finished.
///
/// A cell is written beside its place and moved there whole, with a file `DONE` in it that holds the
/// hash of what the cell was made from and of each of its files.
public struct CellStore: Sendable {
  /// The run folder.
  public let folder: URL

  /// The cells below a folder.
  public init(folder: URL) { self.folder = folder }

  /// Where a cell's files are.
  public func url(of cell: Cell) -> URL { folder.appending(path: cell.path) }

  /// Whether a cell is finished, was made from these inputs, and its files are as they were written.
  public func isFinished(_ cell: Cell, inputs: String) -> Bool {
    guard let seal = try? seal(of: cell), seal.inputs == inputs else { return false }
    return (try? hashes(in: url(of: cell))) == seal.files
  }

  /// Makes a cell: `body` fills a folder beside the cell's place, which then replaces it.
  public func write(_ cell: Cell, inputs: String, body: (URL) throws -> Void) throws {
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
  public func record(of cell: Cell) throws -> CellRecord {
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
  public func removeDrafts(of cells: [Cell]) {
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
