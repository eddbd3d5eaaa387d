/// An estimator of the policy gradient of one prompt, told by its baseline.
///
/// The raw values are the names of the baselines in specifications; the learned value depends on
/// training and is therefore none of these.
public enum GradientEstimator: Hashable, Sendable {
  /// No baseline at all.
  case none
  /// The reference's expected reward E_p[r], which the mean over a data set estimates.
  case datasetMean
  /// The reward of one reference completion.
  case referenceSample
  /// β·log of the mean of exp(r/β) over k reference completions.
  case logMeanExp(samples: Int)
  /// The mean return of the k − 1 other completions of the prompt.
  case leaveOneOut(samples: Int)
  /// The soft value V* = β·log Z.
  case softValue
  /// The policy's own value V^q.
  case policyValue
  /// The baseline of least variance, b*.
  case optimal

  /// The estimators that figures and tables compare.
  public static let compared: [GradientEstimator] = [
    .none, .datasetMean, .referenceSample, .logMeanExp(samples: 4), .logMeanExp(samples: 16),
    .leaveOneOut(samples: 4), .softValue, .policyValue, .optimal,
  ]

  /// The name in specifications, with the number of samples where there is one.
  public var name: String {
    switch self {
    case .none: "none"
    case .datasetMean: "dataset-mean"
    case .referenceSample: "reference-sample"
    case .logMeanExp(let samples): "log-mean-exp-\(samples)"
    case .leaveOneOut(let samples): "leave-one-out-\(samples)"
    case .softValue: "soft-value"
    case .policyValue: "policy-value"
    case .optimal: "optimal"
    }
  }

  /// The baseline in words, for a legend.
  public var label: String {
    switch self {
    case .none: "none"
    case .datasetMean: "reference mean E_ref[r]"
    case .referenceSample: "one reference sample"
    case .logMeanExp(let samples): "log-mean-exp of \(samples)"
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
  public func covarianceTrace(of estimator: GradientEstimator) -> Double {
    switch estimator {
    case .none: covarianceTrace(baseline: 0)
    case .datasetMean: covarianceTrace(baseline: referenceMean)
    case .referenceSample: referenceSampleCovarianceTrace()
    case .logMeanExp(let samples): logMeanExpCovarianceTrace(samples: samples)
    case .leaveOneOut(let samples):
      Double(samples) * leaveOneOutCovarianceTrace(samples: samples)
    case .softValue: covarianceTrace(baseline: softValue)
    case .policyValue: covarianceTrace(baseline: policyValue)
    case .optimal: leastCovarianceTrace
    }
  }

  /// The noise-to-signal ratio of an estimator, trCov/|g|² per sampled completion.
  public func noiseToSignal(of estimator: GradientEstimator) -> Double {
    Evaluation.noiseToSignal(
      covarianceTrace: covarianceTrace(of: estimator), squaredNorm: squaredNorm)
  }
}
