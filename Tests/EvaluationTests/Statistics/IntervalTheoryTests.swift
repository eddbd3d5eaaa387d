import Datasets
import Evaluation
import Foundation
import Testing

/// n over k.
private func choose(_ n: Int, _ k: Int) -> Double {
  (0..<k).reduce(1.0) { $0 * Double(n - $1) / Double($1 + 1) }
}

@Suite struct IntervalTheoryTests {
  // scipy 1.17.1: st.t.interval(c, n − 1, np.mean(v), st.sem(v)).
  @Test func studentIntervalsAreThoseOfSciPy() {
    let cases: [([Double], Double, Double, Double)] = [
      ([1, 2], 0.95, -4.853102368087347, 7.853102368087347),
      ([5, 5, 5, 5.5], 0.9, 4.830829570649772, 5.419170429350228),
      ([1e6, 1e6 + 1, 1e6 + 3], 0.99, 999992.5804443631, 1000010.0862223037),
    ]
    for (values, confidence, lower, upper) in cases {
      let interval = studentInterval(of: values, confidence: confidence)
      #expect(abs(interval.lower / lower - 1) < 1e-12 && abs(interval.upper / upper - 1) < 1e-12)
      #expect(interval.confidence == confidence)
    }
  }

  @Test func equalValuesHaveAnIntervalOfNoWidth() {
    let interval = studentInterval(of: [2.5, 2.5, 2.5])
    #expect(interval.lower == 2.5 && interval.upper == 2.5 && interval.isAboveZero)
    #expect(studentInterval(of: []).estimate.isNaN)
  }

  @Test func unitsOfTheValuesAreThoseOfTheInterval() {
    let values = [0.3, -1.2, 2.2, 0.9]
    let (plain, scaled) = (
      studentInterval(of: values), studentInterval(of: values.map { -3 * $0 + 10 })
    )
    #expect(abs(scaled.lower - (10 - 3 * plain.upper)) < 1e-12)
    #expect(abs(scaled.upper - (10 - 3 * plain.lower)) < 1e-12)
  }

  // What all seeds share is gone from the difference, however large it is.
  @Test func pairingTakesOutWhatSeedsShare() {
    let seeds = [100.0, -50, 3000, 7]
    let gains = [1.0, 1.5, 0.5, 1.25]
    let paired = pairedDifferenceInterval(zip(seeds, gains).map(+), minus: seeds)
    let alone = studentInterval(of: gains)
    #expect(abs(paired.lower - alone.lower) < 1e-11 && abs(paired.upper - alone.upper) < 1e-11)
    let turned = pairedDifferenceInterval(seeds, minus: zip(seeds, gains).map(+))
    #expect(abs(turned.lower + paired.upper) < 1e-11 && turned.isBelowZero && paired.isAboveZero)
  }

  @Test func boundsCountAsInside() {
    let interval = Interval(estimate: 0, lower: -1, upper: 0)
    #expect(interval.contains(-1) && interval.contains(0) && !interval.contains(0.1))
    #expect(!interval.isBelowZero && !interval.isAboveZero && !interval.contains(.nan))
  }

  // scipy 1.17.1: st.binomtest(k, n).proportion_ci(c, method='wilson').
  @Test(arguments: [
    (0.0, 1, 0.95, 0.0, 0.7934506856227626), (1, 1, 0.95, 0.20654931437723745, 1),
    (3, 7, 0.9, 0.18644319036395607, 0.7105229089864071),
    (500, 1000, 0.99, 0.45940700521208483, 0.5405929947879151),
    (1, 2000, 0.95, 8.826773070546787e-05, 0.0028268625032662137),
  ])
  func wilsonIntervalsAreThoseOfSciPy(
    successes: Double, trials: Int, confidence: Double, lower: Double, upper: Double
  ) {
    let interval = wilsonInterval(successes: successes, trials: trials, confidence: confidence)
    #expect(abs(interval.lower - lower) < 1e-12 && abs(interval.upper - upper) < 1e-12)
  }

  @Test(arguments: [0.0, 1, 3.5, 9]) func failuresMirrorSuccesses(successes: Double) {
    let (wins, losses) = (
      wilsonInterval(successes: successes, trials: 10),
      wilsonInterval(successes: 10 - successes, trials: 10)
    )
    #expect(abs(wins.lower - (1 - losses.upper)) < 1e-15)
    #expect(0 <= wins.lower && wins.upper <= 1 && wins.contains(successes / 10))
  }

  // The coverage of Wilson's interval is a sum over the binomial distribution.
  @Test(arguments: [3, 6, 10], [SyntheticPopulation.normal, .skewed])
  func simulatedCoverageIsTheBinomialSum(size: Int, population: SyntheticPopulation) {
    let (p, z) = (population == .normal ? 0.5 : exp(-1.0), 1.959963984540054)
    var exact = 0.0
    for k in 0...size {
      let share = Double(k) / Double(size)
      // The bounds hold p exactly where |p̂ − p| ≤ z·√(p(1 − p)/n).
      guard abs(share - p) <= z * (p * (1 - p) / Double(size)).squareRoot() else { continue }
      exact += choose(size, k) * pow(p, Double(k)) * pow(1 - p, Double(size - k))
    }
    let found = simulatedCoverage(
      of: .wilson, sampleSize: size, population: population, replications: 4000, seed: Seed(3))
    #expect(abs(found.coverage - exact) < 5 * (exact * (1 - exact) / 4000).squareRoot() + 1e-9)
    #expect(found.sampleSize == size && found.kind == .wilson && found.population == population)
  }

  // Student's interval is exact on normal data at every confidence and size.
  @Test(arguments: [(2, 0.5), (2, 0.95), (5, 0.9), (12, 0.8)]) func studentKeepsItsPromise(
    size: Int, confidence: Double
  ) {
    let found = simulatedCoverage(
      of: .studentT, sampleSize: size, population: .normal, replications: 4000,
      confidence: confidence, seed: Seed(4))
    let error = (confidence * (1 - confidence) / 4000).squareRoot()
    #expect(abs(found.coverage - confidence) < 4 * error && found.nominal == confidence)
    #expect(abs(found.standardError - error) < 0.1 * error)
  }

  // One run resampled is itself: no bootstrap interval of it can hold a truth of a continuum.
  @Test(arguments: [IntervalKind.bootstrapMean, .bootstrapInterquartileMean])
  func bootstrapOfOneRunHoldsNothing(kind: IntervalKind) {
    let found = simulatedCoverage(
      of: kind, sampleSize: 1, population: .normal, replications: 50, resamples: 20, seed: Seed(5))
    #expect(found.coverage == 0 && found.standardError == 0)
  }
}
