import Datasets
import Foundation
import LanguageModel
import Tasks
import Tokenization
import Training

/// The exit codes of the command, those of sysexits.h where it has one.
public enum ExitStatus: Int32, Sendable, CaseIterable {
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
  public init(for error: any Error) {
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
      case .unwritable: .inputOutput
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

/// A single stage whose training met a number that is not finite.
public struct NumericalFailure: Error, Equatable, CustomStringConvertible {
  /// The stage.
  public var stage: String
  /// The step whose loss, reward or gradient was not finite.
  public var step: Int
  /// Where the model from before that step is.
  public var checkpoint: String

  /// A divergence of a stage.
  public init(stage: String, step: Int, checkpoint: String) {
    (self.stage, self.step, self.checkpoint) = (stage, step, checkpoint)
  }

  /// The sentence for people.
  public var description: String {
    "\(stage) diverged at step \(step): a loss, reward or gradient was not finite; lower the "
      + "learning rate. The model from before that step is in \(checkpoint)"
  }
}

/// The sentence for people about any error.
public func sentence(for error: any Error) -> String {
  switch error {
  case is CancellationError: "interrupted; what was finished is kept"
  case is CocoaError: plainReason(error)
  default: "\(error)"
  }
}
