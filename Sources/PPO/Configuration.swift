public import Optimizers
public import Training

/// How PPO samples rollouts, turns rewards into advantages and updates the policy.
///
/// The keys of a specification are TRL's option names where the meaning is the same. Where our
/// default differs, TRL's (version 1.12.0) stands in the comment: TRL's are meant for pretrained
/// models of a billion parameters, ours for models of a million trained from nothing.
///
/// `algorithm` and `dialect` name where the defaults of the other keys come from; every key that is
/// written wins over both, and neither decides anything by itself.
public struct PPOConfiguration: SettingsTable {
  /// Whose estimator and updates these are: PPO, REINFORCE, RLOO or GRPO.
  public var algorithm = PolicyOptimizer.ppo
  /// Whose details these are.
  public var dialect = PPODialect.tandem

  // MARK: Rollouts

  /// Rounds of sampling and updating; TRL derives them from `total_episodes`.
  public var iterations = 80
  /// Rollouts sampled per iteration.
  public var rolloutsPerIteration = 128
  /// Rollouts that share each prompt drawn; they stay in one minibatch and one shard.
  public var completionsPerPrompt = 1
  /// The most tokens a completion may have, its end token included; TRL: 53.
  public var responseLength = 48
  /// Divides the logits of policy and reference, in sampling and in every log-probability; TRL: 0.7.
  public var temperature = 1.0

  // MARK: Rewards

  /// Strength β of the penalty on KL(π‖π₀), the same β as in DPO; TRL: 0.05.
  public var klPenalty = 0.1
  /// The estimator of the KL of one token.
  public var klEstimator = KLEstimator.k1
  /// Whether the penalty is part of the rewards or of the loss.
  public var klPlacement = KLPlacement.reward
  /// Whether β stays or follows a controller; the optimum is known in closed form only if it stays.
  public var klControl = KLControl.fixed
  /// The KL in nats per completion that an adaptive β steers to, Ziegler (2019), section 2.2.
  public var klTarget = 6.0
  /// Rollouts over which an adaptive β moves by its full proportional error, Ziegler (2019).
  public var klHorizon = 10_000.0
  /// Penalty of a completion without an end token; nil is none.
  public var missingEndPenalty: Double?
  /// Whether the penalty is subtracted from the score or its negative takes the score's place.
  public var missingEndRule = MissingEndRule.subtract
  /// The slot that the score falls on.
  public var scorePosition = ScorePosition.afterEnd
  /// How scores are scaled before the penalty; what is known of the optimum holds for unscaled ones.
  public var scoreScaling = ScoreScaling.none
  /// The largest size of a score after scaling (legacy TRL's `score_clip`, trlx: 10); nil is any.
  public var scoreClip: Double?
  /// Whether token rewards are divided by their standard deviation, their mean kept.
  public var whitensRewards = false

  // MARK: Advantages

  /// What is subtracted from returns; all but the learned value weigh whole completions.
  public var baseline = BaselineKind.learnedValue
  /// Reference completions K that the baseline log-mean-exp reads for each rollout.
  public var baselineSamples = 4
  /// Which rewards weigh a token; nil takes its whole completion's, as the learned value never does.
  public var tokenReturn: TokenReturn?
  /// What the advantages of whole completions are divided by; the learned value does not read it.
  public var advantageScale = AdvantageScale.none
  /// Whether advantages get mean zero and variance one over the tokens of a batch, as TRL's do.
  ///
  /// It subtracts the batch's mean and divides by its deviation: which baseline there was hardly shows.
  public var whitensAdvantages = true
  /// Over which tokens advantages are whitened.
  public var whiteningScope = WhiteningScope.rollouts
  /// What whitening takes for the variance, of rewards and advantages.
  public var whiteningVariance = VarianceConvention.sample
  /// Discount γ of later rewards; the learned value alone reads it.
  public var discount = 1.0
  /// Decay λ of the learned value's advantages: 0 trusts the value model, 1 the sampled return.
  public var lambda = 0.95

  // MARK: Updates

  /// Passes over each batch of rollouts, written K by Schulman (2017); TRL: 4.
  public var epochs = 2
  /// Optimiser steps per pass; TRL: 1.
  public var minibatches = 2
  /// Logical shards whose gradients add up to a minibatch's and measure its noise.
  public var gradientShards = 4
  /// Half-width of the trust interval around a probability ratio of one, written ε.
  public var clipRange = 0.2
  /// Bound c > 1 on the loss of a token with a negative advantage, Ye (2020); nil is none.
  public var dualClip: Double?
  /// Whether ratios are those of tokens or of whole completions.
  public var ratioLevel = RatioLevel.token
  /// How the tokens' terms make a loss; nil takes the token mean for a learned value and the
  /// completion sum for all other baselines.
  public var lossReduction: LossReduction?
  /// Weight of the entropy of the next-token distribution, which the loss is lowered by.
  public var entropyWeight = 0.0
  /// What the value model starts as; TRL's is a given checkpoint, mostly the reward model.
  public var valueStart = ValueStart.zeroHead
  /// Whether the value model has a backbone of its own.
  public var valueTrunk = ValueTrunk.separate
  /// Whether the value loss is clipped.
  public var valueLoss = ValueLossKind.clipped
  /// Half-width of the trust interval around the value before the update.
  public var valueClipRange = 0.2
  /// Weight of the value loss; with two optimisers it only meets the value's norm clipping.
  public var valueWeight = 0.1
  /// Peak learning rate of the policy; TRL: 3e-6.
  public var learningRate = 3e-4
  /// Peak learning rate of the value model; nil takes the policy's.
  public var valueLearningRate: Double?
  /// Iterations in which the learning rates rise from zero; below one, a share of all iterations.
  public var warmupSteps = 0.0
  /// How the learning rates fall over the iterations; TRL: linear.
  public var learningRateDecay = LearningRateDecay.linear
  /// Longest gradient that an update follows, for policy and value each; TRL's PPO does not clip.
  public var maximumGradientNorm = 1.0
  /// Adam's ε; PyTorch and TRL: 1e-8.
  public var adamEpsilon = 1e-8
  /// Whether ε is added before or after Adam's bias correction.
  public var adamEpsilonPlacement = AdamEpsilonPlacement.afterCorrection
  /// Ends an iteration's updates once a minibatch's approximate KL exceeds it; nil never does.
  public var targetKL: Double?
  /// Skips an update whose mean probability ratio exceeds it (10 in TRL 0.11); nil never does.
  public var ratioThreshold: Double?
  /// Whether the reference stays or follows the policy.
  public var referenceControl = ReferenceControl.fixed
  /// Share α of the policy in a moving reference, TRL's default for TR-DPO.
  public var referenceMixture = 0.6
  /// Optimiser steps between two moves of the reference, TRL's default for TR-DPO.
  public var referenceInterval = 512

  /// The documented defaults.
  public init() {}
}

extension PPOConfiguration {
  /// The policy's learning rate of every iteration; TRL's scheduler also steps once per iteration.
  var policySchedule: LearningRateSchedule { schedule(peak: learningRate) }

  /// The value model's learning rate of every iteration.
  var valueSchedule: LearningRateSchedule { schedule(peak: valueLearningRate ?? learningRate) }

  private func schedule(peak: Double) -> LearningRateSchedule {
    let steps = warmupSteps < 1 ? warmupSteps * Double(iterations) : warmupSteps
    let warmup = min(steps, Double(iterations))
    return LearningRateSchedule(
      peak: peak, warmupSteps: Int(warmup.rounded()), totalSteps: iterations,
      decay: learningRateDecay)
  }
}
