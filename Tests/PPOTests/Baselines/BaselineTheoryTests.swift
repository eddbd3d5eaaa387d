import Foundation
import PPO
import Testing

/// Bias and variance of every baseline over all batches of a policy with three completions.
@Suite struct BaselineTheoryTests {
  let actions = ThreeActions()

  @Test func theFixtureIsThatOfTheDerivation() {
    let squaredNorm = ThreeActions.gradient.reduce(0) { $0 + $1 * $1 }
    #expect(abs(squaredNorm - ThreeActions.squaredNorm) < 1e-14)
  }

  static let unbiased: [any Baseline] = [
    NoBaseline(), DatasetMean(of: [0, 1, 5]), ReferenceSample(), LogMeanExponential(samples: 2),
    LeaveOneOut(),
  ]

  @Test(arguments: unbiased) func meanGradientIsThatWithoutABaseline(
    baseline: any Baseline
  ) throws {
    // E[(R − b)·∇log q] = g for every b that does not depend on y.
    let mean = try actions.moments(of: baseline, rollouts: 2).mean
    #expect(largestDifference(mean, ThreeActions.gradient) < 1e-14)
  }

  @Test(arguments: unbiased) func anOffsetOfTheRewardLeavesTheMeanGradient(
    baseline: any Baseline
  ) throws {
    let mean = try actions.moments(of: baseline, rollouts: 2, offset: 4).mean
    #expect(largestDifference(mean, ThreeActions.gradient) < 1e-13)
  }

  @Test(arguments: [2, 3, 5]) func batchMeanShortensTheGradientByItsOwnShare(n: Int) throws {
    // Own sample included: E ĝ = (n − 1)/n·g.
    let mean = try actions.moments(of: BatchMean(), rollouts: n).mean
    let expected = ThreeActions.gradient.map { $0 * Double(n - 1) / Double(n) }
    #expect(largestDifference(mean, expected) < 1e-14)
  }

  @Test(arguments: [2, 3]) func batchMeanIsLeaveOneOutTimesItsOwnShare(n: Int) throws {
    let share = Double(n - 1) / Double(n)
    let own = try actions.moments(of: BatchMean(), rollouts: n).covarianceTrace
    let others = try actions.moments(of: LeaveOneOut(), rollouts: n).covarianceTrace
    #expect(abs(own - share * share * others) < 1e-14)
  }

  // The numbers are predictions.md 3.6 at q = (.2, .3, .5).
  @Test func covarianceTracesAreThoseOfTheDerivation() throws {
    let expected: [(any Baseline, Int, Double)] = [
      (NoBaseline(), 1, 1.06613676648729),
      (DatasetMean(of: ThreeActions.rewards.indices.map { _ in 5.0 / 6 }), 1, 0.164173973268971),
      (DatasetMean(of: [ThreeActions.softValue]), 1, 0.0801328578678542),
      (ReferenceSample(), 1, 0.870285084380082), (LeaveOneOut(), 2, 0.123004112611478),
    ]
    for (baseline, rollouts, trace) in expected {
      let measured = try actions.moments(of: baseline, rollouts: rollouts).covarianceTrace
      #expect(abs(measured - trace) < 1e-12, "\(baseline)")
    }
  }

  @Test func anOffsetRaisesTheVarianceOfNoBaselineAlone() throws {
    for baseline in [ReferenceSample(), LeaveOneOut()] as [any Baseline] {
      let plain = try actions.moments(of: baseline, rollouts: 2).covarianceTrace
      let raised = try actions.moments(of: baseline, rollouts: 2, offset: 4).covarianceTrace
      #expect(abs(plain - raised) < 1e-12)
    }
    // trCov(c) = trCov* + (b* + c)²·F with b* = 1.2895338859102, F = 0.62.
    let raised = try actions.moments(of: NoBaseline(), rollouts: 1, offset: 4).covarianceTrace
    let expected = 0.035140227882678 + pow(1.2895338859102 + 4, 2) * 0.62
    #expect(abs(raised - expected) < 1e-11)
  }

  @Test func logMeanExponentialRisesFromTheReferencesMeanToTheSoftValue() {
    // E_p r = 5/6 at K = 1, below β·log Z at every K.
    let means = [1, 2, 4, 6].map { samples in
      ThreeActions.draws(samples, of: ThreeActions.reference).reduce(0) { sum, draw in
        let values = LogMeanExponential(samples: samples)
          .values(of: actions.batch([0], reference: [draw.actions]))
        return sum + draw.probability * values[0]
      }
    }
    #expect(abs(means[0] - 5.0 / 6) < 1e-14)
    #expect(means == means.sorted() && means[3] < ThreeActions.softValue)
    #expect(means[3] - means[0] > 0.3)
  }
}
