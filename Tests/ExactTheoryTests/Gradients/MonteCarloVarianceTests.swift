import Datasets
import Evaluation
import ExactTheory
import Foundation
import TensorKernels
import Testing

/// 10⁵ seeded samples of every estimator against its exact covariance trace, four standard errors.
///
/// With g known, trCov is the mean of |ĝ − g|² over independent samples; its standard error is that
/// of a mean.
@Suite struct MonteCarloVarianceTests {
  private static let samples = 100_000
  private let bandit = RandomBandit(6, actions: 5, beta: 0.8, offset: 1)

  private func check(
    _ name: String, mean: [Double], trace: Double,
    sample: (inout CounterGenerator) -> [Double]
  ) {
    var generator = Seed(5).generator(for: "test.variance." + name)
    let distances = (0..<Self.samples).map { _ in
      zip(sample(&generator), mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    let error = standardError(of: distances)
    let found = TensorKernels.mean(of: distances)
    #expect(abs(found - trace) < 4 * error, "\(name): \(found) ± \(error) against \(trace)")
    #expect(error < 0.05 * trace)
  }

  private func draw(_ logs: [Double], _ generator: inout CounterGenerator) -> Int {
    var rest = Double.random(in: 0..<1, using: &generator)
    for (y, log) in logs.enumerated() {
      rest -= exp(log)
      if rest < 0 { return y }
    }
    return logs.count - 1
  }

  private func scaledScore(_ factor: Double, _ y: Int) -> [Double] {
    bandit.score(y).map { $0 * factor }
  }

  @Test func baselinesOfOneSample() {
    let exact = ExactPolicyGradient(policy: bandit.policy, objective: bandit.objective)
    let (logs, returns) = (bandit.logPolicy, bandit.returns)
    for (name, baseline) in [
      ("none", 0), ("soft", exact.softValue), ("value", exact.policyValue),
      ("optimal", exact.optimalBaseline), ("mean", exact.referenceMean),
    ] {
      check(name, mean: exact.gradient, trace: exact.covarianceTrace(baseline: baseline)) {
        let y = draw(logs, &$0)
        return scaledScore(returns[y] - baseline, y)
      }
    }
  }

  @Test(arguments: [1, 4, 16])
  func baselinesOfReferenceSamples(k: Int) {
    let exact = ExactPolicyGradient(policy: bandit.policy, objective: bandit.objective)
    let objective = bandit.objective
    check(
      "reference.\(k)", mean: exact.gradient, trace: exact.logMeanExpCovarianceTrace(samples: k)
    ) { generator in
      let y = draw(bandit.logPolicy, &generator)
      let sum = (0..<k).reduce(0) { sum, _ in
        sum + exp(objective.rewards[draw(objective.logReference, &generator)] / objective.beta)
      }
      return scaledScore(bandit.returns[y] - objective.beta * log(sum / Double(k)), y)
    }
  }

  @Test(arguments: [2, 4, 8])
  func leaveOneOut(k: Int) {
    let exact = ExactPolicyGradient(policy: bandit.policy, objective: bandit.objective)
    check(
      "loo.\(k)", mean: exact.gradient, trace: exact.leaveOneOutCovarianceTrace(samples: k)
    ) { generator in
      let drawn = (0..<k).map { _ in draw(bandit.logPolicy, &generator) }
      let mean = drawn.reduce(0) { $0 + bandit.returns[$1] } / Double(k)
      return drawn.reduce([Double](repeating: 0, count: 5)) { sum, y in
        zip(sum, scaledScore((bandit.returns[y] - mean) / Double(k - 1), y)).map { $0 + $1 }
      }
    }
  }

  @Test func preferencePairs() {
    let objective = bandit.objective
    let exact = ExactPreferenceGradient(policy: bandit.policy, objective: objective)
    func sigma(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    check("pairs", mean: exact.descent, trace: exact.covarianceTrace) { generator in
      var (chosen, rejected) = (
        draw(objective.logReference, &generator), draw(objective.logReference, &generator)
      )
      let probability = sigma(objective.rewards[chosen] - objective.rewards[rejected])
      if Double.random(in: 0..<1, using: &generator) >= probability { swap(&chosen, &rejected) }
      let margin =
        objective.beta
        * (bandit.logPolicy[chosen] - objective.logReference[chosen]
          - bandit.logPolicy[rejected] + objective.logReference[rejected])
      let weight = objective.beta * sigma(-margin)
      return zip(scaledScore(weight, chosen), scaledScore(weight, rejected)).map { $0 - $1 }
    }
  }
}
