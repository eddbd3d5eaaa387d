public import TensorKernels

/// The reward of each value slot of one completion, Ziegler (2019), equation 2, token by token.
///
///     rₜ = −β·KLₜ  for each token        r_last += score
///
/// The score falls on the last slot, which is one past the end token where there is room and the
/// last token otherwise (TRL's `actual_end`); other trainers put it on the last token always.
public func tokenRewards<Scalar: BLASScalar>(
  klEstimates: [Scalar], score: Scalar, klPenalty: Scalar, slots: Int
) -> [Scalar] {
  precondition(
    slots == klEstimates.count || slots == klEstimates.count + 1,
    "\(slots) slots for \(klEstimates.count) tokens")
  var rewards = klEstimates.map { -klPenalty * $0 }
  if slots > rewards.count { rewards.append(0) }
  if let last = rewards.indices.last { rewards[last] += score }
  return rewards
}

/// Scores less the penalty where the completion has no end token, TRL's `missing_eos_penalty`.
///
/// Others *set* such a score instead (−1 in Huang (2024), detail 23).
public func scores<Scalar: BLASScalar>(
  _ scores: [Scalar], penalisedBy penalty: Scalar, unlessEnded hasEnded: [Bool]
) -> [Scalar] {
  precondition(scores.count == hasEnded.count, "\(scores.count) scores, \(hasEnded.count) ends")
  return zip(scores, hasEnded).map { $1 ? $0 : $0 - penalty }
}

/// What the penalty of a missing end token does to the score.
public enum MissingEndRule: String, Codable, Sendable, CaseIterable {
  /// The score less the penalty: TRL's `missing_eos_penalty`.
  case subtract
  /// Minus the penalty in the place of the score: Huang (2024), detail 23, with a penalty of 1.
  case set

  /// The scores under this rule; without a penalty they stay.
  public func callAsFunction<Scalar: BLASScalar>(
    _ scores: [Scalar], penalty: Scalar?, unlessEnded hasEnded: [Bool]
  ) -> [Scalar] {
    guard let penalty else { return scores }
    switch self {
    case .subtract: return PPO.scores(scores, penalisedBy: penalty, unlessEnded: hasEnded)
    case .set: return zip(scores, hasEnded).map { $1 ? $0 : -penalty }
    }
  }
}

/// The slot that a completion's score falls on.
public enum ScorePosition: String, Codable, Sendable, CaseIterable {
  /// One past the last token where there is room, as in TRL: the state after the end has a value.
  case afterEnd = "after-end"
  /// The last token: legacy TRL, OpenRLHF, verl, and Ziegler's code, whose completions all fill the width.
  case lastToken = "last-token"
}
