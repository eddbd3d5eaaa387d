import RealModule

/// Estimates of KL(π‖π_ref) per completion, from completions sampled from π, one value each.
///
/// With dₜ = log π(yₜ) − log π_ref(yₜ), Schulman (2020), 'Approximating KL divergence':
///
///     k1 = Σₜ dₜ                      unbiased; single values may be negative
///     k3 = Σₜ (exp(−dₜ) − 1 + dₜ)     unbiased too, since E[exp(−dₜ) | y₍<ₜ₎] = 1; never negative
///
/// A sum over tokens, not a mean: the objective penalises the divergence of whole completions.
public struct SequenceDivergence: Sendable, Equatable {
  /// The plain log-ratio of each completion.
  public let k1: [Double]
  /// The non-negative estimate of each completion.
  public let k3: [Double]

  /// The estimates from the log-probability of every token under both models.
  public init(policy: [[Double]], reference: [[Double]]) {
    precondition(
      policy.count == reference.count, "\(policy.count) completions against \(reference.count)")
    let logRatios = zip(policy, reference).map { own, other in
      precondition(own.count == other.count, "\(own.count) tokens against \(other.count)")
      return zip(own, other).map { $0 - $1 }
    }
    k1 = logRatios.map { $0.reduce(0, +) }
    k3 = logRatios.map { $0.reduce(0) { $0 + (.expMinusOne(-$1) + $1) } }
  }
}
