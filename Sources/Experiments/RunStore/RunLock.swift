public import Foundation
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The exclusive right to write into a run folder, held until the value goes away.
///
/// The lock is the operating system's, so a killed process leaves none behind.
public struct RunLock: ~Copyable {
  private let descriptor: FileDescriptor

  /// Makes the folder where needed and locks it.
  ///
  /// - Throws: `RunStoreError.locked` where another process holds it.
  public init(folder: URL) throws {
    let path = folder.appending(path: ".lock").path
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      descriptor = try FileDescriptor.open(
        FilePath(path), .readWrite, options: [.create, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch {
      throw RunStoreError.cannotCreate(path: folder.path, reason: plainReason(error))
    }
    guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else {
      try? descriptor.close()
      throw RunStoreError.locked(path: folder.path)
    }
  }

  deinit { try? descriptor.close() }
}

/// What a system or Foundation error says, without domain and code.
func plainReason(_ error: any Error) -> String {
  if let errno = error as? Errno { return errno.description }
  if let cocoa = error as? CocoaError,
    let cause = cocoa.userInfo[NSUnderlyingErrorKey] as? any Error
  {
    return plainReason(cause)
  }
  return error.localizedDescription
}
