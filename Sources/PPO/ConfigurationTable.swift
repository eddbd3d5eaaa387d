public import Training

// The keys of a specification: TRL's option names where the meaning is the same, ours in its style
// elsewhere. A setting is its property with its default, its line here and where it is used; what
// several settings exclude together stands in Checks.swift.

extension PPOConfiguration {
  /// A line for each setting, in the order of the listing.
  public static let settings: [Setting<Self>] =
    presetSettings + rolloutSettings + rewardSettings + advantageSettings + lossSettings
    + valueSettings + updateSettings + referenceSettings

  /// The defaults of the `algorithm` and the `dialect` that are written.
  public static func defaults(in decoder: any Decoder) throws -> Self {
    let fields = try decoder.container(keyedBy: PresetKeys.self)
    return Self(
      algorithm: try fields.decodeIfPresent(PolicyOptimizer.self, forKey: .algorithm) ?? .ppo,
      dialect: try fields.decodeIfPresent(PPODialect.self, forKey: .dialect) ?? .tandem)
  }

  private enum PresetKeys: String, CodingKey { case algorithm, dialect }

  private static let presetSettings: [Setting<Self>] = [
    Setting(
      "algorithm", \.algorithm, .choice, "Whose estimator and updates the defaults are.",
      trl: .absent),
    Setting("dialect", \.dialect, .choice, "Whose details the defaults are.", trl: .absent),
  ]

  private static let rolloutSettings: [Setting<Self>] = [
    Setting(
      "iterations", \.iterations, .atLeast(1), "Rounds of sampling and updating.",
      trl: .other("total_episodes")),
    Setting(
      "rollouts_per_iteration", \.rolloutsPerIteration, .atLeast(2),
      "Rollouts sampled per iteration.", trl: .absent),
    Setting(
      "completions_per_prompt", \.completionsPerPrompt, .atLeast(1),
      "Rollouts that share each prompt.", trl: .other("num_generations")),
    Setting(
      "response_length", \.responseLength, .atLeast(1),
      "The most tokens a completion may have, its end token included."),
    Setting(
      "temperature", \.temperature, AllowedValues("0 < T < ∞") { $0 > 0 && $0.isFinite },
      "Divides the logits in sampling and in every log-probability."),
  ]

  private static let rewardSettings: [Setting<Self>] = [
    Setting(
      "kl_coef", \.klPenalty, AllowedValues("0 ≤ β < ∞") { $0 >= 0 && $0.isFinite },
      "Strength β of the KL penalty, the same β as in DPO."),
    Setting("kl_estimator", \.klEstimator, .choice, "The estimator of the KL of one token."),
    Setting(
      "kl_in", \.klPlacement, .choice, "Whether the penalty is part of the rewards or of the loss.",
      trl: .absent),
    Setting(
      "kl_control", \.klControl, .choice, "Whether β stays or follows a controller.",
      trl: .other("adap_kl_ctrl")),
    Setting(
      "kl_target", \.klTarget, AllowedValues("0 < KL < ∞") { $0 > 0 && $0.isFinite },
      "Nats per completion that an adaptive β steers to.", trl: .other("target")),
    Setting(
      "kl_horizon", \.klHorizon, AllowedValues("0 < n < ∞") { $0 > 0 && $0.isFinite },
      "Rollouts over which an adaptive β moves by its full error.", trl: .other("horizon")),
    Setting(
      "missing_eos_penalty", \.missingEndPenalty, .optional(.finite, none: "none"),
      "Penalty of a completion without an end token."),
    Setting(
      "missing_eos_rule", \.missingEndRule, .choice,
      "Whether that penalty is subtracted from the score or takes its place.", trl: .absent),
    Setting(
      "score_position", \.scorePosition, .choice, "The slot that the score falls on.",
      trl: .absent),
    Setting(
      "score_scaling", \.scoreScaling, .choice, "How scores are scaled before the penalty.",
      trl: .other("use_score_scaling")),
    Setting(
      "score_clip", \.scoreClip, .optional(AllowedValues("0 < size") { $0 > 0 }, none: "none"),
      "The largest size of a score after scaling."),
    Setting(
      "whiten_rewards", \.whitensRewards, .flag,
      "Whether token rewards are divided by their deviation, their mean kept."),
  ]

  private static let advantageSettings: [Setting<Self>] = [
    Setting(
      "baseline", \.baseline, .choice, "What is subtracted from returns.", trl: .absent),
    Setting(
      "baseline_samples", \.baselineSamples, AllowedValues("1 ≤ K ≤ 4096") { 1...4096 ~= $0 },
      "Reference completions that the baseline log-mean-exp reads for each rollout.",
      trl: .absent),
    Setting(
      "token_return", \.tokenReturn, .optional(.choice, none: "whole"),
      "Whether all of its completion's rewards weigh a token, or those from it on.", trl: .absent),
    Setting(
      "advantage_scale", \.advantageScale, .choice,
      "What the advantages of whole completions are divided by.", trl: .other("scale_rewards")),
    Setting(
      "whiten_advantages", \.whitensAdvantages, .flag,
      "Whether advantages get mean zero and variance one.", trl: .absent),
    Setting(
      "whitening_scope", \.whiteningScope, .choice, "Over which tokens they are whitened.",
      trl: .absent),
    Setting(
      "whitening_variance", \.whiteningVariance, .choice,
      "Whether whitening divides by n − 1 or by n.", trl: .absent),
    Setting(
      "gamma", \.discount, AllowedValues("0 ≤ γ ≤ 1") { 0...1 ~= $0 },
      "Discount of later rewards; the learned value alone reads it."),
    Setting(
      "lam", \.lambda, AllowedValues("0 ≤ λ ≤ 1") { 0...1 ~= $0 },
      "Decay of advantages: 0 trusts the value model, 1 the sampled return."),
  ]

