import Foundation
import Subprocess
import SystemPackage

extension TandemProcess {
  /// Runs the command, does something to it once a file appears, and waits for its end.
  ///
  /// - Parameters:
  ///   - arguments: The command's words.
  ///   - file: The path that says that the command is at work, from the test's folder.
  ///   - action: Gets a function that sends the command a signal.
  /// - Returns: What the command left behind.
  /// - Throws: What `action` throws, and what keeps the command from running.
  func run(
    _ arguments: [String], untilFile file: String,
    then action: (_ send: (Signal) throws -> Void) async throws -> Void
  ) async throws -> CommandResult {
    let path = folder.appending(path: file).path
    let result = try await Subprocess.run(
      .path(Self.executable), arguments: Arguments(arguments),
      workingDirectory: FilePath(folder.path), input: .none, output: .string(limit: 1 << 20),
      error: .string(limit: 1 << 20)
    ) { execution in
      // A minute is far more than a cell needs; a test that waits longer has failed.
      for _ in 0..<1200 where !FileManager.default.fileExists(atPath: path) {
        try await Task.sleep(for: .milliseconds(50))
      }
      try await action { try execution.send(signal: $0) }
    }
    return CommandResult(result.terminationStatus, result.standardOutput, result.standardError)
  }

  /// Runs the command where no other program is to be found.
  func runWithoutTools(_ arguments: String...) async throws -> CommandResult {
    let result = try await Subprocess.run(
      .path(Self.executable), arguments: Arguments(arguments),
      environment: .inherit.updating(["PATH": "/nowhere"]),
      workingDirectory: FilePath(folder.path), output: .string(limit: 1 << 20),
      error: .string(limit: 1 << 20))
    return CommandResult(result.terminationStatus, result.standardOutput, result.standardError)
  }

  /// Whether a path is there.
  func has(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: folder.appending(path: path).path)
  }

  /// The JSON object that a text holds.
  static func object(_ text: String) throws -> [String: NSObject]? {
    try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: NSObject]
  }
}

extension CommandResult {
  /// The result of a process that ended by itself; a signal's death has the code −1.
  init(_ status: TerminationStatus, _ output: String, _ errors: String) {
    var code: Int32 = -1
    if case .exited(let exited) = status { code = exited }
    self.init(exitCode: code, output: output, errors: errors)
  }
}
