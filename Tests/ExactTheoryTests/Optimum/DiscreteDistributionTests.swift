import Datasets
import ExactTheory
import Foundation
import Testing
import TheoryTestSupport

@Suite struct DiscreteDistributionTests {
  let reference = GoldenFixture.logReference
  let rewards = GoldenFixture.rewards

  @Test func logSumNeverOverflows() {
    #expect(abs(logSumOfExponentials([1000, 1000]) - (1000 + log(2))) < 1e-12)
    #expect(logSumOfExponentials([-.infinity, 3]) == 3)
    #expect(logSumOfExponentials([]) == -.infinity)
  }

  @Test func impossibleCompletionsAddNothing() {
    let certain = [0, -Double.infinity]
    #expect(klDivergence(of: certain, from: [log(0.25), log(0.75)]) == log(4.0))
    #expect(klDivergence(of: [log(0.5), log(0.5)], from: certain) == .infinity)
    #expect(entropy(of: certain) == 0)
    #expect(expectation(of: [2, .infinity], under: certain) == 2)
  }

  @Test func entropyOfTheUniformDistributionIsTheLogOfItsSize() {
    #expect(abs(entropy(of: [Double](repeating: -log(8), count: 8)) - log(8)) < 1e-14)
  }

  @Test func bestOfTwoAndFourAreThoseOfTheGoldenFixture() {
    let two = bestOfNLogProbabilities(2, logReference: reference, rewards: rewards)
    #expect(matches(two, [0.25, 0.444444444444444, 0.305555555555556]))
    #expect(abs(expectation(of: rewards, under: two) - 1.36111111111111) < 1e-13)
    #expect(abs(klDivergence(of: two, from: reference) - 0.139780065929512) < 1e-14)
    let four = bestOfNLogProbabilities(4, logReference: reference, rewards: rewards)
    #expect(matches(four, [0.0625, 0.419753086419753, 0.517746913580247]))
    #expect(abs(expectation(of: rewards, under: four) - 1.97299382716049) < 1e-13)
    #expect(abs(klDivergence(of: four, from: reference) - 0.553659247500535) < 1e-14)
    #expect(abs(bestOfNDivergenceBound(2) - 0.193147180559945) < 1e-14)
    #expect(abs(bestOfNDivergenceBound(4) - 0.636294361119891) < 1e-14)
  }

  // All 4³ triples of draws, the best taken and ties shared alike among the tied draws.
  @Test func bestOfThreeIsThatOfAllTriples() {
    let probabilities = [0.1, 0.2, 0.3, 0.4]
    let rewards = [1.0, 2, 2, 0]
    var expected = [Double](repeating: 0, count: 4)
    for a in 0..<4 {
      for b in 0..<4 {
        for c in 0..<4 {
          let mass = probabilities[a] * probabilities[b] * probabilities[c]
          let best = [a, b, c].filter { rewards[$0] == max(rewards[a], rewards[b], rewards[c]) }
          for y in best { expected[y] += mass / Double(best.count) }
        }
      }
    }
    let exact = bestOfNLogProbabilities(
      3, logReference: probabilities.map { log($0) }, rewards: rewards)
    #expect(matches(exact, expected))
  }

  @Test(arguments: [1, 2, 7, 100])
  func bestOfNIsADistributionWithinItsBound(n: Int) {
    var generator = Seed(4).generator(for: "test.best-of-n", index: n)
    let reference = normalized((0..<50).map { _ in 3 * generator.normal() })
    let rewards = (0..<50).map { _ in generator.normal() }
    let policy = bestOfNLogProbabilities(n, logReference: reference, rewards: rewards)
    #expect(abs(logSumOfExponentials(policy)) < 1e-12)
    #expect(klDivergence(of: policy, from: reference) <= bestOfNDivergenceBound(n) + 1e-12)
    if n == 1 { #expect(matches(policy, reference.map { exp($0) })) }
  }

  // (1/2, 1/3, 1/6) against (0.2, 0.3, 0.5) with rewards (0, 1, 1): the last two tie.
  @Test func winRateCountsTiesAsHalf() {
    let winRate = exactWinRate(of: GoldenFixture.logOther, over: reference, rewards: [0, 1, 1])
    let expected = 0.2 * 0.5 / 2 + 0.8 * (0.5 + 0.5 / 2)
    #expect(abs(winRate - expected) < 1e-15)
    #expect(abs(exactWinRate(of: reference, over: reference, rewards: rewards) - 0.5) < 1e-15)
  }

  private func matches(_ logProbabilities: [Double], _ expected: [Double]) -> Bool {
    zip(logProbabilities, expected).allSatisfy { abs(exp($0) - $1) < 1e-14 }
  }
}
