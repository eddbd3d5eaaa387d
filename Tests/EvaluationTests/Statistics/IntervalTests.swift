import Evaluation
import Foundation
import Testing

@Suite struct IntervalTests {
  // scipy 1.17.1: st.t.interval(.95, n - 1, np.mean(x), st.sem(x)).
  @Test func studentIntervalIsThatOfSciPy() {
    let interval = studentInterval(of: [3.1, -2, 7.5, 0.4, 12, 1.1, 5.5])
    #expect(abs(interval.lower + 0.47091437100626177) < 1e-12)
    #expect(abs(interval.upper - 8.356628656720549) < 1e-12)
    #expect(interval.contains(interval.estimate))
    #expect(!interval.isAboveZero && !interval.isBelowZero)
  }

  // scipy 1.17.1, on the differences .31 .12 .45 −.08 .22 .27.
  @Test func pairedIntervalIsThatOfTheDifferences() {
    let second = [1.0, -3, 0.5, 2, 10, -7]
    let differences = [0.31, 0.12, 0.45, -0.08, 0.22, 0.27]
    let interval = pairedDifferenceInterval(zip(second, differences).map(+), minus: second)
    #expect(abs(interval.estimate - 0.215) < 1e-14)
    #expect(abs(interval.lower - 0.025316141035103296) < 1e-12)
    #expect(abs(interval.upper - 0.40468385896489667) < 1e-12)
    #expect(interval.isAboveZero)
  }

  @Test func oneValueHasAnEstimateAndNoBounds() {
    let interval = studentInterval(of: [2])
    #expect(interval.estimate == 2)
    #expect(interval.lower.isNaN && interval.upper.isNaN)
    #expect(!interval.isAboveZero && !interval.contains(2))
  }

  // scipy 1.17.1: st.binomtest(k, n).proportion_ci(method='wilson').
  @Test(arguments: [
    (7.0, 10, 0.39677814746114526, 0.892208732593699), (0, 12, 0, 0.24249400665524085),
    (50, 50, 0.9286524008666412, 1),
  ])
  func wilsonIntervalIsThatOfSciPy(
    successes: Double, trials: Int, lower: Double, upper: Double
  ) {
    let interval = wilsonInterval(successes: successes, trials: trials)
    #expect(abs(interval.lower - lower) < 1e-13)
    #expect(abs(interval.upper - upper) < 1e-13)
  }

  // Wilson's bounds are where the score test is on the brink: (p̂ − p)² = z²·p(1 − p)/n.
  @Test func wilsonBoundsSolveTheScoreEquation() {
    let (interval, z) = (wilsonInterval(successes: 27.5, trials: 60), 1.959963984540054)
    for bound in [interval.lower, interval.upper] {
      let distance = interval.estimate - bound
      #expect(abs(distance * distance - z * z * bound * (1 - bound) / 60) < 1e-14)
    }
  }

  @Test func wilsonIntervalOfNoTrialsIsUnknown() {
    #expect(wilsonInterval(successes: 0, trials: 0).lower.isNaN)
  }

  // scipy 1.17.1: st.permutation_test(permutation_type='samples', n_resamples=inf).pvalue.
  @Test func signFlipProbabilityIsThatOfSciPy() {
    #expect(signFlipProbability(of: [0.31, 0.12, 0.45, -0.08, 0.22, 0.27]) == 0.0625)
  }

  @Test(arguments: [(3, 0.25), (5, 0.0625), (6, 0.03125), (10, 0.001953125)])
  func signFlipProbabilityCannotFallBelowTwoPatterns(pairs: Int, smallest: Double) {
    let differences = (1...pairs).map { 1 + Double($0) / 10 }
    #expect(signFlipProbability(of: differences) == smallest)
    #expect(signFlipProbability(of: differences.map { -$0 }) == smallest)
  }

  @Test func signFlipProbabilityOfNoDifferenceIsOne() {
    #expect(signFlipProbability(of: [0, 0, 0]) == 1)
  }

  @Test func intervalsSurviveJSON() throws {
    let interval = Interval(estimate: 0.1, lower: -1, upper: 2, confidence: 0.9)
    let data = try JSONEncoder().encode(interval)
    #expect(try JSONDecoder().decode(Interval.self, from: data) == interval)
  }
}
