import Datasets
import ExactTheory
import Foundation
import Testing
import TheoryTestSupport

@Suite struct ExactObjectiveTests {
  let objective = ExactObjective(
    logReference: GoldenFixture.logReference, rewards: GoldenFixture.rewards, beta: 1)

  @Test func optimumIsThatOfTheGoldenFixture() {
    #expect(abs(exp(objective.logPartition) - GoldenFixture.partition) < 1e-13)
    #expect(abs(objective.softValue - GoldenFixture.softValue) < 1e-14)
    let optimum = objective.optimalLogProbabilities.map { exp($0) }
    #expect(zip(optimum, GoldenFixture.optimum).allSatisfy { abs($0 - $1) < 1e-14 })
  }

  @Test func valuesOfTheReferenceAreThoseOfTheGoldenFixture() {
    let reference = GoldenFixture.logReference
    #expect(abs(objective.value(of: reference) - 0.833333333333333) < 1e-14)
    #expect(abs(objective.suboptimality(of: reference) - 0.72558644315135) < 1e-14)
  }

  @Test func valuesOfAnotherPolicyAreThoseOfTheGoldenFixture() {
    let policy = GoldenFixture.logOther
    #expect(abs(objective.value(of: policy) - 1.46556015673812) < 1e-14)
    #expect(abs(objective.suboptimality(of: policy) - 0.0933596197465595) < 1e-14)
    let divergence = klDivergence(of: policy, from: GoldenFixture.logReference)
    #expect(abs(divergence - 0.334439843261876) < 1e-14)
    #expect(abs(objective.reward(of: policy) - 1.8) < 1e-15)
  }

  // Rafailov (2023), equations 11 to 15: J(q) = β·log Z − β·KL(q‖π*) for every q.
  @Test(arguments: 0..<20)
  func valueIsTheSoftValueMinusTheDistanceToTheOptimum(draw: Int) {
    var generator = Seed(31).generator(for: "test.objective", index: draw)
    let beta = exp(2 * generator.normal())
    let objective = ExactObjective(
      logReference: normalized((0..<9).map { _ in 2 * generator.normal() }),
      rewards: (0..<9).map { _ in 3 * generator.normal() }, beta: beta)
    let policy = normalized((0..<9).map { _ in 2 * generator.normal() })
    let identity = objective.softValue - beta * objective.suboptimality(of: policy)
    let scale = max(1, abs(identity))
    #expect(abs(objective.value(of: policy) - identity) / scale < 1e-12)
    #expect(objective.suboptimality(of: objective.optimalLogProbabilities) < 1e-14)
  }

  // Lemma 2: a reward shifted by a constant has the same optimum, and the soft value shifts with it.
  @Test func aConstantAddedToTheRewardMovesTheSoftValueOnly() {
    let shifted = ExactObjective(
      logReference: GoldenFixture.logReference, rewards: GoldenFixture.rewards.map { $0 + 700 },
      beta: 1)
    #expect(abs(shifted.softValue - 700 - GoldenFixture.softValue) < 1e-12)
    let optimum = shifted.optimalLogProbabilities.map { exp($0) }
    #expect(zip(optimum, GoldenFixture.optimum).allSatisfy { abs($0 - $1) < 1e-12 })
  }
}
