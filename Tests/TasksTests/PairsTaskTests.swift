import Datasets
import Foundation
import Tasks
import TestSupport
import Testing
import Tokenization

@Suite struct PairsTaskTests {
  private let folder: TemporaryFolder
  private let lines: [String]

  init() throws {
    folder = try TemporaryFolder()
    // Three lines a prompt, so that lines and prompts are not the same.
    lines = (0..<60).map { i in
      """
      {"prompt": "question \(i / 3)?", "chosen": " yes \(i)", "rejected": " no \(i)"}
      """
    }
  }

  private func task(
    _ lines: [String], named name: String = "p.jsonl",
    _ change: (inout PairsTask.Settings) -> Void = { _ in }
  ) throws -> PairsTask {
    let file = folder.url.appending(path: name)
    try Data(lines.joined(separator: "\n").utf8).write(to: file)
    var settings = PairsTask.Settings()
    settings.train = file.path
    change(&settings)
    return try settings.makeTask(tokenizer: BytePairEncoding(), maximumLength: nil)
  }

  private func parts(of task: PairsTask) throws -> [Set<[Int]>] {
    let pairs = try #require(task.labelledPairs)
    return [pairs.train, pairs.test, pairs.referee].map { Set($0.map(\.prompt)) }
  }

  @Test func aPromptIsInOnePartOnly() throws {
    let task = try task(lines)
    let parts = try parts(of: task)
    // A tenth and a fifth of twenty prompts.
    #expect(parts.map(\.count) == [14, 2, 4])
    #expect(parts[0].isDisjoint(with: parts[1]) && parts[0].isDisjoint(with: parts[2]))
    #expect(parts[1].isDisjoint(with: parts[2]))
    let pairs = try #require(task.labelledPairs)
    #expect(pairs.train.count + pairs.test.count + pairs.referee.count == 60)
  }

  @Test func theOrderOfTheLinesDecidesNothing() throws {
    let (first, second) = (try task(lines), try task(lines.reversed(), named: "q.jsonl"))
    #expect(try parts(of: first) == parts(of: second))
    #expect(first.labelledPairs?.fingerprint != second.labelledPairs?.fingerprint)
  }

  @Test func aTestFileIsHeldOutInsteadAndSharedPromptsAreSaid() throws {
    let test = folder.url.appending(path: "test.jsonl")
    try Data(lines[0].utf8).write(to: test)
    let task = try task(lines) { ($0.test, $0.referee) = (test.path, 0) }
    let pairs = try #require(task.labelledPairs)
    #expect(pairs.train.count == 60 && pairs.test.count == 1 && pairs.referee.isEmpty)
    #expect(pairs.notes.contains { $0.contains("1 pairs of the test file have a prompt") })
    #expect(task.judge == nil)
  }

  @Test func nothingIsJudgedWithoutAJudge() throws {
    let task = try task(lines) { $0.referee = 0 }
    let sequence = try #require(task.labelledPairs?.train.first?.chosenSequence)
    #expect(task.gold(sequence).total.isNaN)
    let judged = task.judged(by: LengthOfCompletion())
    #expect(try judged.golds(of: [sequence]).map(\.total) == [Double(sequence.completion.count)])
  }

  private struct LengthOfCompletion: RewardFunction {
    func rewards(of sequences: [TokenSequence]) -> [Double] {
      sequences.map { Double($0.completion.count) }
    }
  }

  @Test func aScoringCommandGetsTextAndGivesNumbers() throws {
    let command = ScoringCommand(
      "awk '{ print ($0 ~ /yes/) ? 1.5 : -2 }'", tokenizer: BytePairEncoding())
    let pairs = try #require(try task(lines).labelledPairs).train.prefix(2)
    let scores = try command.rewards(
      of: pairs.flatMap { [$0.chosenSequence, $0.rejectedSequence] })
    #expect(scores == [1.5, -2, 1.5, -2])
    #expect(try command.rewards(of: []) == [])
  }

  @Test(arguments: [
    ("exit 3", "status 3"), ("echo 1", "1 lines for 2"), ("echo a; echo 2", "is not a number"),
    ("echo nan; echo 2", "is not a number"),
  ])
  func whatAScoringCommandDoesWrongIsSaid(command: String, fragment: String) throws {
    let pairs = try #require(try task(lines).labelledPairs).train
    let error = #expect(throws: ScoringError.self) {
      try ScoringCommand("cat > /dev/null; " + command, tokenizer: BytePairEncoding())
        .rewards(of: [pairs[0].chosenSequence, pairs[0].rejectedSequence])
    }
    #expect(error.map { "\($0)".contains(fragment) } == true)
  }

  @Test func whatTheLengthLimitDoesIsSaid() throws {
    let answer = String(repeating: "y", count: 90)
    let long = #"{"prompt": "why?", "chosen": " \#(answer)", "rejected": " no"}"#
    let longer = long.replacing("why?", with: String(repeating: "why? ", count: 30))
    let task = try task(lines + [long, longer]) { ($0.maximumLength, $0.referee) = (40, 0) }
    let pairs = try #require(task.labelledPairs)
    #expect(pairs.train.count + pairs.test.count == 61)
    #expect((pairs.train + pairs.test).allSatisfy { $0.chosenSequence.tokens.count <= 40 })
    let notes = pairs.notes.joined(separator: "\n")
    #expect(notes.contains("1 of the 62 pairs of"))
    #expect(notes.contains("cut to a max_length of 40 tokens (lines 61)"))
    #expect(notes.contains("nothing to compare is within a max_length of 40 tokens: more"))
    #expect(notes.contains("keep them (lines 62)"))
    #expect(task.maximumCompletionLength <= 40)
  }

  @Test func sharesThatLeaveNothingAreRefused() throws {
    #expect(throws: TaskConfigurationError.self) {
      try TaskConfiguration(pairs: 0.6, referee: 0.5).validate()
    }
    #expect(throws: TaskConfigurationError.self) { try task(Array(lines.prefix(3))) }
  }
}

extension TaskConfiguration {
  fileprivate init(pairs heldOut: Double, referee: Double) {
    self.init()
    var settings = PairsTask.Settings()
    (settings.heldOut, settings.referee) = (heldOut, referee)
    pairs = settings
  }
}
