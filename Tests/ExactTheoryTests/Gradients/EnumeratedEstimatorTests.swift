import ExactTheory
import Foundation
import Testing

/// Every covariance trace against the sum over all samples that its estimator can see.
@Suite struct EnumeratedEstimatorTests {
  @Test(arguments: 0..<12, [-1.7, 0, 0.4, 3])
  func fixedBaselinesLieOnTheParabola(draw: Int, baseline: Double) {
    let bandit = RandomBandit(draw)
    let exact = ExactPolicyGradient(policy: bandit.policy, objective: bandit.objective)
    var moments = EnumeratedMoments(width: 4)
    for y in 0..<4 {
      moments.add(
        bandit.score(y).map { $0 * (bandit.returns[y] - baseline) },
        probability: exp(bandit.logPolicy[y]))
    }
    #expect(agree(exact.covarianceTrace(baseline: baseline), moments.covarianceTrace, 1e-11))
    #expect(agree(exact.gradient, moments.mean, 1e-12))
    #expect(agree(exact.returns, bandit.returns, 1e-12))
    #expect(agree(exact.policyValue, bandit.objective.value(of: bandit.logPolicy), 1e-12))
  }

  @Test(arguments: 0..<12)
  func noBaselineHasLessVarianceThanTheOptimalOne(draw: Int) {
    let bandit = RandomBandit(draw)
    let exact = ExactPolicyGradient(policy: bandit.policy, objective: bandit.objective)
    let least = exact.covarianceTrace(baseline: exact.optimalBaseline)
    #expect(agree(least, exact.leastCovarianceTrace, 1e-12))
    for baseline in [exact.optimalBaseline + 1e-3, exact.optimalBaseline - 1e-3] {
      #expect(exact.covarianceTrace(baseline: baseline) > least)
    }
  }

  // b = r(y′) with y and y′ independent: all 16 pairs.
  @Test(arguments: 0..<12)
  func referenceSampleIsThatOfAllPairs(draw: Int) {
    let bandit = RandomBandit(draw)
    let exact = ExactPolicyGradient(policy: bandit.policy, objective: bandit.objective)
    var moments = EnumeratedMoments(width: 4)
    for y in 0..<4 {
      for other in 0..<4 {
        moments.add(
          bandit.score(y).map { $0 * (bandit.returns[y] - bandit.objective.rewards[other]) },
          probability: exp(bandit.logPolicy[y] + bandit.objective.logReference[other]))
      }
    }
    #expect(agree(exact.referenceSampleCovarianceTrace(), moments.covarianceTrace, 1e-11))
    #expect(agree(exact.logMeanExpCovarianceTrace(samples: 1), moments.covarianceTrace, 1e-11))
  }

  @Test(arguments: 0..<12)
  func leaveOneOutIsThatOfAllPairs(draw: Int) {
    check(draw, samples: (0..<4).flatMap { a in (0..<4).map { [a, $0] } })
  }

  @Test(arguments: 0..<12)
  func leaveOneOutIsThatOfAllTriples(draw: Int) {
    check(
      draw,
      samples: (0..<4).flatMap { a in (0..<4).flatMap { b in (0..<4).map { [a, b, $0] } } })
  }

  @Test(arguments: 0..<4)
  func leaveOneOutIsThatOfAllQuadruples(draw: Int) {
    check(draw, samples: (0..<256).map { [$0 / 64, $0 / 16 % 4, $0 / 4 % 4, $0 % 4] })
  }

  private func check(_ draw: Int, samples: [[Int]]) {
    let bandit = RandomBandit(draw)
    let exact = ExactPolicyGradient(policy: bandit.policy, objective: bandit.objective)
    let k = samples[0].count
    var leaveOneOut = EnumeratedMoments(width: 4)
    var batchMean = EnumeratedMoments(width: 4)
    for sample in samples {
      let probability = sample.reduce(1) { $0 * exp(bandit.logPolicy[$1]) }
      let sum = sample.reduce(0) { $0 + bandit.returns[$1] }
      var (alone, together) = ([Double](repeating: 0, count: 4), [Double](repeating: 0, count: 4))
      for y in sample {
        let own = bandit.returns[y]
        for (i, s) in bandit.score(y).enumerated() {
          alone[i] += (own - (sum - own) / Double(k - 1)) * s / Double(k)
          together[i] += (own - sum / Double(k)) * s / Double(k)
        }
      }
      leaveOneOut.add(alone, probability: probability)
      batchMean.add(together, probability: probability)
    }
    #expect(
      agree(exact.leaveOneOutCovarianceTrace(samples: k), leaveOneOut.covarianceTrace, 1e-11))
    #expect(agree(exact.batchMeanCovarianceTrace(samples: k), batchMean.covarianceTrace, 1e-11))
    #expect(agree(leaveOneOut.mean, exact.gradient, 1e-11))
  }

  // Exactly zero in theory; the square of rounding of a thousand over β in practice.
  @Test(arguments: [0.05, 1, 5], [0, 1000.0])
  func baselinedEstimatorsHaveNoVarianceAtTheOptimum(beta: Double, offset: Double) {
    let bandit = RandomBandit(3, actions: 9, beta: beta, offset: offset)
    let optimum = ScoredPolicy(tabular: bandit.objective.optimalLogProbabilities)
    let exact = ExactPolicyGradient(policy: optimum, objective: bandit.objective)
    for trace in [
      exact.covarianceTrace(baseline: exact.softValue),
      exact.covarianceTrace(baseline: exact.policyValue),
      exact.covarianceTrace(baseline: exact.optimalBaseline),
      exact.leaveOneOutCovarianceTrace(samples: 2), exact.batchMeanCovarianceTrace(samples: 8),
    ] {
      #expect(trace >= 0 && trace < 1e-20, "\(trace)")
    }
    let none = exact.softValue * exact.softValue * exact.fisherTrace
    #expect(agree(exact.covarianceTrace(baseline: 0), none, 1e-10))
  }

  @Test(arguments: 0..<8)
  func anOffsetMovesTheEstimatorWithoutBaselineOnly(draw: Int) {
    let (bandit, moved) = (RandomBandit(draw), RandomBandit(draw, offset: 512))
    let exact = ExactPolicyGradient(policy: bandit.policy, objective: bandit.objective)
    let shifted = ExactPolicyGradient(policy: moved.policy, objective: moved.objective)
    #expect(agree(shifted.gradient, exact.gradient, 1e-9))
    for k in [2, 4, 16] {
      #expect(
        agree(
          shifted.logMeanExpCovarianceTrace(samples: k),
          exact.logMeanExpCovarianceTrace(samples: k), 1e-9))
    }
    // Greensmith (2004): trCov_none(c) = trCov(b*) + (b* + c)²·F.
    let distance = exact.optimalBaseline + 512
    let expected =
      exact.covarianceTrace(baseline: exact.optimalBaseline)
      + distance * distance * exact.fisherTrace
    #expect(agree(shifted.covarianceTrace(baseline: 0), expected, 1e-11))
  }

  // With two actions the optimal baseline leaves one value of (R − b)·s: no variance at all.
  @Test(arguments: 0..<8)
  func twoActionsHaveNoVarianceUnderTheOptimalBaseline(draw: Int) {
    let bandit = RandomBandit(draw, actions: 2)
    let exact = ExactPolicyGradient(policy: bandit.policy, objective: bandit.objective)
    #expect(exact.squaredNorm > 1e-6)
    #expect(exact.leastCovarianceTrace < 1e-28)
  }
}
