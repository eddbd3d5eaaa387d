import ExactTheory
import RealModule
import TensorKernels

/// The first act: the variance argument on listed completions, where every number is a sum.
package struct ExactAct: Codable, Sendable {
  /// Where the baselines lie on the parabola of the variance.
  package struct Parabola: Codable, Sendable {
    /// b*, the lowest point.
    package var optimalBaseline: Double
    /// trCov(b*).
    package var leastCovarianceTrace: Double
    /// F, the curvature.
    package var fisherTrace: Double
    /// The baselines: those of one number on the parabola, random ones above it.
    package var marks: [Mark]
  }

  /// A baseline on the parabola.
  package struct Mark: Codable, Sendable {
    /// The estimator's name.
    package var name: String
    /// The estimator's label.
    package var label: String
    /// The baseline, or the mean of a random one.
    package var baseline: Double
    /// The covariance trace.
    package var covarianceTrace: Double
  }

  /// An estimator's noise-to-signal ratio along a path.
  package struct Curve: Codable, Sendable {
    /// The estimator's name.
    package var name: String
    /// The estimator's label.
    package var label: String
    /// The places: u = 1 − t, or the offset in standard deviations of the reward.
    package var x: [Double]
    /// trCov/|g|² per sampled completion.
    package var noiseToSignal: [Double]
    /// The fitted exponent of u for every instance; empty off the annealing path.
    package var slopes: [Double] = []
  }

  /// The parabola of the worked example at one of its policies.
  package var parabola: Parabola
  /// Along the annealing path, against u = 1 − t, on the first instance.
  package var path: [Curve]
  /// At the reference, against an offset of the rewards in their standard deviations.
  package var offsets: [Curve]
  /// The exact trace and its estimate from samples, for every estimator.
  package var monteCarlo: [MonteCarloCheck]

  /// Computes everything.
  ///
  /// - Parameters:
  ///   - instances: How many made-up prompts the slopes are fitted on.
  ///   - samples: How many gradients the estimate of each trace averages.
  package init(instances: Int = 5, samples: Int = 100_000) {
    let all = Self.instances(instances)
    parabola = Self.parabola()
    path = GradientEstimator.compared.map { Self.pathCurve($0, all) }
    offsets = GradientEstimator.compared.map { Self.offsetCurve($0, all[0].centred) }
    monteCarlo = MonteCarloCheck.all(of: all[0], samples: samples)
  }

  /// Made-up prompts, the first ones of an endless row.
  static func instances(_ count: Int = 5) -> [VarianceInstance] {
    (1...count).map { VarianceInstance(seed: $0) }
  }

  /// The bandit of the worked example: p = (1/2, 1/3, 1/6), r = (0, 1, 3), β = 1.
  static let workedExample = ExactObjective(
    logReference: [1.0 / 2, 1.0 / 3, 1.0 / 6].map { Double.log($0) }, rewards: [0, 1, 3], beta: 1)

  /// A policy on the way from its reference to its optimum.
  static let workedPolicy = [0.2, 0.3, 0.5].map { Double.log($0) }

  private static func parabola() -> Parabola {
    let gradient = ExactPolicyGradient(
      policy: ScoredPolicy(tabular: workedPolicy), objective: workedExample)
    let means: [(GradientEstimator, Double)] = [
      (.none, 0), (.datasetMean, gradient.referenceMean),
      (.referenceSample, gradient.referenceMean),
      (.logMeanExp(samples: 4), logMeanExpMoments(objective: workedExample, samples: 4).mean),
      (.leaveOneOut(samples: 4), gradient.policyValue), (.softValue, gradient.softValue),
      (.policyValue, gradient.policyValue), (.optimal, gradient.optimalBaseline),
    ]
    return Parabola(
      optimalBaseline: gradient.optimalBaseline,
      leastCovarianceTrace: gradient.leastCovarianceTrace, fisherTrace: gradient.fisherTrace,
      marks: means.map { estimator, mean in
        Mark(
          name: estimator.name, label: estimator.label, baseline: mean,
          covarianceTrace: gradient.covarianceTrace(of: estimator))
      })
  }

  /// The places u of the path's figure: 25 from 10⁻³ to 1, evenly spaced on a log axis.
  static let path = (0...24).map { Double.exp10(-3 + Double($0) / 8) }
  /// The places of the fit, 10⁻³ to 2·10⁻².
  static let fitted = (0...8).map { 1e-3 * Double.pow(20, Double($0) / 8) }

  private static func pathCurve(
    _ estimator: GradientEstimator, _ instances: [VarianceInstance]
  ) -> Curve {
    let ratio = { (instance: VarianceInstance, u: Double) in
      instance.gradient(at: 1 - u).noiseToSignal(of: estimator)
    }
    let slopes = instances.map { instance in
      slope(of: fitted.map { .log(ratio(instance, $0)) }, against: fitted.map { .log($0) })
    }
    return Curve(
      name: estimator.name, label: estimator.label, x: path,
      noiseToSignal: path.map { ratio(instances[0], $0) }, slopes: slopes)
  }

  private static func offsetCurve(
    _ estimator: GradientEstimator, _ instance: VarianceInstance
  ) -> Curve {
    let offsets = (-16...16).map { Double($0) / 4 }
    let deviation = instance.rewardDeviation
    return Curve(
      name: estimator.name, label: estimator.label, x: offsets,
      noiseToSignal: offsets.map { offset in
        instance.raised(by: offset * deviation).gradient(at: 0).noiseToSignal(of: estimator)
      })
  }
}

/// The least-squares slope Σ(x − x̄)(y − ȳ)/Σ(x − x̄)².
func slope(of y: [Double], against x: [Double]) -> Double {
  let (meanX, meanY) = (mean(of: x), mean(of: y))
  let products = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
  return products / x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
}
