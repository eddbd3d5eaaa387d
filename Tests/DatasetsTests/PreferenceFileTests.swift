import Datasets
import Foundation
import Testing
import Tokenization

@Suite struct PreferenceFileTests {
  private static let good = #"{"prompt": "Sky is", "chosen": " blue.", "rejected": " green."}"#

  private static func withMargin(_ margin: String) -> String {
    good.replacing("}", with: ", \"margin\": \(margin)}")
  }

  private func problems(_ text: String) -> [DataProblem] {
    problems(Data(text.utf8))
  }

  private func problems(_ data: Data) -> [DataProblem] {
    do throws(DataError) {
      _ = try PreferenceFile(data, name: "pairs.jsonl")
      return []
    } catch .invalid(let problems, _) {
      return problems
    } catch {
      return []
    }
  }

  @Test func standardLinesAreRead() throws {
    let second = #"{"rejected": "b", "extra": [1, {"x": null}], "chosen": "a", "prompt": ""}"#
    let file = try PreferenceFile(Data("\(Self.good)\n\(second)\n".utf8), name: "x")
    let expected = [
      TextPair(prompt: "Sky is", chosen: " blue.", rejected: " green."),
      TextPair(prompt: "", chosen: "a", rejected: "b"),
    ]
    #expect(file.pairs == expected)
    #expect(file.lines == [1, 2])
  }

  /// TRL's loss takes any number, and a line may go without.
  @Test func marginsAreNumbersOfEitherSign() throws {
    let lines = ["1.5", "-2", "0", "1e-3"].map(Self.withMargin) + [Self.good]
    let file = try PreferenceFile(Data(lines.joined(separator: "\n").utf8), name: "x")
    #expect(file.pairs.map(\.margin) == [1.5, -2, 0, 1e-3, nil])
  }

  @Test func theImplicitPromptLeavesTheMargin() throws {
    let line = #"{"chosen": "the sky is blue", "rejected": "the sky is green", "margin": 2}"#
    let file = try PreferenceFile(Data(line.utf8), name: "x")
    let expected = TextPair(
      prompt: "the sky is", chosen: " blue", rejected: " green", margin: 2)
    #expect(file.pairs == [expected])
  }

  @Test(arguments: ["\n", "\r\n"])
  func lineEndsMayBeOfEitherKindAndBlankLinesAreSkipped(end: String) throws {
    let text = [Self.good, "", "  ", Self.good].joined(separator: end)
    let file = try PreferenceFile(Data(text.utf8), name: "x")
    #expect(file.pairs.count == 2)
    #expect(file.lines == [1, 4])
  }

  @Test func escapesAreThoseOfJSON() throws {
    let line =
      #"{"prompt": "\"\\\/\b\f\n\r\t", "chosen": "\u00e9\ud83d\ude00", "rejected": "\u0041"}"#
    let file = try PreferenceFile(Data(line.utf8), name: "x")
    let pair = try #require(file.pairs.first)
    #expect(pair.prompt == "\"\\/\u{8}\u{C}\n\r\t")
    #expect(pair.chosen == "\u{E9}\u{1F600}")
    #expect(pair.rejected == "A")
    // Foundation reads the same.
    #expect(try JSONDecoder().decode(TextPair.self, from: Data(line.utf8)) == pair)
  }

  /// Expected values are those of `extract_prompt` in TRL.
  @Test(arguments: [
    ("The sky is blue.", "The sky is green.", "The sky is", " blue.", " green."),
    (
      "Human: hi\n\nAssistant: yes", "Human: hi\n\nAssistant: no", "Human: hi\n\nAssistant:",
      " yes", " no"
    ),
    ("yes", "no", "", "yes", "no"),
    ("ab cd", "ab ce", "ab c", "d", "e"),
    ("same", "same but longer", "sam", "e", "e but longer"),
  ])
  func theImplicitPromptIsTheCommonPrefix(
    chosen: String, rejected: String, prompt: String, first: String, second: String
  ) throws {
    let line = try JSONEncoder().encode(["chosen": chosen, "rejected": rejected])
    let file = try PreferenceFile(line, name: "x")
    #expect(file.pairs == [TextPair(prompt: prompt, chosen: first, rejected: second)])
  }

  struct Fault: Sendable {
    var line: String
    var what: String
  }

