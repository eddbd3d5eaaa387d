public import LanguageModel

/// What one iteration of PPO measured; each field says with which estimator.
///
/// `objective` and `values` were measured on the rollouts before they moved the policy, `update`
/// while they did.
public struct PPOMetrics: Codable, Sendable {
  /// The rollouts and their rewards.
  public var objective: ObjectiveMetrics
  /// The baseline on the rollouts, before the updates.
  public var values: ValueMetrics
  /// The updates.
  public var update: UpdateMetrics
  /// The policy's learning rate in this iteration.
  public var learningRate: Double
  /// Rollouts sampled so far.
  public var episode: Int
  /// Everything spent so far.
  public var cost: Cost

  /// All numbers under TRL's names, and ours in the same style.
  public var logged: [String: Double] {
    let own = ["lr": learningRate, "episode": Double(episode)]
    return own.merging(objective.logged) { $1 }.merging(values.logged) { $1 }
      .merging(update.logged) { $1 }
  }
}

/// What the rollouts of an iteration were worth.
public struct ObjectiveMetrics: Codable, Sendable {
  /// KL(π‖π₀) per completion: mean over rollouts of the sum of the configured token estimates.
  public var kl: Double
  /// The same with k1, Σₜ log π(aₜ) − log π₀(aₜ): unbiased, may be negative.
  public var klK1: Double
  /// The same with k3, which is never negative: an unbiased estimate of Σₜ KL at the visited states.
  public var klK3: Double
  /// Mean over rollouts of −Σₜ log π(aₜ): an estimate of the entropy of a completion.
  public var entropy: Double
  /// Mean over rollouts of the KL penalty as a reward, −β·KL.
  public var nonScoreReward: Double
  /// Mean score after the missing-end penalty, plus `nonScoreReward`: what PPO maximises.
  public var rlhfReward: Double
  /// Mean score after the missing-end penalty.
  public var scores: Double
  /// Standard deviation of those scores over the rollouts.
  public var scoreDeviation: Double
  /// The strength β that these rollouts were penalised with.
  public var klCoefficient: Double
  /// Mean number of tokens of a completion, end token included.
  public var length: Double
  /// The share of completions with an end token.
  public var endRate: Double
  /// End tokens in all completions: one for each that has ended.
  public var endCount: Int

  var logged: [String: Double] {
    [
      "objective/kl": kl, "objective/kl_k1": klK1, "objective/kl_k3": klK3,
      "objective/entropy": entropy, "objective/non_score_reward": nonScoreReward,
      "objective/rlhf_reward": rlhfReward, "objective/scores": scores,
      "objective/scores_std": scoreDeviation, "objective/kl_coef": klCoefficient,
      "objective/length": length, "objective/eos_rate": endRate,
      "val/num_eos_tokens": Double(endCount),
    ]
  }
}

/// How good the baseline was for a batch of rollouts.
///
/// Numbers are over all value slots for the learned value and over completions for other baselines.
public struct ValueMetrics: Codable, Sendable {
  /// What the baseline has numbers for.
  public var resolution: BaselineResolution
  /// 1 − Var(R − b)/Var(R); below zero the baseline is worse than a constant.
  public var explainedVariance: Double
  /// Mean and standard deviation of the baseline, for a learned value before the updates.
  public var mean, deviation: Double
  /// Mean and standard deviation of the returns, which a learned value is fitted to.
  public var returnMean, returnDeviation: Double
  /// Mean and standard deviation over tokens of the advantages before whitening.
  public var advantageMean, advantageDeviation: Double

  var logged: [String: Double] {
    switch resolution {
    case .token: loggedOfValues
    case .completion: loggedOfBaseline.filter { $0.value.isFinite }
    }
  }

  private var loggedOfBaseline: [String: Double] {
    [
      "baseline/explained_variance": explainedVariance, "baseline/mean": mean,
      "baseline/std": deviation, "baseline/returns_mean": returnMean,
      "baseline/returns_std": returnDeviation, "baseline/advantages_mean": advantageMean,
      "baseline/advantages_std": advantageDeviation,
    ]
  }

  private var loggedOfValues: [String: Double] {
    [
      "val/explained_variance": explainedVariance, "val/values_mean": mean,
      "val/values_std": deviation, "val/returns_mean": returnMean,
      "val/returns_std": returnDeviation, "val/advantages_mean": advantageMean,
      "val/advantages_std": advantageDeviation,
    ]
  }
}

/// What the updates of an iteration did; means are over its minibatches.
///
/// What belongs to the value model is nil where the baseline is no learned value.
public struct UpdateMetrics: Codable, Sendable {
  /// Mean over minibatches of half the mean squared log-ratio of new to old policy over tokens.
  ///
  /// TRL divides by all B × T places, padding included, and so logs a smaller number.
  public var approximateKL: Double
  /// Mean over minibatches of the share of tokens whose clipped term exceeds the unclipped one.
  public var clippedFraction: Double
  /// Mean over minibatches of the entropy of the next-token distribution, over tokens.
  public var entropy: Double
  /// Mean over minibatches of the clipped policy loss, a mean over tokens.
  public var policyLoss: Double
  /// Mean over minibatches of the KL penalty in the loss, not weighed by β; nil where it is part of
  /// the rewards.
  public var klLoss: Double?
  /// Mean over minibatches of the clipped value loss, not weighted.
  public var valueLoss: Double?
  /// Mean over minibatches of the share of slots whose clipped error exceeds the unclipped one.
  public var valueClippedFraction: Double?
  /// Mean over minibatches of the mean probability ratio of their tokens.
  public var ratio: Double
  /// Variance over minibatches of that mean, Bessel-corrected; zero of a single minibatch.
  public var ratioVariance: Double
  /// The smallest and the largest ratio of any token in any minibatch.
  public var ratioMinimum, ratioMaximum: Double
  /// Norm of the policy's gradient before clipping: mean and largest over minibatches.
  public var gradientNorm, gradientNormMaximum: Double
  /// Norm of the value model's gradient before clipping, mean over minibatches.
  public var valueGradientNorm: Double?
  /// Unbiased |G|² of the policy's loss, mean over minibatches; McCandlish (2018), appendix A.1.
  public var gradientPower: Double
  /// Unbiased tr Σ of the policy's gradient per rollout, mean over minibatches; the same source.
  public var covarianceTrace: Double
  /// Optimiser steps taken; fewer than planned where a KL or ratio guard spoke.
  public var steps: Int

  var logged: [String: Double] {
    let ofPolicy = [
      "policy/approxkl_avg": approximateKL, "policy/clipfrac_avg": clippedFraction,
      "policy/entropy_avg": entropy, "loss/policy_avg": policyLoss, "val/ratio": ratio,
      "val/ratio_var": ratioVariance, "val/ratio_min": ratioMinimum, "val/ratio_max": ratioMaximum,
      "grad_norm": gradientNorm, "grad_norm/max": gradientNormMaximum,
      "noise/gradient_power": gradientPower, "noise/covariance_trace": covarianceTrace,
      "policy/updates": Double(steps),
    ]
    let others = [
      "loss/value_avg": valueLoss, "val/clipfrac_avg": valueClippedFraction,
      "grad_norm/value": valueGradientNorm, "loss/kl_avg": klLoss,
    ]
    return ofPolicy.merging(others.compactMapValues(\.self)) { $1 }
  }
}
