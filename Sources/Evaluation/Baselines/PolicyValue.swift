import LanguageModel
public import PPO

/// The value of the policy as it is, summed over all completions.
///
///     b = V^π(x) = E_π[R] = E_π[r] − β·KL(π‖π₀)
///
/// What value models, batch means and leave-one-out means estimate, exact; Sutton (2000). The gradient is
/// unbiased. It has the least variance of all constants where |∇log π|² is the same for all completions.
/// Only enumeration can know it, so it costs nothing in the accounts.
public struct PolicyValue: Baseline {
  private let rewards: EnumeratedRewards

  /// The value under a reward.
  public init(of rewards: EnumeratedRewards) { self.rewards = rewards }

  /// The value at each rollout's prompt.
  public func values(of batch: BaselineBatch) -> [Double] {
    batch.values { prompt in
      let policy = ExactPolicy(
        of: batch.policy, prompts: [prompt], completions: rewards.tree,
        temperature: rewards.temperature)
      return rewards.objective(after: prompt, beta: batch.klPenalty)
        .value(of: policy.logProbabilities[0])
    }
  }
}
