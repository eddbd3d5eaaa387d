import Datasets
import Evaluation
import ExactTheory
import Foundation
import Testing
import TheoryTestSupport

@Suite struct DivergenceTheoryTests {
  // Schulman (2020): with r = π_ref/π the token's k3 is r − 1 − log r.
  @Test(arguments: [-3.0, -0.5, -1e-9, 0, 1e-9, 0.5, 3]) func nonNegativeEstimateIsItsFormula(
    logRatio: Double
  ) {
    let divergence = SequenceDivergence(policy: [[logRatio - 1]], reference: [[-1]])
    let ratio = exp(-logRatio)
    #expect(abs(divergence.k3[0] - (ratio - 1 - log(ratio))) < 1e-12)
    #expect(divergence.k1[0] == logRatio - 1 + 1 && divergence.k3[0] >= 0)
  }

  // Near zero k3 is half the square: exp − 1 alone would lose every digit.
  @Test func smallRatiosKeepTheirDigits() {
    let divergence = SequenceDivergence(policy: [[1e-6]], reference: [[0]])
    #expect(abs(divergence.k3[0] / 5e-13 - 1) < 1e-5)
  }

  @Test func emptyCompletionsDivergeByNothing() {
    let divergence = SequenceDivergence(policy: [[], [-1]], reference: [[], [-2]])
    #expect(divergence.k1 == [0, 1] && divergence.k3[0] == 0)
    #expect(SequenceDivergence(policy: [], reference: []).k1.isEmpty)
  }

  // Per token: E_π[k1] = E_π[k3] = Σ π log π/π_ref, and k3 scatters less when the two are near.
  @Test func bothAreUnbiasedAndTheSecondScattersLess() {
    var generator = Seed(44).generator(for: "test.divergence")
    let reference = normalized((0..<20).map { _ in generator.normal() })
    let policy = normalized(reference.map { $0 + 0.1 * generator.normal() })
    let divergence = SequenceDivergence(
      policy: policy.map { [$0] }, reference: reference.map { [$0] })
    let exact = klDivergence(of: policy, from: reference)
    func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
      let mean = expectation(of: values, under: policy)
      return (mean, expectation(of: values.map { ($0 - mean) * ($0 - mean) }, under: policy))
    }
    let (k1, k3) = (moments(divergence.k1), moments(divergence.k3))
    #expect(abs(k1.mean - exact) < 1e-14 && abs(k3.mean - exact) < 1e-14)
    #expect(k3.variance < 0.1 * k1.variance)
  }
}

@Suite struct PathTheoryTests {
  private let objective = ExactObjective(
    logReference: GoldenFixture.logReference, rewards: GoldenFixture.rewards, beta: 0.5)

  @Test func pathLeadsFromTheReferenceToTheOptimum() {
    let path = AnnealingPath(objective: objective)
    let ends = [
      (path.logProbabilities(at: 0), objective.logReference),
      (path.logProbabilities(at: 1), objective.optimalLogProbabilities),
    ]
    for (found, expected) in ends {
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-13 })
    }
  }

  // q_t is the optimum of the strength β/t, and the best value on the way is reached at t = 1.
  @Test(arguments: [0.1, 0.5, 0.9, 2]) func everyPlaceIsTheOptimumOfAnotherStrength(t: Double) {
    let found = AnnealingPath(objective: objective).logProbabilities(at: t)
    let other = ExactObjective(
      logReference: objective.logReference, rewards: objective.rewards, beta: 0.5 / t)
    #expect(zip(found, other.optimalLogProbabilities).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(objective.value(of: found) < objective.softValue)
  }

  // d/dt E[r] along the path is Var(r)/β, by central differences.
  @Test(arguments: [0.0, 0.3, 1]) func rewardRisesByItsVariance(t: Double) {
    let path = AnnealingPath(objective: objective)
    func reward(_ t: Double) -> Double { objective.reward(of: path.logProbabilities(at: t)) }
    let policy = path.logProbabilities(at: t)
    let mean = objective.reward(of: policy)
    let variance = expectation(
      of: objective.rewards.map { ($0 - mean) * ($0 - mean) }, under: policy)
    #expect(abs((reward(t + 1e-5) - reward(t - 1e-5)) / 2e-5 - variance / 0.5) < 1e-7)
  }

  @Test func noiseAndSignalAreEachOthersInverse() {
    #expect(noiseToSignal(covarianceTrace: 6, squaredNorm: 2) == 3)
    #expect(signalToNoise(covarianceTrace: 6, squaredNorm: 2) == 1.0 / 3)
    #expect(noiseToSignal(covarianceTrace: 1, squaredNorm: 0) == .infinity)
    #expect(noiseToSignal(covarianceTrace: 0, squaredNorm: 0).isNaN)
    #expect(signalToNoise(covarianceTrace: 0, squaredNorm: 2) == .infinity)
  }

  // log((1/k)·Σ exp(r/β)) over all k-tuples of completions of the reference, summed plainly.
  @Test(arguments: [1, 2, 3, 5]) func logMeanExpMomentsAreSumsOverAllTuples(samples: Int) {
    var tuples: [(mass: Double, sum: Double)] = [(1, 0)]
    for _ in 0..<samples {
      tuples = tuples.flatMap { tuple in
        zip(objective.logReference, objective.rewards).map {
          (tuple.mass * exp($0), tuple.sum + exp($1 / 0.5))
        }
      }
    }
    let values = tuples.map { 0.5 * log($0.sum / Double(samples)) }
    let mean = zip(tuples, values).reduce(0) { $0 + $1.0.mass * $1.1 }
    let variance = zip(tuples, values).reduce(0.0) { sum, pair -> Double in
      sum + pair.0.mass * (pair.1 - mean) * (pair.1 - mean)
    }
    let found = logMeanExpMoments(objective: objective, samples: samples)
    #expect(abs(found.mean - mean) < 1e-11 && abs(found.variance - variance) < 1e-11)
  }
}
