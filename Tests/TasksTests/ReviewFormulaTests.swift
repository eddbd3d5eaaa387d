import Datasets
import Foundation
import Tasks
import Testing
import Tokenization

/// The gold of sound reviews, read a second time with string operations instead of the parser.
@Suite struct ReviewFormulaTests {
  static let intensities = [
    "barely": 0.4, "slightly": 0.5, "somewhat": 0.7, "fairly": 0.8, "quite": 1.1, "very": 1.3,
    "really": 1.4, "extremely": 1.6,
  ]
  static let valences = [
    "superb": 3, "good": 2, "decent": 1, "plain": -1, "bad": -2, "awful": -3,
  ]

  /// A task with one adjective of each valence.
  private func smallTask() throws -> AspectReviews {
    var settings = AspectReviews.Settings()
    settings.adjectives = 6
    settings.slipRate = 0
    return try AspectReviews(settings)
  }

  /// The formula of the task, for a review that keeps the grammar.
  private func formula(prompt: String, review: String) throws -> Double {
    let requested = Set(prompt.split(separator: " ").dropFirst().dropLast().map(String.init))
    let text = review.dropLast(2).replacingOccurrences(of: " but ", with: " and ")
    var sentiments: [String: Double] = [:]
    var repetitions = 0.0
    for clause in text.components(separatedBy: " and ") {
      let words = clause.split(separator: " ").map(String.init)
      let sign = words.contains("not") ? -0.7 : 1
      let intensity = words.compactMap { Self.intensities[$0] }.first ?? 1
      let valence = Double(try #require(Self.valences[words[words.count - 1]]))
      if sentiments[words[1]] != nil { repetitions += 1 }
      sentiments[words[1], default: tanh(valence * intensity * sign / 2)] += 0
    }
    let covered = Double(requested.intersection(sentiments.keys).count)
    let mean = sentiments.values.reduce(0, +) / Double(sentiments.count)
    let length = Double(review.split(separator: " ").count)
    return 2 * covered / Double(requested.count) + 2 * mean - 0.06 * max(0, length - 18)
      - 0.5 * repetitions
  }

  @Test func bothReadingsAgreeOnTheReferenceText() throws {
    let task = try smallTask()
    let texts = task.demonstrations(count: 3000, seed: Seed(51)).filter { $0.completion.count < 48 }
    #expect(texts.count > 2900)
    for text in texts {
      let review = task.tokenizer.decode(text.completion)
      let expected = try formula(prompt: task.tokenizer.decode(text.prompt), review: review)
      #expect(isClose(task.gold(text).total, expected), "\(review)")
    }
  }

  @Test func noReviewOfTwoClausesSurpassesTheBest() throws {
    let task = try smallTask()
    let tokenizer = task.tokenizer
    let prompt = [tokenizer.beginToken] + (try tokenizer.encode("hotel food view :"))
    let predicates = ["", "not "].flatMap { negation in
      ([""] + Self.intensities.keys.sorted().map { $0 + " " }).flatMap { adverb in
        Self.valences.keys.sorted().map { negation + adverb + $0 }
      }
    }
    let clauses = try ["food", "view", "menu"].flatMap { aspect in
      try predicates.map { try tokenizer.encode("the \(aspect) is \($0)") }
    }
    let and = try tokenizer.encode("and")
    let end = try tokenizer.encode(".") + [tokenizer.endToken]
    var highest = -Double.infinity
    for first in clauses {
      highest = max(highest, gold(prompt, first + end, task))
      for second in clauses {
        highest = max(highest, gold(prompt, first + and + second + end, task))
      }
    }
    let best = task.bestCompletion(for: prompt)
    #expect(isClose(task.gold(best).total, highest))
  }

  private func gold(_ prompt: [Int], _ completion: [Int], _ task: AspectReviews) -> Double {
    task.gold(TokenSequence(prompt: prompt, completion: completion)).total
  }
}
