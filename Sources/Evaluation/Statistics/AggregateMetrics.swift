import TensorKernels

/// The interquartile mean over all runs of all tasks, with its stratified bootstrap interval.
///
/// `scores[task][run]`; Agarwal (2021), section 4.3: `scipy.stats.trim_mean(scores, 0.25)`.
public func interquartileMeanInterval(
  of scores: [[Double]], bootstrap: StratifiedBootstrap
) -> Interval {
  bootstrap.interval(of: scores) { interquartileMean(of: $0.flatMap(\.self)) }
}

/// The probability that a run of the first beats a run of the second; a tie counts half.
///
/// The Mann–Whitney statistic U/(n·m) over all pairs of runs.
public func probabilityOfImprovement(of first: [Double], over second: [Double]) -> Double {
  var wins = 0.0
  for x in first {
    for y in second { wins += x > y ? 1 : x == y ? 0.5 : 0 }
  }
  return wins / Double(first.count * second.count)
}

/// The probability of improvement, a mean over tasks, with its stratified bootstrap interval.
///
/// Agarwal (2021), section 4.3. The runs of the two are resampled apart, as in `rliable`: it makes
/// no use of the pairing by seed, which `pairedDifferenceInterval` does.
public func probabilityOfImprovementInterval(
  of first: [[Double]], over second: [[Double]], bootstrap: StratifiedBootstrap
) -> Interval {
  precondition(first.count == second.count, "\(first.count) tasks against \(second.count)")
  let tasks = first.count
  return bootstrap.interval(of: first + second) { strata in
    mean(
      of: (0..<tasks).map {
        probabilityOfImprovement(of: strata[$0], over: strata[tasks + $0])
      })
  }
}

/// How far the scores fall short of a target: γ − mean(min(score, γ)), Agarwal (2021), section 4.3.
public func optimalityGap(of scores: [Double], target: Double = 1) -> Double {
  target - mean(of: scores.map { min($0, target) })
}

/// The optimality gap over all runs of all tasks, with its stratified bootstrap interval.
public func optimalityGapInterval(
  of scores: [[Double]], target: Double = 1, bootstrap: StratifiedBootstrap
) -> Interval {
  bootstrap.interval(of: scores) { optimalityGap(of: $0.flatMap(\.self), target: target) }
}

/// One point of a performance profile.
public struct PerformanceProfilePoint: Codable, Hashable, Sendable {
  /// The score that a run has to exceed, written τ.
  public var threshold: Double
  /// The share of runs above the threshold, with its pointwise bootstrap interval.
  public var share: Interval
}

/// The share of runs whose score exceeds each threshold, Agarwal (2021), section 4.1.
///
/// The bounds hold at each threshold by itself, not for the whole curve at once. All points come
/// from the same resamples.
public func performanceProfile(
  of scores: [[Double]], thresholds: [Double], bootstrap: StratifiedBootstrap
) -> [PerformanceProfilePoint] {
  thresholds.map { threshold in
    let share = bootstrap.interval(of: scores) { strata in
      let runs = strata.flatMap(\.self)
      return Double(runs.count { $0 > threshold }) / Double(runs.count)
    }
    return PerformanceProfilePoint(threshold: threshold, share: share)
  }
}
