import ExactTheory

/// The estimators of the policy gradient that an explanation compares.
package enum Estimator: Hashable, Sendable {
  /// b = 0.
  case none
  /// b = V* = β·log Z.
  case softValue
  /// b = V^q.
  case policyValue
  /// b = b*.
  case optimal
  /// b = E_p[r].
  case referenceMean
  /// b = r(y′), y′ ~ p.
  case referenceSample
  /// b = β·log mean exp(r/β) over k draws of p.
  case logMeanExp(Int)
  /// b = the mean return of all k samples, the own one included.
  case batchMean(Int)
  /// b = the mean return of the k − 1 other samples.
  case leaveOneOut(Int)

  /// Those that are printed, in their order.
  package static let explained: [Estimator] = [
    .none, .softValue, .policyValue, .optimal, .referenceMean, .referenceSample, .logMeanExp(4),
    .logMeanExp(16), .batchMean(2), .batchMean(4), .batchMean(8), .leaveOneOut(2), .leaveOneOut(4),
    .leaveOneOut(8),
  ]

  /// The name in documents; the number of samples stands at its end.
  package var name: String {
    switch self {
    case .none: "none"
    case .softValue: "softValue"
    case .policyValue: "policyValue"
    case .optimal: "optimal"
    case .referenceMean: "referenceMean"
    case .referenceSample: "referenceSample"
    case .logMeanExp(let k): "logMeanExp\(k)"
    case .batchMean(let k): "batchMean\(k)"
    case .leaveOneOut(let k): "leaveOneOut\(k)"
    }
  }

  /// The equation of its covariance trace.
  var equation: String {
    switch self {
    case .none: "E_q[R²w] − |g|²  (b = 0)"
    case .softValue: "E_q[(R − V*)²w] − |g|²  (DPO paper, eq. 10)"
    case .policyValue: "E_q[(R − V^q)²w] − |g|²"
    case .optimal: "E_q[(R − b*)²w] − |g|², the least"
    case .referenceMean: "E_q[(R − E_p r)²w] − |g|²"
    case .referenceSample: "trCov(E_p r) + Var_p(r)·F  (b = r(y′), y′ ~ p)"
    case .logMeanExp(let k): "trCov(E b) + Var(b)·F  (b = β·log mean of \(k) exp(r/β), y′ ~ p)"
    case .batchMean(let k): "(\(k - 1)/\(k))²·trCov of leave-one-out  (b = R̄ of all \(k))"
    case .leaveOneOut(2): "¼E[(R₁ − R₂)²|s₁ − s₂|²] − |g|²  (RLOO, 2 samples)"
    case .leaveOneOut(let k):
      "\(k - 2)/\(k * (k - 1))·trCov(V^q) + 2/\(k * (k - 1))·trCov(RLOO, 2 samples)"
    }
  }
}

extension EstimatorExplanation {
  /// An estimator of an exact gradient.
  init(
    _ estimator: Estimator, of exact: ExactPolicyGradient, objective: ExactObjective,
    isStationary: Bool
  ) {
    var samples = 1
    var moments: (mean: Double, variance: Double)?
    switch estimator {
    case .none: (moments, covarianceTrace) = ((0, 0), exact.covarianceTrace(baseline: 0))
    case .softValue:
      moments = (exact.softValue, 0)
      covarianceTrace = exact.covarianceTrace(baseline: exact.softValue)
    case .policyValue:
      moments = (exact.policyValue, 0)
      covarianceTrace = exact.policyValueCovarianceTrace()
    case .optimal:
      moments = (exact.optimalBaseline, 0)
      covarianceTrace = exact.leastCovarianceTrace
    case .referenceMean:
      moments = (exact.referenceMean, 0)
      covarianceTrace = exact.referenceMeanCovarianceTrace()
    case .referenceSample:
      moments = (exact.referenceMean, exact.referenceVariance)
      covarianceTrace = exact.referenceSampleCovarianceTrace()
    case .logMeanExp(let k):
      moments = logMeanExpMoments(objective: objective, samples: k)
      covarianceTrace = exact.logMeanExpCovarianceTrace(samples: k)
    case .batchMean(let k):
      (samples, covarianceTrace) = (k, exact.batchMeanCovarianceTrace(samples: k))
    case .leaveOneOut(let k):
      (samples, covarianceTrace) = (k, exact.leaveOneOutCovarianceTrace(samples: k))
    }
    self.samples = samples
    baseline = NumberOrNull(moments?.mean)
    baselineVariance = NumberOrNull(moments?.variance)
    // The batch mean's signal is as much smaller than g as its noise.
    let squaredNorm: Double =
      if case .batchMean(let k) = estimator {
        exact.squaredNorm * Double((k - 1) * (k - 1)) / Double(k * k)
      } else { exact.squaredNorm }
    noiseToSignal = NumberOrNull(
      isStationary
        ? nil
        : ExactTheory.noiseToSignal(covarianceTrace: covarianceTrace, squaredNorm: squaredNorm)
    )
  }
}
