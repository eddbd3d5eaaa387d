import Datasets
import Foundation
import Tasks
import TestSupport
import Testing
import Tokenization

/// Pieces for every letter and a few words, in the layout of llama2.c.
private func pieces() throws -> PieceEncoding {
  let bytes = (0..<256).map {
    "<0x" + String($0 + 256, radix: 16, uppercase: true).dropFirst() + ">"
  }
  let letters = " .,abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".map(String.init)
  let names = ["<unk>", "<s>", "</s>"] + bytes + letters
  func word(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
  let entries = names.flatMap { word(0) + word(UInt32($0.utf8.count)) + Array($0.utf8) }
  return try inTemporaryFolder { folder in
    let file = folder.appending(path: "tok512.bin")
    try Data(word(8) + entries).write(to: file)
    return try readPieces(from: file)
  }
}

@Suite struct StoriesTests {
  private func gold(_ text: String, tokens: Int? = nil) throws -> GoldReward {
    let pieces = try pieces()
    var completion = pieces.encode(text)
    if let tokens { completion += Array(repeating: 0, count: tokens - completion.count) }
    return Stories(pieces: pieces).gold(TokenSequence(prompt: [1], completion: completion))
  }

  @Test func distinctWordsCountByTheLength() throws {
    // happy, smiled and friend; sad: 40·(3 − 1)/64.
    let reward = try gold(" The happy dog smiled. He was sad, a happy friend.", tokens: 64)
    #expect(reward["happy"] == 40 * 3.0 / 64)
    #expect(reward["unhappy"] == -40 * 1.0 / 64)
    #expect(reward.total == 1.25)
  }

  @Test func shortTextsAreDividedByThirtyTwo() throws {
    #expect(try gold(" happy").total == 40.0 / 32)
    #expect(try gold(" happy", tokens: 32).total == 40.0 / 32)
    #expect(try gold(" happy", tokens: 40).total == 1)
    #expect(try gold("").total == 0)
  }

  @Test func repeatedWordsAndThePromptGainNothing() throws {
    #expect(try gold(" happy happy HAPPY", tokens: 64).total == gold(" happy", tokens: 64).total)
    let pieces = try pieces()
    let sequence = TokenSequence(prompt: pieces.encodePrompt("happy"), completion: [1])
    #expect(Stories(pieces: pieces).gold(sequence).total == 0)
  }

  @Test func wordsAreWholeWords() throws {
    // "badge" and "sadness" are not in a list, "kind" with a comma is.
    #expect(try gold(" badge sadness", tokens: 32).total == 0)
    #expect(try gold(" kind, x", tokens: 32).total == 1.25)
  }

  @Test func promptsAreFirstSentencesOfDisjointSplits() throws {
    let pieces = try pieces()
    let task = Stories(pieces: pieces)
    let texts = Dictionary(
      uniqueKeysWithValues: task.supportedSplits.map { split in
        (split, task.prompts(count: 400, split: split, seed: Seed(1)).map(pieces.decode))
      })
    let kinds = texts.mapValues { lines in
      Set(lines.map { $0.split(separator: " ").dropLast(2).suffix(2).joined(separator: " ") })
    }
    #expect(kinds[.train, default: []].isDisjoint(with: kinds[.test, default: []]))
    #expect(kinds[.train, default: []].count > 60 && kinds[.test, default: []].count > 15)
    #expect(texts[.test, default: []].allSatisfy { $0.hasSuffix(".") && $0.contains(" named ") })
    #expect(
      task.prompts(count: 3, split: .test, seed: Seed(1))
        == Array(task.prompts(count: 9, split: .test, seed: Seed(1)).prefix(3)))
    #expect(
      task.prompts(count: 9, split: .test, seed: Seed(2))
        != task.prompts(count: 9, split: .test, seed: Seed(1)))
  }

  @Test func aMissingFileIsNamedWithTheCommandThatBringsIt() {
    var configuration = TaskConfiguration(name: .stories)
    configuration.dataFolder = "/nowhere"
    let error = #expect(throws: DataError.self) { try makeTask(configuration) }
    let text = error.map { "\($0)" } ?? ""
    #expect(text.contains("/nowhere/tok512.bin") && text.contains("make stories FILE="))
  }

  @Test func theCacheFolderFollowsTheEnvironment() {
    #expect(Stories.cacheFolder(environment: ["XDG_CACHE_HOME": "/c"]).path == "/c/tandem/stories")
    #expect(Stories.cacheFolder(environment: ["HOME": "/h"]).path == "/h/.cache/tandem/stories")
  }
}
