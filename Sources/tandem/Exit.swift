import ArgumentParser
import Datasets
import Dispatch
import Evaluation
import Foundation
import LanguageModel
import Reports
import Tasks
import Tokenization
import Training
import Workbench

/// The exit codes of the command, those of sysexits.h where it has one.
package enum ExitStatus: Int32, Sendable, CaseIterable {
  /// All is done.
  case success = 0
  /// The command line makes no sense.
  case usage = 64
  /// A data file, checkpoint or tokenizer is not as it must be, or runs do not belong together.
  case data = 65
  /// A file or folder that was named is not there.
  case missingInput = 66
  /// A program that is needed is not installed.
  case missingTool = 69
  /// Training met a number that is not finite.
  case numericalFailure = 70
  /// The output cannot be made, or another process holds it.
  case cannotCreate = 73
  /// Reading or writing failed half-way.
  case inputOutput = 74
  /// Interrupted; the same command continues.
  case interrupted = 75
  /// A configuration is wrong.
  case configuration = 78

  /// The code for an error.
  package init(for error: any Error) {
    self =
      switch error {
      case is SpecificationError, is ConfigurationError, is TaskConfigurationError, is ModelError:
        .configuration
      case is MissingInput: .missingInput
      case is CancellationError: .interrupted
      case is ComparisonError, is VocabularyMismatch, is ForeignTokenizer, is MissingRoom: .data
      case is NumericalFailure: .numericalFailure
      case let error as RunStoreError: .init(for: error)
      case let error as DataError: .init(for: error)
      case let error as TokenizationError: .init(for: error)
      case let error as CheckpointError: .init(for: error)
      case let error as FigureError: error == .noGnuplot ? .missingTool : .numericalFailure
      case is CocoaError: .inputOutput
      default: .numericalFailure
      }
  }

  private init(for error: RunStoreError) {
    self =
      switch error {
      case .locked, .cannotCreate: .cannotCreate
      case .cannotWrite: .inputOutput
      case .damaged: .data
      case .incomplete: .missingInput
      }
  }

  private init(for error: DataError) {
    self =
      switch error {
      case .unreadable: .missingInput
      case .invalid: .data
      }
  }

  private init(for error: TokenizationError) {
    self =
      switch error {
      case .inaccessibleFile: .missingInput
      default: .data
      }
  }

  private init(for error: CheckpointError) {
    self =
      switch error {
      case .unreadable: .missingInput
      case .unwritable: .inputOutput
      default: .data
      }
  }
}

/// The sentence for people about any error.
package func sentence(for error: any Error) -> String {
  switch error {
  case is CancellationError: "interrupted; what was finished is kept"
  case is CocoaError: plainReason(error)
  default: "\(error)"
  }
}

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
