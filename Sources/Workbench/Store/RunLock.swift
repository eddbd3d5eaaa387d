package import Foundation
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The exclusive right to write into a run folder, held until the value goes away.
///
/// The lock is the operating system's, so a killed process leaves none behind.
package struct RunLock: ~Copyable {
  private let descriptor: FileDescriptor

  /// Makes the folder where needed and locks it.
  ///
  /// - Throws: `RunStoreError.locked` where another process holds it.
  package init(folder: URL) throws {
    let opened: FileDescriptor
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      opened = try FileDescriptor.open(
        FilePath(folder.appending(path: ".lock").path), .readWrite,
        options: [.create, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch {
      throw RunStoreError.cannotCreate(path: folder.path, reason: plainReason(error))
    }
    guard flock(opened.rawValue, LOCK_EX | LOCK_NB) == 0 else {
      try? opened.close()
      throw RunStoreError.locked(path: folder.path)
    }
    descriptor = opened
  }

  /// Gives the folder free.
  package consuming func release() {}

  /// Unlocks before closing: a child that is just being spawned has the file open until its exec.
  deinit {
    _ = flock(descriptor.rawValue, LOCK_UN)
    try? descriptor.close()
  }
}