  private static let lossSettings: [Setting<Self>] = [
    Setting(
      "cliprange", \.clipRange, AllowedValues("0 < ε < 1") { $0 > 0 && $0 < 1 },
      "Half-width of the trust interval around a ratio of one."),
    Setting(
      "dual_clip", \.dualClip, .optional(AllowedValues("1 < c") { $0 > 1 }, none: "none"),
      "Bound on the loss of a token with a negative advantage.", trl: .other("delta")),
    Setting(
      "ratio_level", \.ratioLevel, .choice,
      "Whether ratios are those of tokens or of whole completions.",
      trl: .other("importance_sampling_level")),
    Setting(
      "loss_reduction", \.lossReduction,
      .optional(.choice, none: "token-mean for a learned value, else completion-sum"),
      "How the tokens' terms make a loss.", trl: .other("loss_type")),
    Setting(
      "entropy_coef", \.entropyWeight, AllowedValues("0 ≤ c < ∞") { $0 >= 0 && $0.isFinite },
      "Weight of the entropy that the loss is lowered by.", trl: .absent),
  ]

  private static let valueSettings: [Setting<Self>] = [
    Setting(
      "value_init", \.valueStart, .choice, "What the value model starts as.",
      trl: .other("reward_model_path")),
    Setting(
      "value_trunk", \.valueTrunk, .choice, "Whether the value model has a backbone of its own.",
      trl: .absent),
    Setting("value_loss", \.valueLoss, .choice, "Whether the value loss is clipped.", trl: .absent),
    Setting(
      "cliprange_value", \.valueClipRange, AllowedValues("0 < c") { $0 > 0 },
      "Half-width of the trust interval around the value before the update."),
    Setting(
      "vf_coef", \.valueWeight, AllowedValues("0 < c < ∞") { $0 > 0 && $0.isFinite },
      "Weight of the value loss."),
    Setting(
      "value_learning_rate", \.valueLearningRate, .optional(rate, none: "the policy's"),
      "Peak learning rate of the value model.", trl: .absent),
  ]

  private static let updateSettings: [Setting<Self>] = [
    Setting(
      "num_ppo_epochs", \.epochs, .atLeast(1), "Passes over each batch of rollouts."),
    Setting("num_mini_batches", \.minibatches, .atLeast(1), "Optimiser steps per pass."),
    Setting(
      "gradient_shards", \.gradientShards, .atLeast(2),
      "Shards whose gradients add up to a minibatch's and measure its noise.", trl: .absent),
    Setting("learning_rate", \.learningRate, rate, "Peak learning rate of the policy."),
    Setting(
      "warmup_steps", \.warmupSteps, AllowedValues("0 ≤ n < ∞") { $0 >= 0 && $0.isFinite },
      "Iterations in which the rates rise from zero; below 1, a share of all iterations."),
    Setting(
      "lr_scheduler_type", \.learningRateDecay, .choice, "How the rates fall over the iterations."),
    Setting(
      "max_grad_norm", \.maximumGradientNorm, AllowedValues("0 < norm") { $0 > 0 },
      "Longest gradient that an update follows, for policy and value each."),
    Setting(
      "adam_epsilon", \.adamEpsilon, AllowedValues("0 < ε < 1") { $0 > 0 && $0 < 1 }, "Adam's ε."),
    Setting(
      "adam_epsilon_placement", \.adamEpsilonPlacement, .choice,
      "Whether ε is added before or after Adam's bias correction.", trl: .absent),
    Setting(
      "target_kl", \.targetKL, .optional(AllowedValues("0 < KL") { $0 > 0 }, none: "none"),
      "Ends an iteration's updates once a minibatch's approximate KL exceeds it."),
    Setting(
      "ratio_threshold", \.ratioThreshold,
      .optional(AllowedValues("1 < ratio") { $0 > 1 }, none: "none"),
      "Skips an update whose mean probability ratio exceeds it."),
  ]

  private static let referenceSettings: [Setting<Self>] = [
    Setting(
      "reference_control", \.referenceControl, .choice,
      "Whether the reference stays or follows the policy.", trl: .other("sync_ref_model")),
    Setting(
      "ref_model_mixup_alpha", \.referenceMixture,
      AllowedValues("0 < α ≤ 1") { $0 > 0 && $0 <= 1 },
      "Share α of the policy in each move of the reference."),
    Setting(
      "ref_model_sync_steps", \.referenceInterval, .atLeast(1),
      "Optimiser steps between two moves of the reference."),
  ]

  private static let rate = AllowedValues("0 < rate < ∞") { (rate: Double) in
    rate > 0 && rate.isFinite
  }
}
