/// How a run ended.
public enum RunCondition: String, Codable, CaseIterable, Sendable {
  /// It finished, and its policy is no worse than it began by more than the criterion allows.
  case sound
  /// It finished, but with a policy that lost what it started with.
  case collapsed
  /// It met a value that was not finite.
  case diverged
}

/// When a finished run counts as collapsed.
///
/// A run is collapsed if its final gold reward lies below that of the SFT model it started from by
/// more than `allowedLoss`, or if fewer than `minimumEOSRate` of its final completions end by
/// themselves, or, where the start itself ends fewer, than half of those. Both are judged on the
/// held-out prompts. A final value that is not finite counts as
/// collapsed.
public struct CollapseCriterion: Codable, Hashable, Sendable {
  /// The loss of gold reward against the start that is still no collapse, in units of the gold.
  ///
  /// 0.25 is four standard errors of a mean over 512 prompts whose gold rewards deviate by 1.4.
  public var allowedLoss: Double
  /// The share of completions that must end by themselves.
  public var minimumEOSRate: Double

  /// A criterion with the default thresholds.
  public init(allowedLoss: Double = 0.25, minimumEOSRate: Double = 0.5) {
    self.allowedLoss = allowedLoss
    self.minimumEOSRate = minimumEOSRate
  }

  /// The condition of a run, from its start and its end.
  public func condition(
    startGold: Double, finalGold: Double, startEOSRate: Double = 1, finalEOSRate: Double,
    isDiverged: Bool
  ) -> RunCondition {
    if isDiverged { return .diverged }
    let keptItsReward = finalGold >= startGold - allowedLoss
    // Stories cut off long before their end do not end at the start either.
    let leastEOSRate = startEOSRate < minimumEOSRate ? startEOSRate / 2 : minimumEOSRate
    return keptItsReward && finalEOSRate >= leastEOSRate ? .sound : .collapsed
  }
}

/// How many runs of an arm ended in each condition.
public struct RunCounts: Codable, Hashable, Sendable {
  /// The runs that ended well.
  public var sound = 0
  /// The runs that finished with a collapsed policy.
  public var collapsed = 0
  /// The runs that met a value that was not finite.
  public var diverged = 0

  /// Counts the conditions.
  public init(_ conditions: [RunCondition]) {
    sound = conditions.count { $0 == .sound }
    collapsed = conditions.count { $0 == .collapsed }
    diverged = conditions.count { $0 == .diverged }
  }

  /// All runs.
  public var total: Int { sound + collapsed + diverged }
}
