import LanguageModel
public import PPO
import RealModule
import TensorKernels

/// The constant of least variance, from the score of every completion.
///
///     b*(x) = E_π[R·w] / E_π[w]        w = |∇log π(y|x)|²
///
/// It is the vertex of the parabola of variances, Weaver (2001) and Greensmith (2004), for one completion
/// at a time: a weighted mean of returns, which estimates neither E_π[R] nor β·log Z. The gradient is
/// unbiased. One backward pass a completion makes it by far the slowest baseline; only enumeration can know
/// it, so it costs nothing in the accounts.
public struct OptimalBaseline: Baseline {
  private let rewards: EnumeratedRewards

  /// The baseline for a reward.
  public init(of rewards: EnumeratedRewards) { self.rewards = rewards }

  /// The baseline at each rollout's prompt.
  public func values(of batch: BaselineBatch) -> [Double] {
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
