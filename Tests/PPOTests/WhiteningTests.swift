import PPO
import Testing

@Suite struct WhiteningTests {
  let rows = [[1.0, 2.5], [-3, 0.5, 4], [7]]

  @Test func momentsAreThoseOfTheTextbook() {
    // 1, 2, 3, 4: mean 5/2, variance (9/4 + 1/4 + 1/4 + 9/4)/3 = 5/3.
    let moments = Moments([1.0, 2, 3, 4])
    #expect(moments.mean == 2.5)
    #expect(abs(moments.variance - 5.0 / 3) < 1e-15)
    #expect(Moments([Float(4)]).variance == 0)
    #expect(Moments([Double]()).mean == 0)
  }

  @Test func whitenedRowsHaveMeanZeroAndVarianceOneTogether() {
    let moments = Moments(whitened(rows).flatMap { $0 })
    #expect(abs(moments.mean) < 1e-15)
    #expect(abs(moments.variance - 1) < 1e-8)
    #expect(whitened(rows).map(\.count) == [2, 3, 1])
  }

  @Test func whiteningDividesByTheRootOfVariancePlusEpsilon() {
    // ±10⁻⁴: variance 2·10⁻⁸, so that ε = 10⁻⁸ matters: x / √(3·10⁻⁸).
    let small = whitened([[1e-4, -1e-4]])
    #expect(abs(small[0][0] - 1e-4 / (3e-8).squareRoot()) < 1e-12)
  }

  @Test func whiteningForgetsShiftAndScale() {
    let changed = rows.map { row in row.map { 3 * $0 + 100 } }
    #expect(largestDifference(whitened(changed), whitened(rows)) < 1e-8)
  }

  @Test func keepingTheMeanShiftsOnlyTheSpread() {
    let before = Moments(rows.flatMap { $0 })
    let after = Moments(whitenedKeepingMean(rows).flatMap { $0 })
    #expect(abs(after.mean - before.mean) < 1e-15)
    #expect(abs(after.variance - 1) < 1e-8)
    #expect(before.variance > 2)
  }

  @Test func populationVarianceDividesByTheCount() {
    // 1, 2, 3, 4: Σ(x − 5/2)² = 5, over n = 4 and over n − 1 = 3.
    let moments = Moments([1.0, 2, 3, 4])
    #expect(abs(moments.variance(.population, count: 4) - 5.0 / 4) < 1e-15)
    #expect(moments.variance(.sample, count: 4) == moments.variance)
    #expect(Moments([3.0]).variance(.population, count: 1) == 0)
    let (sample, population) = (whitened(rows), whitened(rows, variance: .population))
    // √((n − 1)/n) with n = 6 numbers.
    let ratio = (5.0 / 6).squareRoot()
    #expect(largestDifference(sample, population.map { $0.map { $0 * ratio } }) < 1e-8)
    let kept = Moments(whitenedKeepingMean(rows, variance: .population).flatMap { $0 })
    #expect(abs(kept.variance(.population, count: 6) - 1) < 1e-8)
    #expect(abs(kept.mean - Moments(rows.flatMap { $0 }).mean) < 1e-15)
  }

  @Test func squaresBeyondTheRangeOfADoubleDoNotSpoilTheResult() {
    // One of five numbers at x, four at zero: mean x/5, deviation x/√5, hence −1/√5 and 4/√5.
    let rows = whitened([[0.0, 1e217], [0, 0, 0]])
    let small = -1 / 5.0.squareRoot()
    #expect(largestDifference(rows, [[small, -4 * small], [small, small, small]]) < 1e-7)
    #expect(whitened([[0, Double.infinity]]).joined().contains { !$0.isFinite })
  }

  @Test func equalNumbersBecomeZeroAndNotNaN() {
    #expect(whitened([[2.0, 2], [2]]) == [[0, 0], [0]])
  }
}
