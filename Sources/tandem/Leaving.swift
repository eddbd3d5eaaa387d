import ArgumentParser
import Experiments
import Foundation

extension TandemCommand {
  /// Prints what went wrong in one sentence and exits with its documented code.
  static func leave(with error: any Error) -> Never {
    let code = exitCode(for: error)
    // The parser's own errors, --help and --version come out as ArgumentParser words them.
    let isParsers = code != .failure || error is ExitCode
    if isParsers { exit(withError: error) }
    writeError("tandem: \(sentence(for: error))")
    Foundation.exit(ExitStatus(for: error).rawValue)
  }
}

/// Writes a line to stderr.
func writeError(_ line: String) {
  FileHandle.standardError.write(Data((line + "\n").utf8))
}
