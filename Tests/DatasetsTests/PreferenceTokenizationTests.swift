import Datasets
import Foundation
import Testing
import Tokenization

@Suite struct PreferenceTokenizationTests {
  private let words = WordVocabulary(words: ["p", "a", "b", "c"])

  private func file(_ lines: String...) throws -> PreferenceFile {
    try PreferenceFile(Data(lines.joined(separator: "\n").utf8), name: "pairs.jsonl")
  }

  @Test func pairsBecomeTokens() throws {
    let file = try file(#"{"prompt": "p", "chosen": " a b", "rejected": " c"}"#)
    let pairs = try file.tokenized(by: words, maximumLength: 5)
    #expect(pairs == [PreferencePair(prompt: [1, 3], chosen: [4, 5, 2], rejected: [6, 2])])
  }

  @Test func theLimitCountsBeginAndEndToken() throws {
    let file = try file(
      #"{"prompt": "p", "chosen": " a", "rejected": " b"}"#,
      #"{"prompt": "p", "chosen": " a b", "rejected": " c"}"#)
    let problem = DataProblem(
      file: "pairs.jsonl", line: 2,
      what: "prompt and completion have 5 tokens, the model takes 4",
      remedy: "shorten the text, or use a model with more positions")
    #expect(throws: DataError.invalid(problems: [problem], omitted: 0)) {
      try file.tokenized(by: words, maximumLength: 4)
    }
  }

  @Test func everyUnknownWordIsListedWithItsLine() throws {
    let file = try file(
      #"{"prompt": "p", "chosen": " a x", "rejected": " b"}"#, "",
      #"{"prompt": "y", "chosen": " a", "rejected": " b"}"#)
    let error = #expect(throws: DataError.self) {
      try file.tokenized(by: words, maximumLength: 9)
    }
    let lines = "\(try #require(error))".split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines.first?.hasPrefix("pairs.jsonl:1: word 2, 'x', is not in the vocabulary") == true)
    #expect(lines.last?.hasPrefix("pairs.jsonl:3: word 1, 'y', is not in the vocabulary") == true)
  }

  @Test func completionsThatDifferInSpacesOnlyAreTheSame() throws {
    let file = try file(#"{"prompt": "p", "chosen": " a  b", "rejected": " a b"}"#)
    let error = #expect(throws: DataError.self) {
      try file.tokenized(by: words, maximumLength: 9)
    }
    #expect("\(try #require(error))".contains("pairs.jsonl:1: chosen and rejected have the same"))
  }

  @Test func longCompletionsAreCutAndPairsWithNothingToCompareAreLeftOut() throws {
    let file = try file(
      #"{"prompt": "p", "chosen": " a b", "rejected": " c"}"#,
      #"{"prompt": "p", "chosen": " a", "rejected": " b"}"#,
      #"{"prompt": "p p p p", "chosen": " a", "rejected": " b"}"#,
      #"{"prompt": "p", "chosen": " a b c", "rejected": " a b b"}"#)
    let cut = try file.tokenized(by: words, cutTo: 4)
    #expect(
      cut.pairs == [
        PreferencePair(prompt: [1, 3], chosen: [4, 5], rejected: [6, 2]),
        PreferencePair(prompt: [1, 3], chosen: [4, 2], rejected: [5, 2]),
      ])
    #expect(cut.linesCut == [1] && cut.linesLeftOut == [3, 4])
    let whole = try file.tokenized(by: words, cutTo: 9)
    #expect(whole.pairs.count == 4 && whole.linesCut.isEmpty && whole.linesLeftOut.isEmpty)
  }
}
