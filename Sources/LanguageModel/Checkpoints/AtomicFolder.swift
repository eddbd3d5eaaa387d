import Foundation

/// Writes a folder so that a reader sees all of its files or none.
///
/// The files are written to a hidden sibling and flushed to the disk; then the sibling takes the
/// folder's name. A crash in between leaves the folder as it was, and the sibling, which the next
/// write clears away.
struct AtomicFolder {
  private let folder: URL
  private let files: FileManager = .default

  init(_ folder: URL) {
    self.folder = folder.standardizedFileURL
  }

  private var draft: URL {
    folder.deletingLastPathComponent().appending(
      path: ".\(folder.lastPathComponent).draft", directoryHint: .isDirectory)
  }

  func write(_ contents: [String: [UInt8]]) throws(CheckpointError) {
    do {
      try files.createDirectory(
        at: folder.deletingLastPathComponent(), withIntermediateDirectories: true)
      if files.fileExists(atPath: draft.path) { try files.removeItem(at: draft) }
      try files.createDirectory(at: draft, withIntermediateDirectories: false)
      for (name, bytes) in contents.sorted(by: { $0.key < $1.key }) {
        try writeFlushed(bytes, to: draft.appending(path: name))
      }
      try flush(draft)
      try takePlace()
      try flush(folder.deletingLastPathComponent())
    } catch {
      throw .unwritable(file: folder.path, reason: error.localizedDescription)
    }
  }

  private func writeFlushed(_ bytes: [UInt8], to file: URL) throws {
    try Data(bytes).write(to: file)
    let handle = try FileHandle(forUpdating: file)
    defer { try? handle.close() }
    try handle.synchronize()
  }

  /// Flushes a folder's list of names, so that a rename outlives a power failure.
  private func flush(_ folder: URL) throws {
    let handle = try FileHandle(forReadingFrom: folder)
    defer { try? handle.close() }
    try handle.synchronize()
  }

  private func takePlace() throws {
    if files.fileExists(atPath: folder.path) {
      _ = try files.replaceItemAt(folder, withItemAt: draft)
    } else {
      try files.moveItem(at: draft, to: folder)
    }
  }
}
