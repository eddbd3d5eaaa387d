import Datasets
import Foundation
import LanguageModel
import Reports
import Tasks
import Testing
import Tokenization
import Training
import Workbench

@Suite struct ExitStatusTests {
  private static let place = SourceLocation(file: "e.yaml", line: 2)

  private static let broken = DataProblem(
    file: "pairs.jsonl", line: 3, what: "no JSON", remedy: "mend it")

  /// The table of design/formats.md.
  static let cases: [(any Error, Int32)] = [
    (SpecificationError.missingKey("arms", at: place), 78),
    (ConfigurationError.contradiction("a and b exclude one another"), 78),
    (TaskConfigurationError.outOfRange("words", "1", allowed: "3 to 26"), 78),
    (ModelError.impossibleConfiguration("no"), 78),
    (MissingInput(path: "x", remedy: "y"), 66), (DataError.unreadable(path: "x", reason: "y"), 66),
    (DataError.invalid(problems: [broken], omitted: 0), 65),
    (TokenizationError.unknownWord("w", position: 1), 65),
    (TokenizationError.inaccessibleFile(path: "x", reason: "denied"), 66),
    (CheckpointError.unreadable(file: "x", reason: "y"), 66),
    (CheckpointError.mismatch(file: "x", .missingTensor("t")), 65),
    (CheckpointError.unwritable(file: "x", reason: "y"), 74),
    (ComparisonError.noCommonSeed(["a", "b"]), 65), (FigureError.noGnuplot, 69),
    (NumericalFailure(stage: "DPO", step: 3, checkpoint: "x"), 70),
    (RunStoreError.locked(path: "x"), 73), (RunStoreError.cannotCreate(path: "x", reason: "y"), 73),
    (RunStoreError.cannotWrite(path: "x", reason: "y"), 74),
    (RunStoreError.damaged(path: "x", reason: "y"), 65),
    (RunStoreError.incomplete(path: "x", missing: ["y"]), 66), (CancellationError(), 75),
    (VocabularyMismatch(folder: "x", sizes: [1, 2]), 65), (MissingRoom(positions: 4), 65),
  ]

  @Test(arguments: cases.indices) func everyErrorHasItsDocumentedCode(index: Int) {
    let (error, code) = Self.cases[index]
    #expect(ExitStatus(for: error).rawValue == code, "\(error)")
  }

  @Test(arguments: cases.indices) func everyErrorIsASentence(index: Int) {
    let text = sentence(for: Self.cases[index].0)
    #expect(text.count > 4 && !text.contains("Error"))
  }

  @Test func foundationErrorsAreToldByTheirCause() throws {
    let error = #expect(throws: CocoaError.self) {
      try Data().write(to: URL(filePath: "/nowhere/at/all"))
    }
    let thrown = try #require(error)
    #expect(ExitStatus(for: thrown) == .inputOutput)
    #expect(!sentence(for: thrown).contains("Domain"))
  }
}
