import Datasets
import Foundation
import Tasks
import Testing
import Tokenization

/// Golds worked out by hand from the formula of the task.
@Suite struct AspectReviewsGoldTests {
  let task: AspectReviews

  init() throws { task = try AspectReviews() }

  private func terms(_ prompt: String, _ review: String, ended: Bool = true) throws -> [Double] {
    try task.gold(sequence(prompt, review, ended: ended)).terms.map(\.value)
  }

  private func sequence(
    _ prompt: String, _ review: String, ended: Bool = true
  ) throws -> TokenSequence {
    let tokenizer = task.tokenizer
    return TokenSequence(
      prompt: [tokenizer.beginToken] + (try tokenizer.encode(prompt)),
      completion: try tokenizer.encode(review) + (ended ? [tokenizer.endToken] : []))
  }

  @Test func oneClauseAboutTheRequestedAspect() throws {
    // "superb" has valence 3 and "very" intensity 1.3.
    let found = try terms("hotel : food :", "the food is very superb .")
    #expect(isClose(found, [2, 2 * tanh(3 * 1.3 / 2), 0, 0, 0]))
  }

  @Test func negationTurnsTheValenceAndWeakensIt() throws {
    let found = try terms("hotel food view :", "the food is not bad but the view is not fine .")
    let mean = (tanh(-2 * -0.7 / 2) + tanh(1 * -0.7 / 2)) / 2
    #expect(isClose(found, [2, 2 * mean, 0, 0, 0]))
  }

  @Test func sentimentIsTheMeanOverAllAspectsNamed() throws {
    let found = try terms("cafe menu staff :", "the menu is good and the garden is awful .")
    #expect(isClose(found, [1, tanh(1) + tanh(-1.5), 0, 0, 0]))
  }

  @Test func anAspectNamedTwiceCountsWithItsFirstClause() throws {
    let found = try terms(
      "cafe menu :", "the menu is good and the menu is superb and the menu is superb .")
    #expect(isClose(found, [2, 2 * tanh(1), 0, -1, 0]))
  }

  @Test func wordsPastEighteenCost() throws {
    let clause = "is not really good"
    let review = ["food", "view", "menu", "staff"].map { "the \($0) \(clause)" }
    // Four clauses of 6 words, three conjunctions and the period are 28 words.
    let found = try terms("cafe food view menu :", review.joined(separator: " and ") + " .")
    #expect(isClose(found, [2, 2 * tanh(2 * 1.4 * -0.7 / 2), -0.06 * 10, 0, 0]))
    let shorter = try terms(
      "cafe food :", "the food is good and the view is fine and the menu is odd .")
    #expect(shorter[2] == 0)
  }

  /// Each breach of the grammar with the number of violations that the parser's definition gives.
  @Test(arguments: [
    ("the food is good .", 0),
    ("the food food is good .", 1), ("the the food is good .", 1), ("the food is is good .", 1),
    ("the food is very very good .", 1), ("the food is good good .", 1),
    ("the food is not not good .", 1), ("um the food is good .", 1), ("the food is good um .", 1),
    ("the food is good and and the view is fine .", 1), ("the food is good and .", 1),
    ("the food is .", 1), ("the food and the view is fine .", 1), ("the hotel is good .", 2),
    ("the food is very not good .", 1), ("the food is good", 1), ("the food is good . .", 1),
    ("the food is good . the view is fine .", 5), (".", 1), ("", 1), ("good", 2), (": : :", 4),
  ])
  func violationsAreCountedAsDefined(review: String, violations: Int) throws {
    let found = try terms("hotel food :", review)
    #expect(isClose(found[4], -0.35 * Double(violations)))
  }

  @Test func aReviewWithoutItsEndTokenHasOneViolationMore() throws {
    #expect(try terms("hotel food :", "the food is good .", ended: false)[4] == -0.35)
    #expect(try terms("hotel food :", "the food is good", ended: false)[4] == -0.35)
  }

  @Test func anUnfinishedClauseCountsForNothing() throws {
    let found = try terms("hotel food :", "the food is the view is fine .")
    #expect(isClose(found, [0, 2 * tanh(0.5), 0, 0, -0.35]))
  }

  @Test func whatFollowsTheEndTokenDoesNotExist() throws {
    var long = try sequence("hotel food :", "the food is good .")
    let short = task.gold(long)
    long.completion += long.completion
    #expect(task.gold(long) == short)
  }

  @Test func theHarderFormDividesByTheNumberRequested() throws {
    var settings = AspectReviews.Settings()
    settings.sentimentForm = .sumOverRequested
    settings.coverageWeight = 3
    let harder = try AspectReviews(settings)
    let gold = harder.gold(
      try sequence("cafe food view :", "the food is good and the menu is awful ."))
    #expect(isClose(gold.terms.map(\.value), [1.5, 2 * tanh(1) / 2, 0, 0, 0]))
  }

  @Test func termsAddUpOnAnyTokens() {
    var generator = Seed(5).generator(for: "garbage")
    for _ in 0..<2000 {
      let length = generator.integer(below: 60)
      let tokens = (0..<length).map { _ in generator.integer(below: 130) - 10 }
      let gold = task.gold(TokenSequence(prompt: tokens.reversed(), completion: tokens))
      #expect(gold.terms.map(\.name) == task.goldTermNames)
      #expect(isClose(gold.total, gold.terms.map(\.value).reduce(0, +)))
      #expect(gold.total <= 4 && gold.total >= -2 - 0.06 * 42 - 0.35 * 61 - 0.5 * 15)
    }
  }

  @Test func theBestReviewScoresWhatTheFormulaAllows() throws {
    // Up to three aspects all may be intensified within 18 words: 2 + 2·tanh(3·1.6/2).
    for prompt in ["hotel food :", "hotel food view :", "hotel food view menu :"] {
      let best = task.bestCompletion(for: try sequence(prompt, "").prompt)
      #expect(isClose(task.gold(best).total, 2 + 2 * tanh(2.4)))
    }
    // Four plain clauses have 20 words; an adverb would gain 0.04 and cost 0.06.
    let four = task.bestCompletion(for: try sequence("hotel food view menu staff :", "").prompt)
    #expect(isClose(task.gold(four).total, 2 + 2 * tanh(1.5) - 0.12))
  }

  @Test func noReferenceTextSurpassesTheBestReview() {
    for text in task.demonstrations(count: 2000, seed: Seed(8)) {
      let best = task.gold(task.bestCompletion(for: text.prompt)).total
      #expect(task.gold(text).total <= best)
    }
  }

  @Test func goldAsRewardIsInTheAnnotatorsLogits() throws {
    let texts = task.demonstrations(count: 5, seed: Seed(8))
    let reward = GoldRewardFunction(task: task, temperature: 0.5)
    #expect(reward.rewards(of: texts) == texts.map { task.gold($0).total * 2 })
  }
}
