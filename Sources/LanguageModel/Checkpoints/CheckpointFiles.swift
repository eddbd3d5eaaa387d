import Foundation

/// Writes a folder so that a reader sees all of its files or none.
///
/// The files are written to a hidden sibling `.NAME.draft` and flushed to the disk; then the draft
/// takes the folder's name. A crash before that leaves the folder as it was. Where a folder is
/// replaced it steps aside to `.NAME.previous` first, hence a crash between the two renames leaves
/// it whole under that name. The next write clears away what a crash left behind.
struct AtomicFolder {
  private let folder: URL
  private let files: FileManager = .default

  init(_ folder: URL) {
    self.folder = folder.standardizedFileURL
  }

  private var draft: URL { sibling("draft") }
  private var previous: URL { sibling("previous") }

  private func sibling(_ role: String) -> URL {
    folder.deletingLastPathComponent().appending(
      path: ".\(folder.lastPathComponent).\(role)", directoryHint: .isDirectory)
  }

  private func removeIfPresent(_ url: URL) throws {
    if files.fileExists(atPath: url.path) { try files.removeItem(at: url) }
  }

  func write(_ contents: [String: [UInt8]]) throws(CheckpointError) {
    do {
      try files.createDirectory(
        at: folder.deletingLastPathComponent(), withIntermediateDirectories: true)
      try removeIfPresent(draft)
      try files.createDirectory(at: draft, withIntermediateDirectories: false)
      for (name, bytes) in contents.sorted(by: { $0.key < $1.key }) {
        try writeFlushed(bytes, to: draft.appending(path: name))
      }
      try flush(draft)
      try takePlace()
      try flush(folder.deletingLastPathComponent())
    } catch {
      throw .unwritable(file: folder.path, reason: systemReason(error))
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
      try removeIfPresent(previous)
      try files.moveItem(at: folder, to: previous)
    }
    try files.moveItem(at: draft, to: folder)
    try removeIfPresent(previous)
  }
}

/// What the system says about a failed file operation, without Foundation's preamble.
func systemReason(_ error: any Error) -> String {
  let outer = error as NSError
  let cause = outer.userInfo[NSUnderlyingErrorKey] as? NSError ?? outer
  return cause.localizedDescription.replacing("The operation could not be completed. ", with: "")
}

/// The bytes of a whole file, unless it could not lie in memory.
func fileBytes(_ url: URL) throws(CheckpointError) -> [UInt8] {
  do {
    let size = try url.resourceValues(forKeys: [.fileSizeKey, .isDirectoryKey])
    guard size.isDirectory != true else {
      throw CheckpointError.unreadable(file: url.path, reason: "it is a folder")
    }
    let memory = ProcessInfo.processInfo.physicalMemory
    guard UInt64(size.fileSize ?? 0) < memory else {
      throw CheckpointError.unreadable(
        file: url.path, reason: "its \(size.fileSize ?? 0) bytes do not fit a memory of \(memory)")
    }
    return Array(try Data(contentsOf: url))
  } catch let error as CheckpointError {
    throw error
  } catch {
    throw .unreadable(file: url.path, reason: systemReason(error))
  }
}

/// The number that bytes hold, the lowest byte first.
func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
  bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
}

/// The IEEE 754 single-precision numbers in a range of bytes.
func littleEndianFloats(_ bytes: [UInt8], in range: Range<Int>) -> [Float] {
  stride(from: range.lowerBound, to: range.upperBound, by: 4).map { i in
    let low = UInt32(bytes[i]) | UInt32(bytes[i + 1]) << 8
    let high = UInt32(bytes[i + 2]) << 16 | UInt32(bytes[i + 3]) << 24
    return Float(bitPattern: low | high)
  }
}