  @Test(arguments: [
    Fault(line: #"{"prompt": "p", "chosen": " a", "rejec"#, what: "breaks off inside a string"),
    Fault(line: #"{"prompt": "p", "chosen": " a""#, what: "breaks off inside an object"),
    Fault(line: #"{"prompt": "p", "chosen": "#, what: "breaks off inside a value"),
    Fault(line: #"{"prompt": "p\"#, what: "breaks off inside a string"),
    Fault(line: #"{"prompt": "p\u00"#, what: "breaks off inside a string"),
    Fault(line: "[\(good)]", what: "byte 1 of the line: expected an object '{…}', found '['"),
    Fault(line: "\"text\"", what: "expected an object"),
    Fault(line: good + ",", what: "expected the end of the line, found ','"),
    Fault(line: good + good, what: "expected the end of the line, found '{'"),
    Fault(line: #"{"prompt" "p"}"#, what: "byte 11 of the line: expected ':', found '\"'"),
    Fault(line: #"{"prompt": "p" "chosen": ""}"#, what: "expected ',' or '}', found '\"'"),
    Fault(line: #"{"prompt": "p",}"#, what: "expected a key in double quotes, found '}'"),
    Fault(line: #"{prompt: "p"}"#, what: "expected a key in double quotes, found 'p'"),
    Fault(line: #"{"prompt": 'p'}"#, what: "byte 12 of the line: expected a value, found '''"),
    Fault(line: #"{"prompt": NaN}"#, what: "expected a value, found 'N'"),
    Fault(line: #"{"prompt": 01}"#, what: "expected a value, found '0'"),
    Fault(line: #"{"prompt": "\x"}"#, what: "expected an escape, found 'x'"),
    Fault(line: #"{"prompt": "\u12g4"}"#, what: "expected four hexadecimal digits"),
    Fault(line: #"{"prompt": "\u+123"}"#, what: "expected four hexadecimal digits"),
    Fault(line: #"{"prompt": "\ud800"}"#, what: "half a surrogate pair"),
    Fault(line: #"{"prompt": "\ud800\u0041"}"#, what: "half a surrogate pair"),
    Fault(line: "{\"prompt\": \"a\tb\"}", what: "control character stands bare"),
    Fault(line: #"{"prompt": "p", "prompt": "q"}"#, what: "the key 'prompt' appears twice"),
    Fault(
      line: #"{"x": "# + String(repeating: "[", count: 100_000), what: "nested more than 64 deep"),
    Fault(line: #"{"prompt": "p", "chosen": " a"}"#, what: "'rejected' is missing; the line has"),
    Fault(line: "{}", what: "the key 'chosen' is missing; the line has no keys"),
    Fault(line: good.replacing("\" blue.\"", with: "1"), what: "'chosen' is a number, not a str"),
    Fault(line: good.replacing("\" blue.\"", with: "null"), what: "'chosen' is null"),
    Fault(line: good.replacing("\" blue.\"", with: "-1.5e3"), what: "'chosen' is a number"),
    Fault(line: good.replacing("\" blue.\"", with: "{}"), what: "'chosen' is an object"),
    Fault(line: good.replacing("\"Sky is\"", with: "true"), what: "'prompt' is true or false"),
    Fault(
      line: good.replacing("\" blue.\"", with: #"[{"role": "assistant", "content": "x"}]"#),
      what: "'chosen' is a list: conversations are not read"),
    Fault(
      line: good.replacing("}", with: #", "chosen_complete": "no"}"#),
      what: "'chosen_complete' is a string, not true or false"),
    Fault(line: withMargin(#""1""#), what: "'margin' is a string, not a number"),
    Fault(line: withMargin("null"), what: "'margin' is null, not a number"),
    Fault(line: withMargin("true"), what: "'margin' is true or false, not a number"),
    Fault(line: withMargin("1e39"), what: "'margin' is too large for 32 bits"),
    Fault(line: withMargin("-1e999"), what: "'margin' is too large for 32 bits"),
    Fault(line: good.replacing(" blue.", with: ""), what: "'chosen' is empty"),
    Fault(line: good.replacing(" green.", with: ""), what: "'rejected' is empty"),
    Fault(line: good.replacing(" green.", with: " blue."), what: "chosen and rejected are the sam"),
    Fault(line: #"{"chosen": "a", "rejected": "b"}"#, what: "no prompt, unlike line 1"),
  ])
  func aFaultyLineIsNamedWithItsPlace(fault: Fault) throws {
    let found = problems("\(Self.good)\n\n\(fault.line)\n\(Self.good)")
    let problem = try #require(found.first)
    #expect(problem.file == "pairs.jsonl")
    #expect(problem.line == 3)
    #expect(problem.what.contains(fault.what), "\(problem)")
    #expect(!problem.remedy.isEmpty)
    #expect("\(problem)".hasPrefix("pairs.jsonl:3: "))
  }

  @Test(arguments: [
    ("0", true), ("-0", true), ("10", true), ("-1.50", true), ("2e8", true), ("0.1E-07", true),
    ("1e+2", true), ("-", false), ("+1", false), ("01", false), (".5", false), ("1.", false),
    ("1.e2", false), ("1e", false), ("1e+", false), ("1e2.5", false), ("--1", false),
    ("Infinity", false), ("tru", false), ("nulll", false),
  ])
  func numbersAreThoseOfJSON(number: String, isValid: Bool) {
    let line = Self.good.replacing("}", with: ", \"score\": [\(number)]}")
    #expect(problems(line).isEmpty == isValid)
  }

  @Test func invalidUTF8IsNamedWithItsByte() {
    let data = Data("\(Self.good)\n{\"".utf8) + [0xC3, 0x28] + Data("\"}".utf8)
    #expect(problems(data).map(\.line) == [2])
    #expect(problems(data).first?.what == "invalid UTF-8 at byte 3 of the line")
  }

  @Test func aByteOrderMarkIsRefusedAndTheRestStillRead() {
    let data = Data([0xEF, 0xBB, 0xBF]) + Data("\(Self.good)\n{}".utf8)
    #expect(problems(data).map(\.line) == [1, 2, 2])
    #expect(problems(data).first?.what == "the file begins with a byte order mark")
  }

  @Test(arguments: ["", "\n", "  \r\n\n"])
  func aFileWithoutPairsIsRefused(text: String) {
    #expect(problems(text).map(\.description).first?.hasPrefix("pairs.jsonl: the file hol") == true)
  }

  @Test func everyProblemIsListedUpToTwenty() throws {
    let lines = (1...30).map { $0 % 2 == 0 ? Self.good : #"{"prompt": 1}"# }
    let error = #expect(throws: DataError.self) {
      try PreferenceFile(Data(lines.joined(separator: "\n").utf8), name: "pairs.jsonl")
    }
    // 15 faulty lines of three problems each: prompt is a number, chosen and rejected are missing.
    guard case .invalid(let problems, let omitted) = error else {
      Issue.record("expected a list of problems, not \(String(describing: error))")
      return
    }
    #expect(problems.count == 20)
    #expect(omitted == 25)
    #expect(problems.map(\.line) == (0..<20).map { 1 + $0 / 3 * 2 })
    let message = "\(try #require(error))".split(separator: "\n")
    #expect(message.count == 21)
    #expect(message.last == "and 25 more")
  }

  @Test func emptyCompletionsAreReadWhereTheTaskAllowsThem() throws {
    let line = #"{"prompt": "", "chosen": "", "rejected": "a"}"#
    let file = try PreferenceFile(Data(line.utf8), name: "x", emptyCompletions: .allowed)
    #expect(file.pairs == [TextPair(prompt: "", chosen: "", rejected: "a")])
    let unfinished = line.replacing("}", with: #", "chosen_complete": false}"#)
    #expect(throws: DataError.self) {
      try PreferenceFile(Data(unfinished.utf8), name: "x", emptyCompletions: .allowed)
    }
  }

  @Test func theSameTextOnceEndedAndOnceCutOffMakesAPair() throws {
    let line = #"{"prompt": "", "chosen": "a", "rejected": "a", "rejected_complete": false}"#
    let file = try PreferenceFile(Data(line.utf8), name: "x")
    #expect(file.pairs.count == 1)
  }

  @Test func aMissingFileIsUnreadable() {
    #expect(
      throws: DataError.unreadable(path: "/nowhere/x", reason: "No such file or directory")
    ) {
      try PreferenceFile(contentsOf: URL(filePath: "/nowhere/x"))
    }
    #expect(throws: DataError.unreadable(path: "/", reason: "Is a directory")) {
      try PreferenceFile(contentsOf: URL(filePath: "/"))
    }
  }
}
