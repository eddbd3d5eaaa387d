import Datasets
import Tasks
import Testing
import Tokenization

/// The reference text of the aspect reviews against the probabilities that the task states.
@Suite struct ReviewGrammarTests {
  private func reviews(
    count: Int, slipRate: Double = 0
  ) throws -> (task: AspectReviews, texts: [(prompt: [String], words: [String])]) {
    var settings = AspectReviews.Settings()
    settings.slipRate = slipRate
    let task = try AspectReviews(settings)
    let texts = task.demonstrations(count: count, seed: Seed(11)).map { text in
      (
        task.tokenizer.decode(text.prompt).split(separator: " ").map(String.init),
        task.tokenizer.decode(text.completion).split(separator: " ").map(String.init)
      )
    }
    return (task, texts)
  }

  @Test func withoutSlipsNoTextBreaksTheGrammar() throws {
    let task = try reviews(count: 1).task
    for text in try cleanTexts(count: 2000) where text.completion.count < 48 {
      let gold = task.gold(text)
      #expect(gold["grammar"] == 0)
    }
  }

  private func cleanTexts(count: Int) throws -> [TokenSequence] {
    var settings = AspectReviews.Settings()
    settings.slipRate = 0
    return try AspectReviews(settings).demonstrations(count: count, seed: Seed(12))
  }

  @Test func negationsAndIntensifiersComeAtTheirRates() throws {
    let words = try reviews(count: 3000).texts.flatMap(\.words)
    let clauses = words.count { $0 == "is" }
    let intensifiers: Set = [
      "barely", "slightly", "somewhat", "fairly", "quite", "very", "really", "extremely",
    ]
    #expect(agrees(words.count { $0 == "not" }, of: clauses, with: 0.12))
    #expect(agrees(words.count { intensifiers.contains($0) }, of: clauses, with: 0.3))
  }

  @Test func slipsComeAtTheirRateAndCostOneViolationEach() throws {
    var settings = AspectReviews.Settings()
    settings.slipRate = 0.04
    let task = try AspectReviews(settings)
    let texts = task.demonstrations(count: 4000, seed: Seed(13))
      .filter { $0.completion.count < 48 }
    let violations = texts.reduce(0) { sum, text in
      sum + Int(((task.gold(text)["grammar"] ?? 0) / -0.35).rounded())
    }
    // Every word but slips, periods and end tokens may have a slip behind it.
    let words = texts.reduce(0) { $0 + $1.completion.count - 2 } - violations
    #expect(agrees(violations, of: words, with: 0.04))
  }

  @Test func theFirstClauseNamesARequestedAspectAtItsRate() throws {
    let texts = try reviews(count: 4000).texts.filter { $0.prompt.count == 4 }
    // Two aspects requested: 0.8, and 2 of 24 of the rest.
    let hits = texts.count { $0.prompt[1...2].contains($0.words[1]) }
    #expect(agrees(hits, of: texts.count, with: 0.8 + 0.2 * 2 / 24))
  }

  @Test func anotherClauseFollowsAtItsRate() throws {
    let texts = try reviews(count: 6000).texts.filter { $0.prompt.count == 3 }
    let covered = texts.filter { $0.words[1] == $0.prompt[1] }
    let uncovered = texts.filter { $0.words[1] != $0.prompt[1] }
    func goesOn(_ words: [String]) -> Bool { words.contains("and") || words.contains("but") }
    #expect(agrees(covered.count { goesOn($0.words) }, of: covered.count, with: 0.25))
    #expect(agrees(uncovered.count { goesOn($0.words) }, of: uncovered.count, with: 0.75))
  }

  @Test func conjunctionsAgreeWithThePolarity() throws {
    let task = try reviews(count: 1).task
    var (agreeing, all) = (0, 0)
    for text in try reviews(count: 3000).texts {
      let conjunctions = text.words.filter { $0 == "and" || $0 == "but" }
      let clauses = text.words.dropLast().split { $0 == "and" || $0 == "but" }
      let polarities = try clauses.map { try sentiment(of: Array($0), task) > 0 }
      for (index, conjunction) in conjunctions.enumerated() where index + 1 < polarities.count {
        let stays = polarities[index] == polarities[index + 1]
        agreeing += (conjunction == "and") == stays ? 1 : 0
        all += 1
      }
    }
    #expect(agrees(agreeing, of: all, with: 0.9))
  }

  /// The sentiment term of a review of this one clause.
  private func sentiment(of clause: [String], _ task: AspectReviews) throws -> Double {
    let tokens = try task.tokenizer.encode(clause.joined(separator: " ") + " .")
    return task.gold(TokenSequence(prompt: [], completion: tokens))["sentiment"] ?? 0
  }

  @Test func moodMakesFirstAndSecondAdjectiveAgree() throws {
    // Two draws with the same hidden rate agree with probability 0.8² + 0.2².
    let task = try reviews(count: 1).task
    var (agreeing, all) = (0, 0)
    for text in try reviews(count: 4000).texts {
      let clauses = text.words.dropLast().split { $0 == "and" || $0 == "but" }
        .map { $0.filter { $0 != "not" } }
      guard clauses.count > 1, clauses.allSatisfy({ $0.count > 3 }) else { continue }
      let signs = try clauses.prefix(2).map { try sentiment(of: Array($0), task) > 0 }
      agreeing += signs[0] == signs[1] ? 1 : 0
      all += 1
    }
    #expect(agrees(agreeing, of: all, with: 0.68))
  }

  @Test func reviewsHaveThirteenTokensOnAverageAndKeepTheLimit() throws {
    let task = try AspectReviews()
    let texts = task.demonstrations(count: 4000, seed: Seed(14))
    let mean = Double(texts.reduce(0) { $0 + $1.completion.count }) / 4000
    #expect(abs(mean - 13) < 0.5)
    #expect(texts.allSatisfy { $0.completion.count <= task.maximumCompletionLength })
    for text in texts where !text.hasEnded(with: task.tokenizer.endToken) {
      #expect(text.completion.count == task.maximumCompletionLength)
    }
  }
}
