import Evaluation
import Testing

@Suite struct GradientStabilityTests {
  @Test func normsAreSummarizedByHand() {
    // About the mean 3 the squares are 4, 1, 0 and 9, and the median is 2.5.
    let stability = GradientStability(norms: [1, 2, 3, 6])
    #expect(stability.meanNorm == 3)
    #expect(abs(stability.coefficientOfVariation - (14.0 / 3).squareRoot() / 3) < 1e-15)
    #expect(stability.largestOverMedian == 2.4)
    #expect(stability.noiseScale.isNaN)
  }

  @Test func aNormThatIsNotFiniteIsLeftOut() {
    let stability = GradientStability(norms: [1, 2, 3, 6, .nan, .infinity])
    #expect(stability.meanNorm == 3)
    #expect(stability.largestOverMedian == 2.4)
  }

  // (2 + 4)/2 over (1 + 0)/2, where the mean of the ratios would be infinite.
  @Test func noiseScaleIsARatioOfMeans() {
    #expect(gradientNoiseScale(gradientPowers: [1, 0], covarianceTraces: [2, 4]) == 6)
    let stability = GradientStability(
      norms: [1, 1], gradientPowers: [1, 0], covarianceTraces: [2, 4])
    #expect(stability.noiseScale == 6)
  }

  @Test func aGradientLostInNoiseHasNoScale() {
    #expect(gradientNoiseScale(gradientPowers: [-1, 0.5], covarianceTraces: [2, 4]).isNaN)
    #expect(gradientNoiseScale(gradientPowers: [.nan, 2], covarianceTraces: [9, 4]) == 2)
  }

  @Test func seriesAreSummarizedOverTheirFiniteValues() {
    let summary = SeriesSummary([2, .nan, 4, 9])
    #expect(summary.mean == 5)
    #expect(abs(summary.standardDeviation - 13.0.squareRoot()) < 1e-15)
    #expect(summary.smallest == 2 && summary.largest == 9)
    #expect(summary.last == 9 && summary.nonFinite == 1)
  }
}
