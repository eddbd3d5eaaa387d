import Evaluation
import Testing

@Suite struct MatchedCurveTests {
  // scipy 1.17.1: scipy.optimize.isotonic_regression(values, weights=weights).x.
  @Test func isotonicRegressionIsThatOfSciPy() {
    let fitted = isotonicRegression(
      [1, 3, 2, 2.5, 5, 4, 4.5, 6], weights: [1, 1, 2, 1, 1, 1, 3, 1])
    let expected = [1, 7.0 / 3, 7.0 / 3, 2.5, 4.5, 4.5, 4.5, 6]
    #expect(zip(fitted, expected).allSatisfy { abs($0 - $1) < 1e-15 })
    #expect(isotonicRegression([5, 4, 3, 2, 1], weights: [1, 1, 1, 1, 1]) == [3, 3, 3, 3, 3])
  }

  @Test func pointsAreOrderedByCostAndInterpolated() {
    let curve = MatchedCurve(costs: [4, 0, 2], scores: [3, 0, 1], fit: .isotonic)
    #expect(curve.costs == [0, 2, 4])
    #expect(curve.score(at: 0) == 0)
    #expect(curve.score(at: 1) == 0.5)
    #expect(curve.score(at: 3) == 2)
    #expect(curve.score(at: 4) == 3)
  }

  @Test func nothingIsExtrapolated() {
    let curve = MatchedCurve(costs: [1, 2], scores: [0, 1], fit: .isotonic)
    #expect(curve.score(at: 0.99) == nil)
    #expect(curve.score(at: 2.01) == nil)
    #expect(MatchedCurve(costs: [], scores: [], fit: .isotonic).score(at: 1) == nil)
  }

  // Beyond a peak the three fits differ: pooled, held at the peak, or falling.
  @Test(arguments: [
    (MonotoneFit.isotonic, 2.0), (.runningMaximum, 3), (.none, 1),
  ])
  func fitsDifferBeyondAPeak(fit: MonotoneFit, atTheEnd: Double) {
    let curve = MatchedCurve(costs: [0, 1, 2], scores: [0, 3, 1], fit: fit)
    #expect(curve.score(at: 2) == atTheEnd)
    #expect(curve.score(at: 0) == 0)
  }

  @Test func pointsOfEqualCostAreAveragedAndWeighTogether() {
    let curve = MatchedCurve(costs: [0, 1, 1, 2], scores: [0, 4, 2, 1.5], fit: .isotonic)
    // 3 with weight two, and 1.5: pooled to 2.5.
    #expect(curve.costs == [0, 1, 2])
    #expect(curve.score(at: 1) == 2.5)
  }

  @Test func pointsThatAreNotFiniteAreLeftOut() {
    let curve = MatchedCurve(costs: [0, 1, .nan, 3], scores: [0, 1, 2, .nan], fit: .isotonic)
    #expect(curve.costs == [0, 1])
  }

  @Test func anchorsHoldTheCurveAndAreNoMeasurements() {
    let curve = MatchedCurve(
      costs: [0, 4, 2, .nan], scores: [1, 3, 2, 9], anchors: 1, fit: .isotonic)
    #expect(curve.measured == [2, 4])
    #expect(curve.score(at: 1) == 1.5)
  }

  @Test func commonRangeIsWhereAllCurvesAreKnown() {
    let wide = MatchedCurve(costs: [0, 4], scores: [0, 1], fit: .none)
    let narrow = MatchedCurve(costs: [1, 3], scores: [0, 1], fit: .none)
    let apart = MatchedCurve(costs: [5, 6], scores: [0, 1], fit: .none)
    #expect(commonRange(of: [wide, narrow]) == 1...3)
    #expect(commonRange(of: [narrow, apart]) == nil)
    #expect(commonRange(of: [wide, MatchedCurve(costs: [], scores: [], fit: .none)]) == nil)
  }
}
