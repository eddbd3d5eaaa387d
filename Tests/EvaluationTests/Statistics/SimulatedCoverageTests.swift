import Datasets
import Evaluation
import Foundation
import TensorKernels
import Testing

@Suite struct SimulatedCoverageTests {
  func coverage(
    _ kind: IntervalKind, _ sampleSize: Int, _ population: SyntheticPopulation = .normal
  ) -> SimulatedCoverage {
    simulatedCoverage(
      of: kind, sampleSize: sampleSize, population: population, replications: 2000,
      resamples: 400, seed: Seed(20))
  }

  // Student's interval is exact on normal data: four standard errors of 2,000 trials are 0.02.
  @Test(arguments: [3, 6])
  func studentIntervalsKeepTheirPromiseOnNormalData(sampleSize: Int) {
    let result = coverage(.studentT, sampleSize)
    #expect(abs(result.coverage - 0.95) < 0.02)
    #expect(abs(result.standardError - 0.005) < 0.001)
    #expect(result.nominal == 0.95)
  }

  // Known: with five runs the percentile bootstrap of the mean covers 84 to 90 % of the time.
  @Test func percentileBootstrapOfFiveRunsCoversTooLittle() {
    let result = coverage(.bootstrapMean, 5)
    #expect(0.80 < result.coverage && result.coverage < 0.90)
  }

  @Test func percentileBootstrapGetsBetterWithMoreRuns() {
    #expect(coverage(.bootstrapMean, 30).coverage > coverage(.bootstrapMean, 5).coverage + 0.03)
  }

  @Test func skewnessCostsStudentIntervalsCoverage() {
    let result = coverage(.studentT, 6, .skewed)
    #expect(0.82 < result.coverage && result.coverage < 0.93)
  }

  @Test(arguments: [IntervalKind.bootstrapInterquartileMean, .bootstrapImprovement])
  func bootstrapsOfSixRunsAreNearTheirPromise(kind: IntervalKind) {
    let result = coverage(kind, 6)
    #expect(0.80 < result.coverage && result.coverage < 1)
  }

  // P(2 ≤ X ≤ 8) = 1 − 2·11/1024 of ten fair trials: Wilson's bounds hold ½ from 2 to 8 successes.
  @Test func wilsonCoverageIsThatOfTheBinomialDistribution() {
    let result = coverage(.wilson, 10)
    #expect(abs(result.coverage - (1 - 22.0 / 1024)) < 0.015)
  }

  @Test func truthsOfThePopulationsAreThoseOfLargeSamples() {
    var generator = Seed(2).generator(for: "test.exponential")
    let draws = (0..<200_000).map { _ in -log(1 - generator.uniform()) }
    let population = SyntheticPopulation.skewed
    #expect(abs(mean(of: draws) - population.mean) < 0.015)
    #expect(abs(interquartileMean(of: draws) - population.interquartileMean) < 0.015)
    let above = Double(draws.count { $0 > 1 }) / 200_000
    #expect(abs(above - population.shareAboveMean) < 0.006)
  }

  @Test func equalSeedsGiveEqualCoverage() {
    let first = simulatedCoverage(
      of: .studentT, sampleSize: 4, population: .normal, replications: 50, seed: Seed(6))
    let second = simulatedCoverage(
      of: .studentT, sampleSize: 4, population: .normal, replications: 50, seed: Seed(6))
    #expect(first == second)
  }
}
