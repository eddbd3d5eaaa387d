public import TensorKernels

/// The rewards of a batch of rollouts, before any baseline.
///
/// The KL penalty is in them, unless it acts in the loss (``KLPlacement``).
/// Rows are completions. KL estimates have a column for each token, rewards one for each value slot.
public struct PenalizedRewards<Scalar: BLASScalar>: Sendable {
  /// The KL estimate of each token.
  public let klEstimates: [[Scalar]]
  /// The scores after the missing-end penalty.
  public let scores: [Scalar]
  /// The reward of each slot, penalty and score together.
  public let slots: [[Scalar]]

  /// Joins scores and penalties.
  ///
  /// - Parameters:
  ///   - layout: The tokens and slots of the completions.
  ///   - logProbabilities: log π of each token under the policy that sampled it.
  ///   - reference: log π₀ of each token.
  ///   - scores: What the reward function says of each completion.
  ///   - hasEnded: Whether each completion has an end token.
  ///   - klPenalty: The strength β, which a controller may have moved.
  ///   - configuration: Everything else.
  public init(
    layout: CompletionLayout, logProbabilities: [[Scalar]], reference: [[Scalar]],
    scores: [Scalar], hasEnded: [Bool], klPenalty: Scalar, configuration: PPOConfiguration
  ) {
    layout.check(tokenRows: logProbabilities)
    layout.check(tokenRows: reference)
    let estimates = zip(logProbabilities, reference).map {
      configuration.klEstimator(policy: $0, reference: $1)
    }
    let penalised = configuration.missingEndRule(
      scores, penalty: configuration.missingEndPenalty.map { Scalar($0) }, unlessEnded: hasEnded)
    let inReward = configuration.klPlacement == .reward ? klPenalty : 0
    let plainRewards = estimates.indices.map { i in
      tokenRewards(
        klEstimates: estimates[i], score: penalised[i], klPenalty: inReward,
        slots: layout.slotCount(of: i))
    }
    (klEstimates, self.scores) = (estimates, penalised)
    slots =
      configuration.whitensRewards
      ? whitenedKeepingMean(plainRewards, variance: configuration.whiteningVariance) : plainRewards
  }

  /// The return of each completion, R = r − β·Σₜ KLₜ, all its slots together.
  public var returns: [Double] {
    slots.map { row in row.reduce(0.0) { $0 + Double($1) } }
  }
}

extension CompletionLayout {
  func check<Scalar>(tokenRows rows: [[Scalar]]) {
    precondition(rows.map(\.count) == tokenCounts, "rows that are not the \(tokenCounts) tokens")
  }

  func check<Scalar>(slotRows rows: [[Scalar]]) {
    precondition(rows.map(\.count) == slotCounts, "rows that are not the \(slotCounts) slots")
  }
}
