/// Every quantity of the variance argument for one bandit: what `tandem explain variance` prints.
///
/// The policy is a softmax with one free logit for each completion, θ = log q. The documentation of
/// each field says its equation; `tandem explain variance --help` lists the JSON names.
public struct VarianceExplanation: Codable, Equatable, Sendable {
  /// The version of this layout.
  public var schema = "tandem.explain.variance/1"
  /// What was asked for, with probabilities that sum to one.
  public var input: Bandit

  /// log Z = log Σ p·exp(r/β).
  public var logPartition: Double
  /// Z = Σ p·exp(r/β); null where it is too large or too small for a Double.
  public var partition: NumberOrNull
  /// V* = β·log Z.
  public var softValue: Double
  /// π* = p·exp(r/β)/Z.
  public var optimum: [Double]
  /// E_p[r].
  public var referenceReward: Double
  /// Var_p[r].
  public var referenceRewardVariance: Double
  /// E_q[r].
  public var policyReward: Double
  /// J(q) = V^q = E_q[R] with R = r − β·log(q/p).
  public var value: Double
  /// KL(q‖p), in nats.
  public var divergenceFromReference: Double
  /// KL(q‖π*), in nats.
  public var divergenceFromOptimum: Double
  /// KL(p‖π*), in nats.
  public var referenceDivergenceFromOptimum: Double

  /// b* = E_q[R·w]/E_q[w] with w = |∇ log q|².
  public var optimalBaseline: Double
  /// F = E_q[w].
  public var fisherTrace: Double
  /// g = ∇J for every logit.
  public var gradient: [Double]
  /// |g|².
  public var squaredGradientNorm: Double
  /// The estimators of g, by the names of ``Estimator``.
  public var estimators: [String: EstimatorExplanation]

  /// DPO's gradient on pairs of the reference.
  public var dpo: PreferenceExplanation
  /// A reward model's gradient on the same pairs, one free number for each completion, at the true
  /// reward.
  public var rewardModel: PreferenceExplanation
  /// The best of n draws from the reference, n = 2 and 4.
  public var bestOfN: [BestOfNExplanation]
}

/// One estimator of the policy gradient.
public struct EstimatorExplanation: Codable, Equatable, Sendable {
  /// Policy samples behind one estimate; its noise is not divided by their number.
  public var samples: Int
  /// The baseline, or the mean of a random one; null where it depends on the other samples.
  public var baseline: NumberOrNull
  /// The variance of the baseline; null where it depends on the other samples.
  public var baselineVariance: NumberOrNull
  /// The trace of the covariance of one estimate.
  public var covarianceTrace: Double
  /// trCov/|E ĝ|²; null where the gradient is zero up to rounding.
  public var noiseToSignal: NumberOrNull
}

/// The gradient of a loss on labelled pairs y₁, y₂ ~ p, ties included, labels ~ σ(r₁ − r₂).
public struct PreferenceExplanation: Codable, Equatable, Sendable {
  /// L = −E log σ(m).
  public var loss: Double
  /// −∇L for every parameter.
  public var descent: [Double]
  /// |∇L|².
  public var squaredDescentNorm: Double
  /// The trace of the covariance of one pair's gradient.
  public var covarianceTrace: Double
  /// trCov/|∇L|²; null where the gradient is zero up to rounding.
  public var noiseToSignal: NumberOrNull
}

/// The best of n draws from the reference, ties drawn at random.
public struct BestOfNExplanation: Codable, Equatable, Sendable {
  /// The number of draws.
  public var n: Int
  /// The probability of each completion.
  public var distribution: [Double]
  /// Its expected reward.
  public var reward: Double
  /// Its divergence from the reference, in nats.
  public var divergence: Double
  /// The bound log n − (n − 1)/n on that divergence.
  public var divergenceBound: Double
}

/// A number, written as null where there is none.
public struct NumberOrNull: Codable, Equatable, Sendable {
  /// The number, if there is one.
  public var number: Double?

  /// A number, or null for one that is not finite.
  public init(_ number: Double?) {
    self.number = number.flatMap { $0.isFinite ? $0 : nil }
  }

  /// Reads a number or null.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    number = container.decodeNil() ? nil : try container.decode(Double.self)
  }

  /// Writes the number or null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let number { try container.encode(number) } else { try container.encodeNil() }
  }
}
