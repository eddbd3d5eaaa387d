/// The policies between the reference and the optimum, in closed form.
///
///     q_t ∝ p·exp(t·r/β)        q₀ = p        q₁ = π*
///
/// Rafailov (2023), equation 4 with the reward scaled by t. With u = 1 − t the gradient along the
/// path is u·Cov(r, s), so that it vanishes linearly at the optimum.
public struct AnnealingPath: Sendable {
  private let objective: ExactObjective

  /// The path towards the optimum of an objective.
  public init(objective: ExactObjective) { self.objective = objective }

  /// The log-probabilities of q_t.
  public func logProbabilities(at t: Double) -> [Double] {
    let largest = objective.rewards.max() ?? 0
    return normalized(
      zip(objective.logReference, objective.rewards).map {
        $0 + t * (($1 - largest) / objective.beta)
      })
  }
}
