import Autograd
package import LanguageModel
package import TensorKernels

/// The exact gradients of a model on an enumerable language and the noise of their estimators.
///
/// Traces and squared norms are means over prompts of what ``ExactPolicyGradient`` and
/// ``ExactPreferenceGradient`` say of each, so that a ratio of two is the noise-to-signal ratio of
/// an estimator within prompts. The noise from drawing prompts, which no baseline of one prompt
/// changes, stands apart. One prompt is held in memory at a time.
package struct GradientReport: Sendable {
  /// E_x|g_x|² of the policy gradient.
  package private(set) var squaredNorm = 0.0
  /// E_x|g_x|² − |E_x g_x|²: what drawing prompts adds to the covariance of every estimator.
  package private(set) var promptVariance = 0.0
  /// E_x of each estimator's covariance trace, per sampled completion.
  package private(set) var covarianceTraces: [GradientEstimator: Double] = [:]
  /// E_x[b*²·F], the excess of no baseline over the optimal one.
  package private(set) var baselinePower = 0.0
  /// E_x[(V_φ − b*)²·F], the excess of the learned value over the optimal baseline, if there is one.
  package private(set) var valueErrorPower: Double?
  /// E_x|G_x|² of DPO's gradient per labelled pair.
  package private(set) var preferenceSquaredNorm = 0.0
  /// E_x of the covariance trace of DPO's gradient per labelled pair.
  package private(set) var preferenceCovarianceTrace = 0.0
  /// The cosine between DPO's direction of descent and the policy gradient, both over all prompts.
  package private(set) var cosine = 0.0

  /// Scores all completions of all prompts under the model and sums up.
  ///
  /// - Parameters:
  ///   - model: The policy.
  ///   - goal: Prompts, completions and their objectives.
  ///   - learnedValues: What a value model says of each prompt, if one is trained.
  package init<Scalar: TensorScalar>(
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
  package var logged: [String: Double] {
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

/// One gradient vector for each completion, as the rows of a matrix in Double.
struct GradientRows: Sendable {
  /// The most bytes that a matrix may take, 2 GiB.
  static let largestSize = 1 << 31

  /// The values, row by row.
  let values: [Double]
  /// The number of rows n.
  let count: Int
  /// The length P of a row.
  let width: Int
  /// |row|² of each row.
  let squaredNorms: [Double]

  init(_ values: [Double], count: Int, width: Int) {
    precondition(
      values.count == count * width, "\(values.count) values for \(count) rows of \(width)")
    (self.values, self.count, self.width) = (values, count, width)
    squaredNorms = (0..<count).map { row in
      var sum = 0.0
      for i in (row * width)..<((row + 1) * width) { sum += values[i] * values[i] }
      return sum
    }
  }

  /// Stops before a matrix that would not fit.
  static func requireRoom(count: Int, width: Int) {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: width * 8)
    precondition(
      !overflow && bytes <= largestSize,
      "\(count) gradients of \(width) parameters take \(bytes) bytes, more than \(largestSize)")
  }

  /// The sum Σ cᵧ·rowᵧ.
  func combination(_ coefficients: [Double]) -> [Double] {
    precondition(coefficients.count == count, "\(coefficients.count) coefficients, \(count) rows")
    var result = [Double](repeating: 0, count: width)
    var span = result.mutableSpan
    Double.multiply(
      MatrixProduct(rows: 1, inner: count, columns: width), coefficients.span, values.span,
      into: &span)
    return result
  }

  /// The sum Σ pᵧ·|cᵧ·rowᵧ − center|², which cannot turn negative by rounding.
  func spread(_ coefficients: [Double], around center: [Double], weights: [Double]) -> Double {
    var sum = 0.0
    for row in 0..<count {
      var squares = 0.0
      let start = row * width
      for i in 0..<width {
        let difference = coefficients[row] * values[start + i] - center[i]
        squares += difference * difference
      }
      sum += weights[row] * squares
    }
    return sum
  }

  /// All inner products, count × count; only those on and above the diagonal are multiplied out.
  func gram() -> [Double] {
    var result = [Double](repeating: 0, count: count * count)
    for start in stride(from: 0, to: count, by: Self.gramBlock) {
      let rows = min(Self.gramBlock, count - start)
      let columns = count - start
      var block = [Double](repeating: 0, count: rows * columns)
      var span = block.mutableSpan
      Double.multiply(
        MatrixProduct(rows: rows, inner: width, columns: columns, right: .transposed),
        values.span.extracting((start * width)..<((start + rows) * width)),
        values.span.extracting((start * width)..<(count * width)), into: &span)
      for i in 0..<rows {
        for j in i..<columns {
          result[(start + i) * count + start + j] = block[i * columns + j]
          result[(start + j) * count + start + i] = block[i * columns + j]
        }
      }
    }
    return result
  }

  private static let gramBlock = 256
}
