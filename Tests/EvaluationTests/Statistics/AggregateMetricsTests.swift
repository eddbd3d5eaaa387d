import Datasets
import Evaluation
import Testing

@Suite struct AggregateMetricsTests {
  let bootstrap = StratifiedBootstrap(resamples: 500, seed: Seed(1))

  // scipy 1.17.1: st.mannwhitneyu(a, b).statistic / 20; three pairs are ties or half of one.
  @Test func probabilityOfImprovementIsTheMannWhitneyShare() {
    let (first, second) = ([1.0, 2.5, 2.5, 4.0, 5.5], [2.5, 0.5, 3.0, 1.0])
    #expect(probabilityOfImprovement(of: first, over: second) == 0.725)
    #expect(probabilityOfImprovement(of: second, over: first) == 0.275)
  }

  @Test func probabilityOfImprovementOverItselfIsOneHalf() {
    #expect(probabilityOfImprovement(of: [3, 1, 2], over: [1, 2, 3]) == 0.5)
  }

  @Test func probabilityOfImprovementIsAMeanOverTasks() {
    let interval = probabilityOfImprovementInterval(
      of: [[2, 3], [0, 0]], over: [[0, 1], [0, 0]], bootstrap: bootstrap)
    #expect(interval.estimate == 0.75)
    #expect(interval.lower == 0.75 && interval.upper == 0.75)
  }

  @Test func probabilityOfImprovementOfOverlappingRunsHasAWidth() {
    let interval = probabilityOfImprovementInterval(
      of: [[1, 3, 5, 7, 9, 11]], over: [[2, 4, 6, 8, 10, 12]], bootstrap: bootstrap)
    #expect(abs(interval.estimate - 15.0 / 36) < 1e-15)
    #expect(0 < interval.lower && interval.lower < interval.estimate)
    #expect(interval.estimate < interval.upper && interval.upper < 1)
  }

  @Test func interquartileMeanPoolsRunsOfAllTasks() {
    let interval = interquartileMeanInterval(of: [[0, 100], [1, 3]], bootstrap: bootstrap)
    #expect(interval.estimate == 2)
  }

  // 1 − (0.5 + 1 + 1)/3: scores beyond the target count as the target.
  @Test func optimalityGapCountsOnlyShortfalls() {
    #expect(abs(optimalityGap(of: [0.5, 1, 7]) - 0.5 / 3) < 1e-15)
    #expect(optimalityGap(of: [7, 8], target: 5) == 0)
    let interval = optimalityGapInterval(of: [[0.5, 0.5], [0.5]], bootstrap: bootstrap)
    #expect(interval == Interval(estimate: 0.5, lower: 0.5, upper: 0.5))
  }

  @Test func performanceProfileIsTheShareOfRunsAboveEachThreshold() {
    let profile = performanceProfile(
      of: [[0, 1, 2], [3]], thresholds: [-1, 0, 1.5, 3], bootstrap: bootstrap)
    #expect(profile.map(\.share.estimate) == [1, 0.75, 0.5, 0])
    #expect(profile.map(\.threshold) == [-1, 0, 1.5, 3])
    #expect(profile.allSatisfy { $0.share.contains($0.share.estimate) })
    // The one run of the second task is in every resample.
    #expect(profile[2].share.lower == 0.25 && profile[2].share.upper == 1)
  }
}
