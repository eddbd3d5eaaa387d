import Datasets
import Evaluation
import Foundation
import Testing

private func draws(_ count: Int, _ index: Int) -> [Double] {
  var generator = Seed(9).generator(for: "test.order-statistics", index: index)
  // Rounded to halves, so that there are ties.
  return (0..<count).map { _ in (4 * generator.normal()).rounded() / 2 }
}

@Suite struct OrderStatisticsTests {
  static let values = [3.2, -1.5, 0, 7.25, 7.25, -4, 2.5, 1000]

  // NumPy 2.4.6: np.percentile(x, q); scipy 1.17.1: st.iqr(x), st.median_abs_deviation(x).
  @Test(arguments: [
    (0.025, -3.5625), (0.1, -2.25), (0.33, 0.775), (0.5, 2.85), (0.666, 5.8811), (0.975, 826.26875),
  ])
  func quantilesAreThoseOfNumPy(p: Double, expected: Double) {
    #expect(abs(quantile(p, of: Self.values) - expected) < 1e-12 * max(1, abs(expected)))
  }

  @Test func spreadsAreThoseOfSciPy() {
    #expect(interquartileRange(of: Self.values) == 7.625)
    #expect(abs(medianAbsoluteDeviation(of: Self.values) - 4.375) < 1e-15)
  }

  // scipy 1.17.1: st.trim_mean(x, c); an eighth of eight values is one at each end.
  @Test(arguments: [
    (0.1, 126.8375), (0.125, 3.1166666666666667), (0.25, 3.2375), (0.3, 3.2375), (0.4, 2.85),
  ])
  func trimmedMeansAreThoseOfSciPy(share: Double, expected: Double) {
    #expect(abs(trimmedMean(of: Self.values, cutting: share) - expected) < 1e-12)
  }

  // Definition 7 of Hyndman and Fan: the sample's own piecewise linear curve through
  // ((i − 1)/(n − 1), x₍ᵢ₎), walked from its start.
  @Test(arguments: 1...12) func quantilesLieOnTheCurveThroughTheSortedValues(count: Int) {
    let sorted = draws(count, count).sorted()
    for step in 0...40 {
      let p = Double(step) / 40
      var expected = sorted[0]
      for i in 1..<max(2, count) where i < count {
        let (left, right) = (Double(i - 1) / Double(count - 1), Double(i) / Double(count - 1))
        guard p > left else { break }
        let share: Double = (min(p, right) - left) / (right - left)
        expected = sorted[i - 1] + share * (sorted[i] - sorted[i - 1])
      }
      #expect(abs(quantile(p, of: sorted.shuffled(by: step)) - expected) < 1e-12)
    }
  }

  @Test(arguments: 2...9) func varianceIsHalfTheMeanSquaredDifferenceOfPairs(count: Int) {
    let values = draws(count, 20 + count)
    var sum = 0.0
    for a in values { for b in values { sum += (a - b) * (a - b) } }
    let expected = sum / Double(2 * count * (count - 1))
    #expect(abs(sampleVariance(of: values) - expected) < 1e-12)
    #expect(abs(standardError(of: values) - (expected / Double(count)).squareRoot()) < 1e-12)
  }

  // Values far from zero keep their spread: the sum of squares is taken about the mean.
  @Test func varianceFarFromZeroKeepsItsDigits() {
    #expect(sampleVariance(of: [1e8 + 1, 1e8 + 2, 1e8 + 3]) == 1)
    #expect(sampleVariance(of: [4, 4, 4]) == 0)
  }

  @Test func aHalfOfOneSideMovesTheMedianByNothing() {
    #expect(median(of: [1, 2, 3]) == 2 && median(of: [1, 2, 3, 1e300]) == 2.5)
    #expect(median(of: [1, 2, .infinity]) == 2)
    #expect(interquartileMean(of: [-1e9, 1, 2, 3, 4, 5, 6, 1e9]) == 3.5)
  }

  @Test(arguments: 1...9) func interquartileMeanOfEqualValuesIsTheirValue(count: Int) {
    #expect(interquartileMean(of: [Double](repeating: 1.5, count: count)) == 1.5)
  }
}

extension Array {
  /// The same elements in another order.
  fileprivate func shuffled(by turn: Int) -> [Element] {
    let shift = isEmpty ? 0 : turn % count
    return Array(self[shift...] + self[..<shift]).reversed()
  }
}

@Suite struct AggregateTheoryTests {
  // scipy 1.17.1: st.mannwhitneyu(a, b).statistic / 42.
  @Test func improvementIsTheMannWhitneyShare() {
    let share = probabilityOfImprovement(of: [1, 2, 2, 3, 5, 8], over: [2, 2, 4, 1, 0, 9, 7])
    #expect(abs(share - 0.5357142857142857) < 1e-15)
  }

  // U = R₁ − n₁(n₁ + 1)/2 with the mid-ranks of the pooled runs, Mann and Whitney (1947).
  @Test(arguments: 0..<8) func improvementFollowsFromTheRankSum(draw: Int) {
    let (first, second) = (draws(3 + draw, 40 + draw), draws(7, 60 + draw))
    let pooled = first + second
    let rankSum = first.reduce(0) { sum, x in
      sum + Double(pooled.count { $0 < x }) + Double(pooled.count { $0 == x } + 1) / 2
    }
    let u = rankSum - Double(first.count * (first.count + 1)) / 2
    let share = probabilityOfImprovement(of: first, over: second)
    #expect(abs(share - u / Double(first.count * second.count)) < 1e-14)
    #expect(abs(share + probabilityOfImprovement(of: second, over: first) - 1) < 1e-14)
  }

  // The area under a profile from the smallest score on is the mean less that score.
  @Test func areaUnderTheProfileIsTheMean() {
    let runs = [[0.0, 3, 1], [2, 7]]
    let thresholds = (0..<7000).map { (Double($0) + 0.5) / 1000 }
    let profile = performanceProfile(
      of: runs, thresholds: thresholds, bootstrap: StratifiedBootstrap(resamples: 1, seed: Seed(1)))
    let area = profile.reduce(0) { $0 + $1.share.estimate } / 1000
    #expect(abs(area - 13.0 / 5) < 1e-9)
  }

  @Test func profileCountsOnlyRunsAboveTheThreshold() {
    let profile = performanceProfile(
      of: [[1, 1, 2]], thresholds: [0.999, 1, 2],
      bootstrap: StratifiedBootstrap(resamples: 10, seed: Seed(1)))
    #expect(profile.map(\.share.estimate) == [1, 1.0 / 3, 0])
    #expect(
      performanceProfile(
        of: [[1]], thresholds: [], bootstrap: StratifiedBootstrap(resamples: 10, seed: Seed(1))
      ).isEmpty)
  }

  @Test(arguments: [-2.0, 0, 1, 5]) func gapIsTheMeanShortfall(target: Double) {
    let scores = draws(9, 90)
    let shortfalls = scores.map { $0 < target ? target - $0 : 0 }
    let expected = shortfalls.reduce(0, +) / 9
    #expect(abs(optimalityGap(of: scores, target: target) - expected) < 1e-14)
  }
}
