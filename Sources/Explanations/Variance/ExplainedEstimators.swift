package import ExactTheory
import Foundation
import PPO

extension GradientEstimator {
  /// Those that an explanation prints, in their order.
  package static let explained: [GradientEstimator] = [
    .none, .softValue, .policyValue, .optimal, .datasetMean, .referenceSample,
    .logMeanExp(samples: 4), .logMeanExp(samples: 16), .batchMean(samples: 2),
    .batchMean(samples: 4), .batchMean(samples: 8), .leaveOneOut(samples: 2),
    .leaveOneOut(samples: 4), .leaveOneOut(samples: 8),
  ]

  /// The key in documents: the baseline's name in their style, the number of samples at its end.
  ///
  /// Where the completions are listed there is no data set; its mean is that of the reference.
  var key: String {
    guard baseline != .datasetMean else { return "referenceMean" }
    let words = baseline.rawValue.split(separator: "-")
    let name = words[0] + words.dropFirst().map(\.capitalized).joined()
    return name + (samples.map(String.init) ?? "")
  }

  /// The equation of its covariance trace.
  var equation: String {
    switch self {
    case .none: "E_q[R²w] − |g|²  (b = 0)"
    case .softValue: "E_q[(R − V*)²w] − |g|²  (DPO paper, eq. 10)"
    case .policyValue: "E_q[(R − V^q)²w] − |g|²"
    case .optimal: "E_q[(R − b*)²w] − |g|², the least"
    case .datasetMean: "E_q[(R − E_p r)²w] − |g|²"
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
    _ estimator: GradientEstimator, of exact: ExactPolicyGradient, objective: ExactObjective,
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
    case .datasetMean:
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
