import LanguageModel
package import PPO
import RealModule
import TensorKernels

/// The soft value of the reference, summed over all completions.
///
///     b = β·log Z(x) = β·log Σ_y π₀(y|x)·exp(r/β)
///
/// The normaliser of Rafailov (2023), equation 10, exact: R − b = β·log π*/π, which is zero on every
/// completion once the policy is optimal. The gradient is unbiased. It is no estimate of E_π[R] but an
/// upper bound, by β·KL(π‖π*); which of the two leaves less variance depends on the policy.
/// Only enumeration can know it, so it costs nothing in the accounts.
package struct SoftValue: Baseline {
  private let rewards: EnumeratedRewards

  /// The soft value of a reward.
  package init(of rewards: EnumeratedRewards) { self.rewards = rewards }

  /// The soft value at each rollout's prompt, for the strength β that the batch has.
  package func values(of batch: BaselineBatch) -> [Double] {
    batch.values { prompt in
      rewards.objective(after: prompt, beta: batch.klPenalty).softValue
    }
  }
}

/// The value of the policy as it is, summed over all completions.
///
///     b = V^π(x) = E_π[R] = E_π[r] − β·KL(π‖π₀)
///
/// What value models, batch means and leave-one-out means estimate, exact; Sutton (2000). The gradient is
/// unbiased. It has the least variance of all constants where |∇log π|² is the same for all completions.
/// Only enumeration can know it, so it costs nothing in the accounts.
package struct PolicyValue: Baseline {
  private let rewards: EnumeratedRewards

  /// The value under a reward.
  package init(of rewards: EnumeratedRewards) { self.rewards = rewards }

  /// The value at each rollout's prompt.
  package func values(of batch: BaselineBatch) -> [Double] {
    batch.values { prompt in
      let policy = ExactPolicy(
        of: batch.policy, prompts: [prompt], completions: rewards.tree,
        temperature: rewards.temperature)
      return rewards.objective(after: prompt, beta: batch.klPenalty)
        .value(of: policy.logProbabilities[0])
    }
  }
}

/// The constant of least variance, from the score of every completion.
///
///     b*(x) = E_π[R·w] / E_π[w]        w = |∇log π(y|x)|²
///
/// It is the vertex of the parabola of variances, Weaver (2001) and Greensmith (2004), for one completion
/// at a time: a weighted mean of returns, which estimates neither E_π[R] nor β·log Z. The gradient is
/// unbiased. One backward pass a completion makes it by far the slowest baseline; only enumeration can know
/// it, so it costs nothing in the accounts.
package struct OptimalBaseline: Baseline {
  private let rewards: EnumeratedRewards

  /// The baseline for a reward.
  package init(of rewards: EnumeratedRewards) { self.rewards = rewards }

  /// The baseline at each rollout's prompt.
  package func values(of batch: BaselineBatch) -> [Double] {
    batch.values { prompt in
      let policy = ScoredPolicy(
        of: batch.policy, prompt: prompt, completions: rewards.tree,
        temperature: rewards.temperature)
      let objective = rewards.objective(after: prompt, beta: batch.klPenalty)
      return optimalBaseline(
        returns: objective.returns(of: policy.logProbabilities), policy: policy)
    }
  }

  private func optimalBaseline(returns: [Double], policy: ScoredPolicy) -> Double {
    let weights = zip(policy.logProbabilities, policy.squaredNorms).map { Double.exp($0) * $1 }
    let total = weights.reduce(0, +)
    guard total > 0 else { return expectation(of: returns, under: policy.logProbabilities) }
    return zip(weights, returns).reduce(0) { $0 + $1.0 * $1.1 } / total
  }
}

extension ExactObjective {
  /// The return R(y) = r(y) − β·(log q − log p) of each completion.
  func returns(of logPolicy: [Double]) -> [Double] {
    rewards.indices.map { rewards[$0] - beta * (logPolicy[$0] - logReference[$0]) }
  }
}
