import Evaluation
import Testing

@Suite struct LearningCurveTests {
  let curve = LearningCurve(
    times: [0, 10, 20, 30, 40, 60, 70, 80], values: [0, 0.4, 0.9, 0.7, 1.2, 1.0, 1.6, 1.1])

  @Test func differencesArePerUnitOfTime() {
    let expected = [0.04, 0.05, -0.02, 0.05, -0.01, 0.06, -0.05]
    #expect(zip(curve.differences, expected).allSatisfy { abs($0 - $1) < 1e-15 })
    #expect(curve.differences.count == expected.count)
  }

  @Test func drawdownsAreTheFallFromTheBestSoFar() {
    let expected = [0, 0, 0, 0.2, 0, 0.2, 0, 0.5]
    #expect(zip(curve.drawdowns, expected).allSatisfy { abs($0 - $1) < 1e-15 })
    #expect(abs(curve.maximumDrawdown - 0.5) < 1e-15)
    #expect(abs(curve.finalDrawdown - 0.5) < 1e-15)
  }

  // NumPy 2.4.6 and scipy 1.17.1: st.iqr(np.diff(y)/np.diff(t)), and the mean of the values at or
  // beyond np.percentile, as rl-reliability-metrics computes CVaR.
  @Test func reliabilityIsThatOfTheReferenceImplementation() {
    #expect(abs(curve.dispersionAcrossTime - 0.065) < 1e-15)
    #expect(abs(curve.shortTermRisk() + 0.05) < 1e-15)
    #expect(abs(curve.shortTermRisk(tail: 0.3) + 0.035) < 1e-15)
    #expect(abs(curve.longTermRisk(tail: 0.3) - 0.3) < 1e-15)
    #expect(abs(curve.longTermRisk() - 0.5) < 1e-15)
  }

  @Test func aStraightRiseIsPerfectlyReliable() {
    let straight = LearningCurve(overFractionOfRun: [1, 2, 3, 4, 5])
    #expect(straight.dispersionAcrossTime == 0)
    #expect(straight.longTermRisk() == 0)
    #expect(straight.shortTermRisk() == 4)
    #expect(straight.times == [0, 0.25, 0.5, 0.75, 1])
  }

  @Test func aSingleScoreHasNoDifferences() {
    let point = LearningCurve(overFractionOfRun: [2])
    #expect(point.differences.isEmpty)
    #expect(point.dispersionAcrossTime.isNaN)
    #expect(point.maximumDrawdown == 0)
  }

  // Of 1…100 the lower five are 1…5; the value at risk 5.95 lies between 5 and 6.
  @Test func conditionalValueAtRiskIsTheMeanOfTheTail() {
    let values = (1...100).map(Double.init).reversed()
    #expect(conditionalValueAtRisk(lower: Array(values)) == 3)
    #expect(conditionalValueAtRisk(upper: Array(values)) == 98)
    #expect(conditionalValueAtRisk(lower: Array(values), tail: 1) == 50.5)
  }
}
