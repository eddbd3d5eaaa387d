public import TensorKernels

/// What a batch of rollouts teaches: the way from its log-probabilities, values and scores to the
/// advantages of the policy loss and the returns of the value loss, in TRL's order and dialect.
///
/// Rows are completions. Log-probabilities have a column for each token; values, rewards and
/// returns one for each value slot, as `CompletionLayout` has them.
public struct AdvantagesAndReturns<Scalar: TensorScalar>: Sendable {
  /// The KL estimate of each token.
  public let klEstimates: [[Scalar]]
  /// The scores after the missing-end penalty.
  public let scores: [Scalar]
  /// The reward of each slot, penalty and score together.
  public let rewards: [[Scalar]]
  /// What is subtracted at each slot: the value of its state, or the baseline of its completion.
  public let values: [[Scalar]]
  /// The advantage of each slot before whitening.
  public let advantages: [[Scalar]]
  /// The advantage of each token, whitened over the tokens of all rollouts.
  public let whitenedAdvantages: [[Scalar]]
  /// The advantage of each token in the policy loss: whitened, unless the configuration says no or
  /// leaves it to each minibatch.
  public let policyAdvantages: [[Scalar]]
  /// What the value of each slot should have been.
  public let returns: [[Scalar]]
  /// The KL summed over each completion.
  public var completionKLs: [Scalar] { klEstimates.map { $0.reduce(0, +) } }

  /// Computes those of rollouts with the learned values of all their slots.
  ///
  /// - Parameters:
  ///   - layout: The tokens and slots of the completions.
  ///   - logProbabilities: log π of each token under the policy that sampled it.
  ///   - reference: log π₀ of each token.
  ///   - values: V of each slot before the updates.
  ///   - scores: What the reward function says of each completion.
  ///   - hasEnded: Whether each completion has an end token.
  ///   - klPenalty: The strength β, which a controller may have moved.
  ///   - configuration: Everything else.
  public init(
    layout: CompletionLayout, logProbabilities: [[Scalar]], reference: [[Scalar]],
    values: [[Scalar]], scores: [Scalar], hasEnded: [Bool], klPenalty: Scalar,
    configuration: PPOConfiguration
  ) {
    let rewards = PenalizedRewards(
      layout: layout, logProbabilities: logProbabilities, reference: reference, scores: scores,
      hasEnded: hasEnded, klPenalty: klPenalty, configuration: configuration)
    self.init(rewards, values: values, layout: layout, configuration: configuration)
  }

  /// Computes those of rewards with the learned values of all slots, Schulman (2016).
  public init(
    _ rewards: PenalizedRewards<Scalar>, values: [[Scalar]], layout: CompletionLayout,
    configuration: PPOConfiguration
  ) {
    layout.check(slotRows: values)
    self.init(
      rewards, values: values, discount: configuration.discount, lambda: configuration.lambda,
      layout, configuration)
  }

  private init(
    _ rewards: PenalizedRewards<Scalar>, values: [[Scalar]], discount: Double, lambda: Double,
    _ layout: CompletionLayout, _ configuration: PPOConfiguration
  ) {
    let advantages = zip(rewards.slots, values).map {
      generalizedAdvantages(
        rewards: $0, values: $1, discount: Scalar(discount), lambda: Scalar(lambda))
    }
    self.init(
      rewards, values, advantages: advantages, scaled: advantages, layout, configuration)
  }

  /// Computes those of rewards with one baseline for each completion.
  ///
  ///     Aₜ = R − b  for every token of the completion        R = r − β·Σₜ KLₜ
  ///
  /// Those of the policy loss may be divided by a deviation (``AdvantageScale``), or each token has
  /// the rewards from it on in the place of R (``TokenReturn``).
  public init(
    _ rewards: PenalizedRewards<Scalar>, baselines: [Double], layout: CompletionLayout,
    configuration: PPOConfiguration
  ) {
    let counts = layout.slotCounts
    precondition(
      baselines.count == counts.count, "\(baselines.count) baselines, \(counts.count) completions")
    func rows(_ values: [Double]) -> [[Scalar]] {
      zip(values, counts).map { [Scalar](repeating: Scalar($0), count: $1) }
    }
    guard configuration.tokenReturn != .toGo else {
      // Of a value that is b at every slot, all but the last residual is the reward alone.
      self.init(
        rewards, values: rows(baselines), discount: 1, lambda: 1, layout, configuration)
      return
    }
    let advantages = zip(rewards.returns, baselines).map { $0 - $1 }
    let scaled = configuration.advantageScale(
      advantages, returns: rewards.returns, groupSize: configuration.completionsPerPrompt)
    self.init(
      rewards, rows(baselines), advantages: rows(advantages), scaled: rows(scaled), layout,
      configuration)
  }

  private init(
    _ rewards: PenalizedRewards<Scalar>, _ values: [[Scalar]], advantages: [[Scalar]],
    scaled: [[Scalar]], _ layout: CompletionLayout, _ configuration: PPOConfiguration
  ) {
    (klEstimates, scores, self.rewards) = (rewards.klEstimates, rewards.scores, rewards.slots)
    (self.values, self.advantages) = (values, advantages)
    returns = zip(advantages, values).map { PPO.returns(advantages: $0, values: $1) }
    let tokens = zip(scaled, layout.tokenCounts).map { Array($0.prefix($1)) }
    whitenedAdvantages = whitened(tokens, variance: configuration.whiteningVariance)
    let isWhitenedOnce =
      configuration.whitensAdvantages && configuration.whiteningScope == .rollouts
    policyAdvantages = isWhitenedOnce ? whitenedAdvantages : tokens
  }
}

extension PPOTrainer {
  /// The advantages and returns of rollouts, under the KL penalty as it is.
  func advantagesAndReturns(of rollouts: Rollouts) throws -> AdvantagesAndReturns<Float> {
    let rewards = PenalizedRewards(
      layout: rollouts.layout, logProbabilities: rollouts.logProbabilities,
      reference: rollouts.referenceLogProbabilities, scores: rollouts.scores.map { Float($0) },
      hasEnded: rollouts.hasEnded, klPenalty: Float(klCoefficient.value),
      configuration: configuration)
    switch baseline.resolution {
    case .token:
      return AdvantagesAndReturns(
        rewards, values: rollouts.values, layout: rollouts.layout, configuration: configuration)
    case .completion:
      let batch = BaselineBatch(
        policy: policy, sequences: rollouts.sequences, returns: rewards.returns,
        completionsPerPrompt: configuration.completionsPerPrompt, klPenalty: klCoefficient.value,
        referenceRewards: rollouts.referenceRewards)
      return AdvantagesAndReturns(
        rewards, baselines: try baseline.values(of: batch), layout: rollouts.layout,
        configuration: configuration)
    }
  }
}
