import Datasets
import Foundation
import Tasks
import TestSupport
import Testing
import Tokenization
import Workbench

@Suite struct DataCellTests {
  /// A pair as a line of `train.jsonl` has it.
  private struct Line: Decodable {
    var prompt, chosen, rejected: String
    var prompt_tokens, chosen_tokens, rejected_tokens: [Int]
    var chosen_complete: Bool
  }

  private func lines(_ name: String, in folder: TemporaryFolder) throws -> [Line] {
    try folder.data("data/seed-1/" + name).split(separator: UInt8(ascii: "\n")).map {
      try JSONDecoder().decode(Line.self, from: $0)
    }
  }

  @Test func certainAnnotatorChoosesTheHigherGold() async throws {
    var specification = try oneSeed(2..<3)
    specification.data.annotator.labels = .argmax
    let folder = try await run(specification)
    let task = try makeTask(specification.task)
    let pairs = try lines("train.jsonl", in: folder)
    #expect(pairs.count > 20)
    for pair in pairs {
      func gold(_ completion: [Int]) -> Double {
        task.gold(TokenSequence(prompt: pair.prompt_tokens, completion: completion)).total
      }
      #expect(gold(pair.chosen_tokens) >= gold(pair.rejected_tokens))
      #expect(pair.chosen_tokens != pair.rejected_tokens)
    }
  }

  @Test func textOfAPairIsThatOfItsTokens() async throws {
    let specification = try oneSeed(2..<3)
    let folder = try await run(specification)
    let tokenizer = try makeTask(specification.task).tokenizer
    for pair in try lines("train.jsonl", in: folder) + lines("test.jsonl", in: folder) {
      #expect(pair.prompt == tokenizer.decode(pair.prompt_tokens))
      #expect(
        pair.prompt + pair.chosen == tokenizer.decode(pair.prompt_tokens + pair.chosen_tokens))
      #expect(pair.chosen_complete == (pair.chosen_tokens.last == tokenizer.endToken))
    }
  }

  @Test func otherToolsReadThePairsAsPlainPreferenceData() async throws {
    let folder = try await run(oneSeed(2..<3))
    let file = try PreferenceFile(
      contentsOf: folder.url.appending(path: "data/seed-1/train.jsonl"), emptyCompletions: .allowed)
    #expect(file.pairs.map(\.chosen) == (try lines("train.jsonl", in: folder)).map(\.chosen))
  }

  @Test func fourCompletionsGiveUpToSixPairsOfAPrompt() async throws {
    var specification = try oneSeed(2..<3)
    specification.data.completionsPerPrompt = 4
    let folder = try await run(specification)
    let pairs = try lines("train.jsonl", in: folder)
    #expect(pairs.count <= 64)
    // 64 pairs of at most six a prompt come from eleven prompts, of which the language has fewer kinds.
    #expect(pairs.count > 64 / 2)
    #expect(Set(pairs.prefix(6).map(\.prompt_tokens)).count <= 3)
  }

  @Test func flippedLabelsAreTurnedRoundAndNothingElseChanges() async throws {
    var specification = try oneSeed(2..<3)
    specification.data.annotator.labels = .argmax
    let honest = try lines("train.jsonl", in: await run(specification))
    specification.data.annotator.flipRate = 0.4
    let noisy = try lines("train.jsonl", in: await run(specification))
    #expect(honest.count == noisy.count)
    var turned = 0
    for (a, b) in zip(honest, noisy) {
      #expect(Set([a.chosen_tokens, a.rejected_tokens]) == [b.chosen_tokens, b.rejected_tokens])
      turned += a.chosen_tokens == b.rejected_tokens ? 1 : 0
    }
    // Binomial(64, 0.4) lies within 26 ± 16 but for one case in 30,000.
    #expect((10...42).contains(turned))
  }
}
