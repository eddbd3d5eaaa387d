import Datasets
import Evaluation
import TensorKernels
import Testing

@Suite struct HypothesisTestTests {
  private func estimate(_ values: [Double]) -> MeanEstimate {
    MeanEstimate(
      mean: mean(of: values), standardError: standardError(of: values), count: values.count)
  }

  /// Student's own example: hours of sleep gained by ten patients under the second drug less the first.
  private let sleep = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]

  @Test func pairedTestIsThatOfStudentsSleepData() {
    // R prints t = 4.0621, df = 9, p-value = 0.002833 for t.test(extra ~ group, paired = TRUE).
    #expect(abs(estimate(sleep).pValue(against: 0) - 0.002833) < 5e-7)
  }

  @Test func pIsBelowFivePercentExactlyWhereTheIntervalLeavesTheBoundOut() {
    let interval = studentInterval(of: sleep)
    let found = MeanEstimate(
      mean: interval.estimate, low: interval.lower, high: interval.upper, count: sleep.count)
    #expect(abs(found.standardError - standardError(of: sleep)) < 1e-12)
    for end in [interval.lower, interval.upper] {
      #expect(abs(found.pValue(against: end) - 0.05) < 1e-9)
    }
  }

  @Test func equivalenceIsTheNinetyPercentIntervalWithinTheMargin() {
    let interval = studentInterval(of: sleep, confidence: 0.9)
    // The upper end is the farther one; a margin that just reaches it has p = 0.05.
    #expect(abs(estimate(sleep).equivalenceP(margin: interval.upper) - 0.05) < 1e-9)
    #expect(estimate(sleep).equivalenceP(margin: 0.99 * interval.upper) > 0.05)
    #expect(estimate(sleep).equivalenceP(margin: 1.01 * interval.upper) < 0.05)
  }

  @Test func valuesThatDoNotDifferLeaveNoDoubt() {
    let equal = MeanEstimate(mean: 1, standardError: 0, count: 5)
    #expect(equal.pValue(against: 0) == 0 && equal.pValue(against: 1) == 1)
    #expect(equal.equivalenceP(margin: 2) == 0 && equal.equivalenceP(margin: 0.5) == 1)
  }

  @Test func holmIsAsPublished() {
    // R, p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm").
    for (found, expected) in zip(
      holmAdjusted([0.01, 0.02, 0.03, 0.04, 0.05]), [0.05, 0.08, 0.09, 0.09, 0.09])
    {
      #expect(abs(found - expected) < 1e-12)
    }
    // Holm (1979) by hand: 0.005·4, then 0.01·3 and 0.03·2 in order, and 0.04 held up to 0.06.
    let unordered = holmAdjusted([0.01, 0.04, 0.03, 0.005])
    for (found, expected) in zip(unordered, [0.03, 0.06, 0.06, 0.02]) {
      #expect(abs(found - expected) < 1e-12)
    }
    #expect(holmAdjusted([]).isEmpty && holmAdjusted([0.6, 0.7]) == [1, 1])
  }

  /// Rejections over simulated experiments; four standard errors of 4,000 trials at 5 % are 0.014.
  private func share(_ trials: Int = 4000, where event: (inout CounterGenerator) -> Bool) -> Double
  {
    var generator = Seed(7).generator(for: "tests.hypotheses")
    return Double((0..<trials).count { _ in event(&generator) }) / Double(trials)
  }

  private func draws(_ mean: Double, using generator: inout CounterGenerator) -> MeanEstimate {
    estimate((0..<6).map { _ in mean + generator.normal() })
  }

  @Test func holmKeepsTheFamilyWiseErrorWhereUncorrectedTestsDoNot() {
    // Twelve hypotheses, nine of them true: uncorrected, 1 − 0.95⁹ = 0.37 of the families err.
    func errs(_ adjust: ([Double]) -> [Double], _ generator: inout CounterGenerator) -> Bool {
      let p = (0..<12).map { draws($0 < 9 ? 0 : 3, using: &generator).pValue(against: 0) }
      return adjust(p).prefix(9).contains { $0 < 0.05 }
    }
    let corrected = share { errs(holmAdjusted, &$0) }
    let uncorrected = share { errs({ $0 }, &$0) }
    #expect(corrected < 0.05 + 0.014 && corrected > 0.015)
    // Four standard errors of 4,000 trials at 0.37 are 0.031.
    #expect(abs(uncorrected - 0.3698) < 0.031)
  }

  @Test func equivalenceErrsInFivePercentAtTheMarginAndFindsWhatIsEqual() {
    let atMargin = share { draws(3, using: &$0).equivalenceP(margin: 3) < 0.05 }
    #expect(abs(atMargin - 0.05) < 0.014)
    let equal = share(1000) { draws(0, using: &$0).equivalenceP(margin: 3) < 0.05 }
    #expect(equal > 0.95)
    let tooFewForTheMargin = share(1000) { draws(0, using: &$0).equivalenceP(margin: 0.2) < 0.05 }
    #expect(tooFewForTheMargin < 0.05)
  }
}
