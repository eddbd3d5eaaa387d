/// What is subtracted from a completion's return before it weighs the completion's score.
///
///     ĝ = (1/n) Σᵢ (Rᵢ − bᵢ)·∇log π(yᵢ)        R = r(y) − β·Σₜ (log π − log π₀), not differentiated
///
/// Since E[∇log π] = 0, every b that does not depend on y leaves the mean of ĝ as it is. It moves
/// the trace of the covariance along a parabola, tr Cov(b*) + (b − b*)²·E|∇log π|², Greensmith (2004).
///
/// The advantage of every token is that of its whole completion, unless ``TokenReturn`` puts the
/// rewards still to come in the place of R. Those may have less variance far from the optimum. But on
/// every completion of the optimal policy it is the whole return that equals the soft value β·log Z,
/// Rafailov (2023), equation 10: of advantages with one b for a completion, only R − β·log Z vanish there.
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
  /// Each completion: its tokens have the advantage R − b, and no value model is trained.
  case completion
  /// Each token: a value model is trained beside the policy, and advantages are Schulman's (2016).
  case token
}
