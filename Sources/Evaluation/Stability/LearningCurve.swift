import TensorKernels

/// One run's score over time, as evaluated.
package struct LearningCurve: Codable, Hashable, Sendable {
  /// When the scores were taken, increasing.
  ///
  /// The unit decides that of the differences. Methods whose steps are not alike are compared on
  /// the fraction of the run.
  package let times: [Double]
  /// The scores; higher is better.
  package let values: [Double]

  /// A curve with a score for every time.
  package init(times: [Double], values: [Double]) {
    precondition(times.count == values.count, "\(times.count) times, \(values.count) scores")
    precondition(zip(times, times.dropFirst()).allSatisfy(<), "the times do not increase")
    self.times = times
    self.values = values
  }

  /// A curve over the fraction of the run, from 0 at the first score to 1 at the last.
  package init(overFractionOfRun values: [Double]) {
    let last = Double(max(values.count - 1, 1))
    self.init(times: values.indices.map { Double($0) / last }, values: values)
  }

  /// The change of the score per unit of time between neighbouring scores.
  ///
  /// Chan (2020), section 3.2: differencing takes out the trend, and the division by the time
  /// passed makes the result independent of how often the run was evaluated.
  package var differences: [Double] {
    zip(times.indices.dropFirst(), times.indices).map { next, this in
      (values[next] - values[this]) / (times[next] - times[this])
    }
  }

  /// How far each score lies below the best one so far; never negative.
  package var drawdowns: [Double] {
    var best = -Double.infinity
    return values.map { value in
      best = max(best, value)
      return best - value
    }
  }
}

/// The mean of the values at or below their quantile `tail`: what to expect in the worst cases.
///
/// The lower conditional value at risk of Acerbi and Tasche (2002), as Chan (2020) takes it; with
/// fewer than 1 + 1/tail values it is nearly the smallest of them.
package func conditionalValueAtRisk(lower values: [Double], tail: Double = 0.05) -> Double {
  let threshold = quantile(tail, of: values)
  return mean(of: values.filter { $0 <= threshold })
}

/// The mean of the values at or above their quantile `1 − tail`: the worst of what should be small.
package func conditionalValueAtRisk(upper values: [Double], tail: Double = 0.05) -> Double {
  -conditionalValueAtRisk(lower: values.map { -$0 }, tail: tail)
}

/// How a run ended.
package enum RunCondition: String, Codable, CaseIterable, Sendable {
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
package struct CollapseCriterion: Codable, Hashable, Sendable {
  /// The loss of gold reward against the start that is still no collapse, in units of the gold.
  ///
  /// 0.25 is four standard errors of a mean over 512 prompts whose gold rewards deviate by 1.4.
  package var allowedLoss: Double
  /// The share of completions that must end by themselves.
  package var minimumEOSRate: Double

  /// A criterion with the default thresholds.
  package init(allowedLoss: Double = 0.25, minimumEOSRate: Double = 0.5) {
    self.allowedLoss = allowedLoss
    self.minimumEOSRate = minimumEOSRate
  }

  /// The condition of a run, from its start and its end.
  package func condition(
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
package struct RunCounts: Codable, Hashable, Sendable {
  /// The runs that ended well.
  package var sound = 0
  /// The runs that finished with a collapsed policy.
  package var collapsed = 0
  /// The runs that met a value that was not finite.
  package var diverged = 0

  /// Counts the conditions.
  package init(_ conditions: [RunCondition]) {
    sound = conditions.count { $0 == .sound }
    collapsed = conditions.count { $0 == .collapsed }
    diverged = conditions.count { $0 == .diverged }
  }

  /// All runs.
  package var total: Int { sound + collapsed + diverged }
}
