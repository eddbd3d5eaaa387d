import TensorKernels

/// One run's score over time, as evaluated.
public struct LearningCurve: Codable, Hashable, Sendable {
  /// When the scores were taken, increasing.
  ///
  /// The unit decides that of the differences. Methods whose steps are not alike are compared on
  /// the fraction of the run.
  public let times: [Double]
  /// The scores; higher is better.
  public let values: [Double]

  /// A curve with a score for every time.
  public init(times: [Double], values: [Double]) {
    precondition(times.count == values.count, "\(times.count) times, \(values.count) scores")
    precondition(zip(times, times.dropFirst()).allSatisfy(<), "the times do not increase")
    self.times = times
    self.values = values
  }

  /// A curve over the fraction of the run, from 0 at the first score to 1 at the last.
  public init(overFractionOfRun values: [Double]) {
    let last = Double(max(values.count - 1, 1))
    self.init(times: values.indices.map { Double($0) / last }, values: values)
  }

  /// The change of the score per unit of time between neighbouring scores.
  ///
  /// Chan (2020), section 3.2: differencing takes out the trend, and the division by the time
  /// passed makes the result independent of how often the run was evaluated.
  public var differences: [Double] {
    zip(times.indices.dropFirst(), times.indices).map { next, this in
      (values[next] - values[this]) / (times[next] - times[this])
    }
  }

  /// How far each score lies below the best one so far; never negative.
  public var drawdowns: [Double] {
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
public func conditionalValueAtRisk(lower values: [Double], tail: Double = 0.05) -> Double {
  let threshold = quantile(tail, of: values)
  return mean(of: values.filter { $0 <= threshold })
}

/// The mean of the values at or above their quantile `1 − tail`: the worst of what should be small.
public func conditionalValueAtRisk(upper values: [Double], tail: Double = 0.05) -> Double {
  -conditionalValueAtRisk(lower: values.map { -$0 }, tail: tail)
}
