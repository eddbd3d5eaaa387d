package import PPO
import RealModule

/// An estimator of the policy gradient of one prompt whose noise is known exactly.
///
/// Its baseline is one of ``BaselineKind``, whose names these have; the learned value depends on
/// training and is therefore none of them.
package enum GradientEstimator: Hashable, Sendable {
  /// No baseline at all.
  case none
  /// The reference's expected reward E_p[r], which the mean over a data set estimates.
  case datasetMean
  /// The reward of one reference completion.
  case referenceSample
  /// β·log of the mean of exp(r/β) over k reference completions.
  case logMeanExp(samples: Int)
  /// The mean return of all k completions of the prompt, the own one included.
  case batchMean(samples: Int)
  /// The mean return of the k − 1 other completions of the prompt.
  case leaveOneOut(samples: Int)
  /// The soft value V* = β·log Z.
  case softValue
  /// The policy's own value V^q.
  case policyValue
  /// The baseline of least variance, b*.
  case optimal

  /// The estimators that figures and tables compare.
  package static let compared: [GradientEstimator] = [
    .none, .datasetMean, .referenceSample, .logMeanExp(samples: 4), .logMeanExp(samples: 16),
    .leaveOneOut(samples: 4), .softValue, .policyValue, .optimal,
  ]

  /// Its baseline.
  package var baseline: BaselineKind {
    switch self {
    case .none: .none
    case .datasetMean: .datasetMean
    case .referenceSample: .referenceSample
    case .logMeanExp: .logMeanExponential
    case .batchMean: .batchMean
    case .leaveOneOut: .leaveOneOut
    case .softValue: .softValue
    case .policyValue: .policyValue
    case .optimal: .optimal
    }
  }

  /// The number of completions that it reads; nil where the baseline leaves no choice.
  package var samples: Int? {
    switch self {
    case .logMeanExp(let samples), .batchMean(let samples), .leaveOneOut(let samples): samples
    case .none, .datasetMean, .referenceSample, .softValue, .policyValue, .optimal: nil
    }
  }

  /// The name in specifications, with the number of samples where there is one.
  package var name: String { baseline.rawValue + (samples.map { "-\($0)" } ?? "") }

  /// The baseline in words, for a legend.
  package var label: String {
    switch self {
    case .none: "none"
    case .datasetMean: "reference mean E_ref[r]"
    case .referenceSample: "one reference sample"
    case .logMeanExp(let samples): "log-mean-exp of \(samples)"
    case .batchMean(let samples): "batch mean of \(samples)"
    case .leaveOneOut(let samples): "leave-one-out of \(samples)"
    case .softValue: "soft value β log Z"
    case .policyValue: "policy value"
    case .optimal: "variance-optimal"
    }
  }
}

extension ExactPolicyGradient {
  /// The covariance trace of an estimator for each completion that it samples from the policy.
  ///
  /// One that averages k completions is k times as noisy a completion as its mean is.
  package func covarianceTrace(of estimator: GradientEstimator) -> Double {
    switch estimator {
    case .none: covarianceTrace(baseline: 0)
    case .datasetMean: covarianceTrace(baseline: referenceMean)
    case .referenceSample: referenceSampleCovarianceTrace()
    case .logMeanExp(let samples): logMeanExpCovarianceTrace(samples: samples)
    case .batchMean(let samples):
      Double(samples) * batchMeanCovarianceTrace(samples: samples)
    case .leaveOneOut(let samples):
      Double(samples) * leaveOneOutCovarianceTrace(samples: samples)
    case .softValue: covarianceTrace(baseline: softValue)
    case .policyValue: covarianceTrace(baseline: policyValue)
    case .optimal: leastCovarianceTrace
    }
  }

  /// The noise-to-signal ratio of an estimator, trCov/|g|² per sampled completion.
  package func noiseToSignal(of estimator: GradientEstimator) -> Double {
    ExactTheory.noiseToSignal(
      covarianceTrace: covarianceTrace(of: estimator), squaredNorm: squaredNorm)
  }
}

/// The noise of a gradient estimator against its signal, trCov/|g|²: the gradient noise scale.
///
/// McCandlish (2018), equation 2.9: the number of samples whose mean has as much noise as signal.
/// Infinite where the gradient is zero and the noise is not; NaN where both are zero.
package func noiseToSignal(covarianceTrace: Double, squaredNorm: Double) -> Double {
  covarianceTrace / squaredNorm
}

/// The signal of a gradient estimator against its noise, |g|²/trCov.
package func signalToNoise(covarianceTrace: Double, squaredNorm: Double) -> Double {
  squaredNorm / covarianceTrace
}

/// An objective whose rewards are taken from the largest and whose values from the soft value.
///
/// A constant added to all rewards changes neither, so that differences keep their digits.
struct CentredObjective: Sendable {
  let logReference: [Double]
  let beta: Double
  /// r − max r.
  let rewards: [Double]
  let largestReward: Double
  /// β·log Σ p·exp((r − max r)/β) = V* − max r.
  let softValueBelowLargest: Double

  init(_ objective: ExactObjective) {
    let largest = objective.rewards.max() ?? 0
    (logReference, beta, largestReward) = (objective.logReference, objective.beta, largest)
    rewards = objective.rewards.map { $0 - largest }
    softValueBelowLargest =
      beta
      * logSumOfExponentials(zip(logReference, rewards).map { [beta] in $0 + $1 / beta })
  }

  /// V* = β·log Z.
  var softValue: Double { largestReward + softValueBelowLargest }

  /// E_p[r] − V*, which is −β·KL(p‖π*).
  var referenceMean: Double {
    expectation(of: rewards, under: logReference) - softValueBelowLargest
  }

  /// Var_p[r].
  var referenceVariance: Double {
    let mean = expectation(of: rewards, under: logReference)
    return expectation(of: rewards.map { ($0 - mean) * ($0 - mean) }, under: logReference)
  }

  /// The returns from the soft value, R − V* = β·log(π*/q).
  func advantages(of logPolicy: [Double]) -> [Double] {
    logPolicy.indices.map { y in
      beta * (logReference[y] - logPolicy[y]) + (rewards[y] - softValueBelowLargest)
    }
  }

  /// The mean from V*, and the variance, of β·log((1/k)·Σ exp(r(yᵢ)/β)) with yᵢ ~ p.
  func logMeanExpMoments(samples k: Int) -> (mean: Double, variance: Double) {
    precondition(k > 0, "the mean of \(k) exponentials")
    guard k > 1 else { return (referenceMean, referenceVariance) }
    let law = LogMeanLaw(
      masses: logReference.map { Double.exp($0) }, logValues: rewards.map { $0 / beta }, samples: k)
    let moments = law.moments()
    return (beta * moments.mean, beta * beta * moments.variance)
  }
}

/// The policies between the reference and the optimum, in closed form.
///
///     q_t ∝ p·exp(t·r/β)        q₀ = p        q₁ = π*
///
/// Rafailov (2023), equation 4 with the reward scaled by t. With u = 1 − t the gradient along the
/// path is u·Cov(r, s), so that it vanishes linearly at the optimum.
package struct AnnealingPath: Sendable {
  private let objective: ExactObjective

  /// The path towards the optimum of an objective.
  package init(objective: ExactObjective) { self.objective = objective }

  /// The log-probabilities of q_t.
  package func logProbabilities(at t: Double) -> [Double] {
    let largest = objective.rewards.max() ?? 0
    return normalized(
      zip(objective.logReference, objective.rewards).map {
        $0 + t * (($1 - largest) / objective.beta)
      })
  }
}
