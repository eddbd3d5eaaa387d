import Autograd
public import LanguageModel
public import TensorKernels

/// The exact gradients of a model on an enumerable language and the noise of their estimators.
///
/// Traces and squared norms are means over prompts of what ``ExactPolicyGradient`` and
/// ``ExactPreferenceGradient`` say of each, so that a ratio of two is the noise-to-signal ratio of
/// an estimator within prompts. The noise from drawing prompts, which no baseline of one prompt
/// changes, stands apart. One prompt is held in memory at a time.
public struct GradientReport: Sendable {
  /// E_x|g_x|² of the policy gradient.
  public private(set) var squaredNorm = 0.0
  /// E_x|g_x|² − |E_x g_x|²: what drawing prompts adds to the covariance of every estimator.
  public private(set) var promptVariance = 0.0
  /// E_x of each estimator's covariance trace, per sampled completion.
  public private(set) var covarianceTraces: [GradientEstimator: Double] = [:]
  /// E_x[b*²·F], the excess of no baseline over the optimal one.
  public private(set) var baselinePower = 0.0
  /// E_x[(V_φ − b*)²·F], the excess of the learned value over the optimal baseline, if there is one.
  public private(set) var valueErrorPower: Double?
  /// E_x|G_x|² of DPO's gradient per labelled pair.
  public private(set) var preferenceSquaredNorm = 0.0
  /// E_x of the covariance trace of DPO's gradient per labelled pair.
  public private(set) var preferenceCovarianceTrace = 0.0
  /// The cosine between DPO's direction of descent and the policy gradient, both over all prompts.
  public private(set) var cosine = 0.0

  /// Scores all completions of all prompts under the model and sums up.
  ///
  /// - Parameters:
  ///   - model: The policy.
  ///   - goal: Prompts, completions and their objectives.
  ///   - learnedValues: What a value model says of each prompt, if one is trained.
  public init<Scalar: BLASScalar>(
    of model: Transformer<Scalar>, towards goal: EnumeratedObjectives,
    learnedValues: [Double]? = nil
  ) {
    let width = model.parameters.scalarCount
    var ascent = [Double](repeating: 0, count: width)
    var descent = ascent
    for (x, prompt) in goal.prompts.enumerated() {
      let policy = ScoredPolicy(of: model, prompt: prompt, completions: goal.completions)
      let gradient = ExactPolicyGradient(policy: policy, objective: goal.objectives[x])
      let preference = ExactPreferenceGradient(policy: policy, objective: goal.objectives[x])
      add(gradient, weight: goal.frequencies[x], learnedValue: learnedValues?[x])
      preferenceSquaredNorm += goal.frequencies[x] * preference.squaredNorm
      preferenceCovarianceTrace += goal.frequencies[x] * preference.covarianceTrace
      for i in 0..<width {
        ascent[i] += goal.frequencies[x] * gradient.gradient[i]
        descent[i] += goal.frequencies[x] * preference.descent[i]
      }
    }
    promptVariance = squaredNorm - weightedSum(ascent, ascent)
    cosine =
      weightedSum(ascent, descent)
      / (weightedSum(ascent, ascent) * weightedSum(descent, descent)).squareRoot()
  }

  private mutating func add(
    _ gradient: ExactPolicyGradient, weight: Double, learnedValue: Double?
  ) {
    squaredNorm += weight * gradient.squaredNorm
    for estimator in GradientEstimator.compared {
      covarianceTraces[estimator, default: 0] += weight * gradient.covarianceTrace(of: estimator)
    }
    let best = gradient.optimalBaseline
    baselinePower += weight * best * best * gradient.fisherTrace
    guard let learnedValue else { return }
    let error = learnedValue - best
    valueErrorPower = (valueErrorPower ?? 0) + weight * error * error * gradient.fisherTrace
  }

  /// The values under the names that runs log.
  public var logged: [String: Double] {
    var values = [
      "gradient/squared_norm": squaredNorm, "gradient/prompt_variance": promptVariance,
      "gradient/baseline_power": baselinePower,
      "gradient/dpo/squared_norm": preferenceSquaredNorm,
      "gradient/dpo/trcov": preferenceCovarianceTrace, "gradient/dpo/cosine": cosine,
    ]
    for (estimator, trace) in covarianceTraces {
      values["gradient/trcov/\(estimator.name)"] = trace
    }
    if let valueErrorPower {
      values["gradient/value_error_power"] = valueErrorPower
      if let least = covarianceTraces[.optimal] {
        values["gradient/trcov/learned-value"] = least + valueErrorPower
      }
    }
    return values
  }
}
