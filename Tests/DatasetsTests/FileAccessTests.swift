import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct FileAccessTests {
  private let pairs = [
    TextPair(prompt: "Is 1/2 < 1?", chosen: " yes\n", rejected: " \u{E9} \"no\""),
    TextPair(prompt: "", chosen: "a", rejected: "a", rejectedComplete: false),
  ]

  @Test func linesHaveSortedKeysAndNothingEscapedNeedlessly() throws {
    try inTemporaryFolder { folder in
      let url = folder.appending(path: "train.jsonl")
      try writeJSONLines(pairs, to: url)
      let expected = #"""
        {"chosen":" yes\n","chosen_complete":true,"prompt":"Is 1/2 < 1?","rejected":" é \"no\"","rejected_complete":true}
        {"chosen":"a","chosen_complete":true,"prompt":"","rejected":"a","rejected_complete":false}

        """#
      #expect(try String(contentsOf: url, encoding: .utf8) == expected)
    }
  }

  @Test func whatIsWrittenIsReadBack() throws {
    try inTemporaryFolder { folder in
      let url = folder.appending(path: "train.jsonl")
      let pairs = self.pairs + [TextPair(prompt: "p", chosen: "a", rejected: "b", margin: 0.1)]
      try writeJSONLines(pairs, to: url)
      #expect(try PreferenceFile(contentsOf: url).pairs == pairs)
    }
  }

  @Test func anOldFileIsReplacedAndNothingIsLeftBeside() throws {
    try inTemporaryFolder { folder in
      let url = folder.appending(path: "train.jsonl")
      try writeJSONLines((0..<1_000).map { ["x": $0] }, to: url)
      try writeJSONLines(pairs, to: url)
      #expect(try PreferenceFile(contentsOf: url).pairs == pairs)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["train.jsonl"])
    }
  }

  @Test func aValueThatJSONCannotHoldLeavesTheOldFile() throws {
    try inTemporaryFolder { folder in
      let url = folder.appending(path: "values.jsonl")
      try writeJSONLines([["x": 1.5]], to: url)
      #expect(throws: DataError.self) { try writeJSONLines([["x": Double.nan]], to: url) }
      #expect(try String(contentsOf: url, encoding: .utf8) == "{\"x\":1.5}\n")
    }
  }

  @Test func aMissingFolderIsNamed() throws {
    let url = URL(filePath: "/nowhere/train.jsonl")
    let expected = DataError.unwritable(
      path: "/nowhere/train.jsonl", reason: "No such file or directory")
    #expect(throws: expected) { try writeJSONLines(pairs, to: url) }
    #expect("\(expected)" == "/nowhere/train.jsonl: cannot be written: No such file or directory")
  }
}
