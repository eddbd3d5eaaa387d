import Datasets
import ExactTheory
import Foundation
import Testing
import TheoryTestSupport

@Suite struct ExactFrontierTests {
  let fixture = ExactFrontier(
    logReferences: [GoldenFixture.logReference], rewards: [GoldenFixture.rewards])

  @Test func referenceIsTheFrontiersStart() {
    let start = fixture.point(atInverseBeta: 0)
    #expect(abs(start.divergence) < 1e-15)
    #expect(abs(start.reward - 5.0 / 6) < 1e-15)
    #expect(fixture.reward(atDivergence: 0) == start.reward)
    #expect(fixture.reward(atDivergence: -1) == start.reward)
  }

  @Test func endTakesTheBestCompletionOnly() {
    #expect(abs(fixture.end.divergence - log(6)) < 1e-15)
    #expect(fixture.end.reward == 3)
    #expect(fixture.reward(atDivergence: 5) == 3)
  }

  @Test func frontierPassesThroughTheOptimumOfTheGoldenFixture() {
    let optimum = GoldenFixture.optimum
    let divergence = klDivergence(
      of: optimum.map { log($0) }, from: GoldenFixture.logReference)
    let reward = optimum[1] + 3 * optimum[2]
    #expect(abs(fixture.reward(atDivergence: divergence) - reward) < 1e-12)
  }

  // No policy lies above the frontier, and best-of-n, which is not optimal, lies below it.
  @Test func noPolicyLiesAboveTheFrontier() {
    var generator = Seed(9).generator(for: "test.frontier")
    let logReferences = (0..<3).map { _ in normalized((0..<12).map { _ in generator.normal() }) }
    let rewards = (0..<3).map { _ in (0..<12).map { _ in generator.normal() } }
    let frequencies = [0.5, 0.3, 0.2]
    let frontier = ExactFrontier(
      logReferences: logReferences, rewards: rewards, frequencies: frequencies)
    for _ in 0..<200 {
      let scale = exp(generator.normal())
      var (divergence, reward) = (0.0, 0.0)
      for x in 0..<3 {
        let policy = normalized(
          zip(logReferences[x], rewards[x]).map { $0 + scale * ($1 + generator.normal()) })
        divergence += frequencies[x] * klDivergence(of: policy, from: logReferences[x])
        reward += frequencies[x] * expectation(of: rewards[x], under: policy)
      }
      #expect(reward <= frontier.reward(atDivergence: divergence) + 1e-9)
    }
  }

  @Test(arguments: [2, 4, 16])
  func bestOfNLiesBelowTheFrontier(n: Int) {
    let policy = bestOfNLogProbabilities(
      n, logReference: GoldenFixture.logReference, rewards: GoldenFixture.rewards)
    let divergence = klDivergence(of: policy, from: GoldenFixture.logReference)
    let reward = expectation(of: GoldenFixture.rewards, under: policy)
    #expect(reward < fixture.reward(atDivergence: divergence))
  }
}
