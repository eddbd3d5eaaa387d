package import Tasks
package import Training

extension MetricKey {
  /// The mean gold reward over held-out prompts, one completion each.
  package static let goldReward = Judge.gold.reward
  /// What every term of the gold reward begins with: `eval/gold/TERM` is its mean.
  package static let goldTermPrefix = "eval/gold/"
  /// What the mean gold reward of every group of prompts begins with.
  package static let goldGroupPrefix = "eval/gold_by_group/"
  /// J = E[gold]/T − β·KL at the experiment's β, `EvaluatedObjective`; for best-of-n a lower bound.
  package static let goldObjective = MetricKey("eval/gold_objective")
  /// The standard error of J within one evaluation, clustered by prompt.
  package static let goldObjectiveError = MetricKey("eval/gold_objective_se")
  /// P(y beats y′) under the gold, for independent y of the policy and y′ of the reference; ties half.
  package static let winRate = Judge.gold.winRate
  /// The mean reward under what the policies were trained for, such as the learned reward model.
  package static let proxyReward = MetricKey("eval/proxy_reward")
  /// KL(π‖π_ref) per completion, the mean of k1 = log π − log π_ref; of best-of-n the bound log n − (n − 1)/n.
  package static let kl = MetricKey("eval/kl")
  /// The standard error of the mean of k1, clustered by prompt.
  package static let klError = MetricKey("eval/kl_se")
  /// KL(π‖π_ref) per completion, the mean of k3, Schulman (2020).
  package static let klK3 = MetricKey("eval/kl_k3")
  /// The standard error of the mean of k3, clustered by prompt.
  package static let klK3Error = MetricKey("eval/kl_k3_se")
  /// KL(π‖π_ref) by enumeration.
  package static let exactKL = MetricKey("eval/kl_exact")
  /// E_π[gold] by enumeration.
  package static let exactGold = MetricKey("eval/gold_exact")
  /// The largest E[gold] of any policy at the exact KL.
  package static let goldFrontier = MetricKey("eval/gold_frontier")
  /// E_x KL(π‖π*) by enumeration, in nats.
  package static let suboptimality = MetricKey("eval/suboptimality")
  /// (J − J_ref)/(J* − J_ref) by enumeration: J on a scale from the reference to the optimum.
  package static let objective = MetricKey("eval/objective")
  /// J of the policy by enumeration, as exact ascent logs it at every step.
  package static let exactObjective = MetricKey("objective/exact")
  /// The entropy of a completion, the mean of −log π(y).
  package static let completionEntropy = MetricKey("eval/entropy")
  /// The mean over all tokens of the exact entropy of the next token's distribution.
  package static let tokenEntropy = MetricKey("eval/token_entropy")
  /// The mean number of tokens of a completion, the end token included.
  package static let length = MetricKey("eval/length")
  /// The share of completions that ended by themselves.
  package static let eosRate = MetricKey("eval/eos_rate")
  /// Floating-point operations of one answer: of sampling it, or all n of them and reading their rewards.
  package static let answerFLOPs = MetricKey("eval/flops_per_answer")
  /// The accuracy of the learned reward model on held-out pairs; ties count as wrong.
  package static let rewardModelAccuracy = MetricKey("eval/reward_accuracy")
  /// Pearson's correlation, over held-out pairs, of the margins of the implicit and of the learned reward.
  package static let implicitExplicitCorrelation = MetricKey("eval/implicit_explicit_correlation")
}

extension Judge {
  /// The mean of what the judge gives, over held-out prompts.
  package var reward: MetricKey { MetricKey(rewardKey) }
  /// The standard error of that mean, clustered by prompt.
  package var rewardError: MetricKey { MetricKey(rewardErrorKey) }
  /// P(y beats y′) under the judge, for independent y of the policy and y′ of the reference; ties half.
  package var winRate: MetricKey { MetricKey(winRateKey) }
  /// The lower end of Wilson's interval of the win rate, clustered by prompt.
  package var winRateLower: MetricKey { MetricKey(winRateLowerKey) }
  /// The upper end of Wilson's interval of the win rate, clustered by prompt.
  package var winRateUpper: MetricKey { MetricKey(winRateUpperKey) }
}
