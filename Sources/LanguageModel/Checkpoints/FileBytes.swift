import Foundation

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
