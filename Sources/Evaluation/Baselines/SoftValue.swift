public import PPO

/// The soft value of the reference, summed over all completions.
///
///     b = β·log Z(x) = β·log Σ_y π₀(y|x)·exp(r/β)
///
/// The normaliser of Rafailov (2023), equation 10, exact: R − b = β·log π*/π, which is zero on every
/// completion once the policy is optimal. The gradient is unbiased. It is no estimate of E_π[R] but an
/// upper bound, by β·KL(π‖π*); which of the two leaves less variance depends on the policy.
/// Only enumeration can know it, so it costs nothing in the accounts.
public struct SoftValue: Baseline {
  private let rewards: EnumeratedRewards

  /// The soft value of a reward.
  public init(of rewards: EnumeratedRewards) { self.rewards = rewards }

  /// The soft value at each rollout's prompt, for the strength β that the batch has.
  public func values(of batch: BaselineBatch) -> [Double] {
    batch.values { prompt in
      rewards.objective(after: prompt, beta: batch.klPenalty).softValue
    }
  }
}
