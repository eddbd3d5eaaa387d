import Tasks

/// How well a referee orders pairs that it has not seen, which decides whether it may judge at all.
package struct RefereeSkill: Sendable, Equatable {
  /// The share of held-out pairs that it orders as they are labelled, the mean over seeds.
  package var accuracy: Double
  /// The held-out pairs, the same for every seed.
  package var pairs: Double

  /// The accuracy that guessing exceeds one time in forty, ½ + 1.96·½/√n.
  ///
  /// Seeds share the pairs, so their mean is no surer than one guesser in the worst case.
  package var chance: Double { 0.5 + 0.98 / pairs.squareRoot() }

  /// Whether the referee is better than guessing would be.
  package var isBetterThanChance: Bool { accuracy > chance }
}

extension ExperimentSummary {
  /// The skill of the referee, where one judges; nothing is known of it without held-out pairs.
  package var refereeSkill: RefereeSkill? {
    guard judge == .referee, let accuracy = rewardModel[Self.refereeAccuracy],
      let pairs = rewardModel[Self.refereePairs], accuracy.n > 0,
      pairs.mean > 0
    else { return nil }
    return RefereeSkill(accuracy: accuracy.mean, pairs: pairs.mean)
  }

  /// Whether what the judge says may be read as a verdict.
  package var judgeDecides: Bool {
    judge != .referee || refereeSkill?.isBetterThanChance == true
  }

  static let refereeAccuracy = "referee: accuracy on held-out pairs"
  static let refereePairs = "referee: held-out pairs"
}
