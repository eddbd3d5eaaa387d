import ArgumentParser
import Dispatch
import Foundation
import Workbench

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

/// Turns Ctrl-C and SIGTERM into a cancelled task, and a second one into an immediate end.
struct Interruption {
  /// How long cells may take to reach a step at which they can stop.
  private static let patience = DispatchTimeInterval.milliseconds(4000)

  /// Runs work that the first signal cancels.
  ///
  /// Finished cells are on disk whole at any moment, so work that does not stop in time is left.
  ///
  /// - Parameters:
  ///   - advice: What to say about continuing.
  ///   - work: Ends with `CancellationError` when it is cancelled.
  /// - Returns: What the work returns.
  /// - Throws: What the work throws.
  static func cancelling<Result: Sendable>(
    advice: String, _ work: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    let task = Task { try await work() }
    let sources = [(SIGINT, "interrupted"), (SIGTERM, "asked to stop")].map { number, reason in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(
        signal: number, queue: DispatchQueue(label: "tandem.signal.\(number)"))
      source.setEventHandler {
        if task.isCancelled { Foundation.exit(128 + number) }
        task.cancel()
        writeError("\ntandem: \(reason); \(advice)")
        DispatchQueue.global().asyncAfter(deadline: .now() + patience) {
          Foundation.exit(ExitStatus.interrupted.rawValue)
        }
      }
      source.resume()
      return source
    }
    defer { for source in sources { source.cancel() } }
    return try await task.value
  }
}
