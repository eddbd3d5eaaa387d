import Datasets
import Foundation
import LanguageModel
import Optimizers
import Tasks
import Tokenization
import Training

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

  /// The code for an error; those of this module and of modules above it say their own.
  package init(for error: any Error) {
    self =
      switch error {
      case is ConfigurationError, is TaskConfigurationError, is ModelError: .configuration
      case is CancellationError: .interrupted
      case is ScoringError: .data
      case let error as any ErrorWithExitStatus: error.exitStatus
      case let error as DataError: .init(for: error)
      case let error as TokenizationError: .init(for: error)
      case let error as CheckpointError: .init(for: error)
      case is CocoaError: .inputOutput
      default: .numericalFailure
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

/// An error that says itself with which code the command ends; where modules above this one throw.
package protocol ErrorWithExitStatus: Error {
  /// The code.
  var exitStatus: ExitStatus { get }
}

extension NumericalFailure: ErrorWithExitStatus {
  /// A numerical failure.
  package var exitStatus: ExitStatus { .numericalFailure }
}

extension RunStoreError: ErrorWithExitStatus {
  /// By what failed: making, writing, or reading what is there.
  package var exitStatus: ExitStatus {
    switch self {
    case .locked, .cannotCreate: .cannotCreate
    case .cannotWrite: .inputOutput
    case .damaged: .data
    case .incomplete: .missingInput
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
