import Foundation
import Tasks
import Testing
import Tokenization

/// What the gold reward knows about single words, seen from outside.
@Suite struct ReviewLexiconTests {
  /// The sentiment term of a one-clause review with these words behind `is`, in units of tanh.
  private func sentiment(_ predicate: String, _ task: AspectReviews) throws -> Double {
    let tokens = try task.tokenizer.encode("the food is \(predicate) .")
    let gold = task.gold(TokenSequence(prompt: [], completion: tokens + [task.tokenizer.endToken]))
    return try #require(gold["sentiment"]) / 2
  }

  private func words(_ task: AspectReviews) -> [String] {
    (0..<task.tokenizer.vocabularySize).map { task.tokenizer.decode([$0]) }
  }

  @Test(arguments: [6, 48, 96])
  func adjectivesHaveEachValenceEquallyOften(count: Int) throws {
    var settings = AspectReviews.Settings()
    settings.adjectives = count
    let task = try AspectReviews(settings)
    var counts: [Int: Int] = [:]
    for word in words(task) where !word.isEmpty {
      let value = try sentiment(word, task)
      guard value != 0 else { continue }
      counts[Int((2 * atanh(value)).rounded()), default: 0] += 1
    }
    #expect(counts.keys.sorted() == [-3, -2, -1, 1, 2, 3])
    #expect(counts.values.allSatisfy { $0 == count / 6 })
  }

  @Test func eightIntensifiersSpanTheirRange() throws {
    let task = try AspectReviews()
    let intensities = try words(task).compactMap { word -> Double? in
      guard !word.isEmpty, word != "not" else { return nil }
      let value = try sentiment("\(word) good", task)
      let alone = try sentiment(word, task)
      // A word that is passed over leaves "good" alone; an adjective is read in its place.
      return alone != 0 || value == 0 || isClose(value, tanh(1)) ? nil : atanh(value)
    }.sorted()
    #expect(intensities.count == 8)
    #expect(isClose(try #require(intensities.first), 0.4))
    #expect(isClose(try #require(intensities.last), 1.6))
  }

  @Test func wordsComeBackFromTheirTokens() throws {
    let tokenizer = try AspectReviews().tokenizer
    let text = "the food is not very good but the wifi is awful ."
    #expect(tokenizer.decode(try tokenizer.encode(text)) == text)
  }
}
