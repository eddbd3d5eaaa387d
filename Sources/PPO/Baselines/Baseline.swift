public import Training

/// What is subtracted from a completion's return before it weighs the completion's score.
///
///     ĝ = (1/n) Σᵢ (Rᵢ − bᵢ)·∇log π(yᵢ)        R = r(y) − β·Σₜ (log π − log π₀), not differentiated
///
/// Since E[∇log π] = 0, every b that does not depend on y leaves the mean of ĝ as it is. It moves
/// the trace of the covariance along a parabola, tr Cov(b*) + (b − b*)²·E|∇log π|², Greensmith (2004).
///
/// The advantage of every token is that of its whole completion. The reward still to come in the
/// place of R would have less variance far from the optimum. But on every completion of the optimal
/// policy it is the whole return that equals the soft value β·log Z, Rafailov (2023), equation 10:
/// of advantages with one b for a completion, only R − β·log Z vanish there.
public protocol Baseline: Sendable {
  /// Completions that it reads of the reference beside each rollout, drawn after the same prompt.
  var referenceSamples: Int { get }
  /// Whether it is one number for each completion, or a learned one for each token.
  var resolution: BaselineResolution { get }

  /// The baseline of each rollout, in their order.
  func values(of batch: BaselineBatch) throws -> [Double]
}

extension Baseline {
  /// None, unless a baseline says otherwise.
  public var referenceSamples: Int { 0 }
  /// One number for each completion, unless a baseline says otherwise.
  public var resolution: BaselineResolution { .completion }
}

/// What a baseline has a number for, which decides the shape of the advantages.
public enum BaselineResolution: String, Codable, Sendable {
  /// Each completion: all its tokens have the advantage R − b, and no value model is trained.
  case completion
  /// Each token: a value model is trained beside the policy, and advantages are Schulman's (2016).
  case token
}

/// The baselines that a configuration can ask for, under the names of a specification.
public enum BaselineKind: String, Codable, Sendable, CaseIterable {
  /// ``NoBaseline``.
  case none
  /// ``DatasetMean``.
  case datasetMean = "dataset-mean"
  /// ``BatchMean``.
  case batchMean = "batch-mean"
  /// ``ReferenceSample``.
  case referenceSample = "reference-sample"
  /// ``LogMeanExponential``.
  case logMeanExponential = "log-mean-exp"
  /// ``GroupMean``.
  case groupMean = "group-mean"
  /// ``LeaveOneOut``.
  case leaveOneOut = "leave-one-out"
  /// ``LearnedValue``, the default.
  case learnedValue = "learned-value"
  /// Evaluation's `SoftValue`, by enumeration.
  case softValue = "soft-value"
  /// Evaluation's `PolicyValue`, by enumeration.
  case policyValue = "policy-value"
  /// Evaluation's `OptimalBaseline`, by enumeration.
  case optimal

  /// Whether it is a sum over all completions, which only the enumerable language can list.
  public var needsEnumeration: Bool {
    switch self {
    case .softValue, .policyValue, .optimal: true
    default: false
    }
  }
}

extension PPOConfiguration {
  /// The baseline that the configuration names, where rollouts alone decide it.
  ///
  /// The others have to be handed to `trainPPO`: the data set's mean needs the data set, and the
  /// exact ones need all completions.
  public func rolloutBaseline() throws(ConfigurationError) -> any Baseline {
    switch baseline {
    case .none: return NoBaseline()
    case .batchMean: return BatchMean()
    case .referenceSample: return ReferenceSample()
    case .logMeanExponential: return LogMeanExponential(samples: baselineSamples)
    case .groupMean: return GroupMean()
    case .leaveOneOut: return LeaveOneOut()
    case .learnedValue: return LearnedValue()
    case .datasetMean:
      throw .contradiction("the baseline 'dataset-mean' needs completions of a data set")
    case .softValue, .policyValue, .optimal:
      throw .contradiction(
        "the baseline '\(baseline.rawValue)' sums over all completions of a prompt, which only an "
          + "experiment on the enumerable language can; choose another baseline")
    }
  }
}
