public import TensorKernels

/// What a batch of rollouts teaches: the way from its log-probabilities, values and scores to the
/// advantages of the policy loss and the returns of the value loss, in TRL's order and dialect.
///
/// Rows are completions. Log-probabilities have a column for each token; values, rewards and
/// returns one for each value slot, as `CompletionLayout` has them.
public struct PPOTargets<Scalar: BLASScalar>: Sendable {
  /// The KL estimate of each token.
  public let klEstimates: [[Scalar]]
  /// The scores after the missing-end penalty.
  public let scores: [Scalar]
  /// The reward of each slot, penalty and score together.
  public let rewards: [[Scalar]]
  /// The advantage of each slot before whitening.
  public let advantages: [[Scalar]]
  /// The advantage of each token, whitened over the tokens of all rollouts.
  public let whitenedAdvantages: [[Scalar]]
  /// What the value of each slot should have been.
  public let returns: [[Scalar]]
  /// The KL summed over each completion.
  public var completionKLs: [Scalar] { klEstimates.map { $0.reduce(0, +) } }

  /// Computes the targets.
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
    layout.check(tokenRows: logProbabilities)
    layout.check(tokenRows: reference)
    layout.check(slotRows: values)
    let estimates = zip(logProbabilities, reference).map {
      configuration.klEstimator(policy: $0, reference: $1)
    }
    let penalty = Scalar(configuration.missingEndPenalty ?? 0)
    let penalised = PPO.scores(scores, penalisedBy: penalty, unlessEnded: hasEnded)
    let plainRewards = estimates.indices.map { i in
      tokenRewards(
        klEstimates: estimates[i], score: penalised[i], klPenalty: klPenalty,
        slots: layout.slotCount(of: i))
    }
    (klEstimates, self.scores) = (estimates, penalised)
    rewards = configuration.whitensRewards ? whitenedKeepingMean(plainRewards) : plainRewards
    advantages = zip(rewards, values).map {
      generalizedAdvantages(
        rewards: $0, values: $1, discount: Scalar(configuration.discount),
        lambda: Scalar(configuration.lambda))
    }
    returns = zip(advantages, values).map { PPO.returns(advantages: $0, values: $1) }
    whitenedAdvantages = whitened(zip(advantages, layout.tokenCounts).map { Array($0.prefix($1)) })
  }
}

extension CompletionLayout {
  fileprivate func check<Scalar>(tokenRows rows: [[Scalar]]) {
    precondition(rows.map(\.count) == tokenCounts, "rows that are not the \(tokenCounts) tokens")
  }

  fileprivate func check<Scalar>(slotRows rows: [[Scalar]]) {
    precondition(rows.map(\.count) == slotCounts, "rows that are not the \(slotCounts) slots")
  }
}
