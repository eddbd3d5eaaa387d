import Datasets
import Evaluation
import ExactTheory
import PPO
import RealModule
import TensorKernels

/// An exact covariance trace beside its estimate from sampled gradients.
package struct MonteCarloCheck: Codable, Sendable {
  /// The estimator's name.
  package var name: String
  /// The exact trace per sampled completion.
  package var exact: Double
  /// The mean of |ĝ − g|² over the samples, times the completions that one ĝ averages.
  package var estimate: Double
  /// The standard error of that mean.
  package var standardError: Double
  /// (estimate − exact)/standard error.
  package var deviation: Double { (estimate - exact) / standardError }

  /// Samples every estimator half-way along the path, where all of them have noise and signal.
  static func all(of instance: VarianceInstance, samples: Int) -> [MonteCarloCheck] {
    GradientEstimator.compared.map { MonteCarloCheck($0, of: instance, samples: samples) }
  }

  private init(_ estimator: GradientEstimator, of instance: VarianceInstance, samples: Int) {
    let sampler = GradientSampler(instance, at: 0.5)
    let squares = (0..<samples).map { index in
      var generator = Seed(1).generator(for: "variance.monte-carlo.\(estimator.name)", index: index)
      return sampler.squaredError(of: estimator, using: &generator)
    }
    name = estimator.name
    exact = sampler.gradient.covarianceTrace(of: estimator)
    estimate = mean(of: squares)
    standardError = Evaluation.standardError(of: squares)
  }
}

/// Draws the gradient that a trainer would see, for one prompt.
private struct GradientSampler {
  let gradient: ExactPolicyGradient
  private let policy: ScoredPolicy
  private let objective: ExactObjective
  private let policyShares: [Double]
  private let referenceShares: [Double]

  init(_ instance: VarianceInstance, at t: Double) {
    policy = instance.policy(at: t)
    objective = instance.objective
    gradient = instance.gradient(at: t)
    policyShares = policy.logProbabilities.map { .exp($0) }
    referenceShares = objective.logReference.map { .exp($0) }
  }

  /// |ĝ − g|² of one estimate, times the completions in it.
  func squaredError(
    of estimator: GradientEstimator, using generator: inout CounterGenerator
  ) -> Double {
    var completions = [draw(policyShares, using: &generator)]
    switch estimator {
    case .leaveOneOut(let count), .batchMean(let count):
      for _ in 1..<count { completions.append(draw(policyShares, using: &generator)) }
    default: break
    }
    let returns = completions.map { gradient.returns[$0] }
    let sum = returns.reduce(0, +)
    let others = Double(max(1, completions.count - 1))
    let fixed =
      estimator.baseline == .batchMean
      ? sum / Double(completions.count) : baseline(of: estimator, using: &generator)
    // With the own return in it, the mean of the estimates is as much shorter than the gradient.
    let length = estimator.baseline == .batchMean ? others / Double(completions.count) : 1
    var estimate = gradient.gradient.map { -(length * $0) }
    for (y, value) in zip(completions, returns) {
      let baseline = fixed ?? (sum - value) / others
      let weight = (value - baseline) / Double(completions.count)
      for i in estimate.indices { estimate[i] += weight * policy.scores[y * estimate.count + i] }
    }
    return Double(completions.count) * estimate.reduce(0) { $0 + $1 * $1 }
  }

  /// The baseline, drawn where it is random; nil for the mean of the other completions.
  private func baseline(
    of estimator: GradientEstimator, using generator: inout CounterGenerator
  ) -> Double? {
    switch estimator {
    case .none: return 0
    case .datasetMean: return gradient.referenceMean
    case .referenceSample: return objective.rewards[draw(referenceShares, using: &generator)]
    case .logMeanExp(let count):
      let exponents = (0..<count).map { _ in
        objective.rewards[draw(referenceShares, using: &generator)] / objective.beta
      }
      return objective.beta * (logSumOfExponentials(exponents) - .log(Double(count)))
    case .leaveOneOut, .batchMean: return nil
    case .softValue: return gradient.softValue
    case .policyValue: return gradient.policyValue
    case .optimal: return gradient.optimalBaseline
    }
  }

  private func draw(_ shares: [Double], using generator: inout CounterGenerator) -> Int {
    var left = generator.uniform()
    for (index, share) in shares.enumerated() {
      left -= share
      if left < 0 { return index }
    }
    return shares.count - 1
  }
}
