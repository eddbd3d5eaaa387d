import TensorKernels

/// How near a measured point must lie to a level for a score there to be read off a curve.
///
/// Between two points that are farther away a curve is a chord, and a chord is no measurement: gold rises
/// as √KL near the reference, so that a straight line from there understates it.
package struct Nearness: Codable, Hashable, Sendable {
  /// The largest ratio of the level and the point's cost, either over the other.
  package var factor: Double
  /// The largest difference that counts as near whatever the ratio, in the unit of the cost.
  package var distance: Double

  /// A ratio of 1.5, or a quarter of a nat.
  package static let divergence = Nearness(factor: 1.5, distance: 0.25)

  /// Whether a cost is near a level.
  package func holds(_ cost: Double, _ level: Double) -> Bool {
    let isWithinFactor = cost > 0 && level > 0 && max(cost / level, level / cost) <= factor
    return abs(cost - level) <= distance || isWithinFactor
  }
}

/// What a seed says of two arms at one level.
package enum MatchedReading: Hashable, Sendable {
  /// The scores of both.
  case scores(first: Double, second: Double)
  /// The level lies outside of one of the curves, and nothing is extrapolated.
  case beyond
  /// A curve has no measured point near the level.
  case unmeasured
}

/// What every seed says of two arms, at a level of its own.
///
/// - Parameters:
///   - first: The curves of the first arm, one for each seed.
///   - second: Those of the second arm, the same seeds at the same places.
///   - levels: The cost at which each seed is read; NaN where it has none.
///   - nearness: How near a measured point must be; nil where any will do, as on an axis along which
///     a curve only goes forward.
/// - Returns: One reading for each seed.
package func matchedReadings(
  _ first: [MatchedCurve], _ second: [MatchedCurve], at levels: [Double], near nearness: Nearness?
) -> [MatchedReading] {
  precondition(first.count == second.count, "\(first.count) runs against \(second.count)")
  precondition(first.count == levels.count, "\(first.count) runs, \(levels.count) levels")
  return first.indices.map { seed in
    let level = levels[seed]
    guard let x = first[seed].score(at: level), let y = second[seed].score(at: level) else {
      return .beyond
    }
    let isMeasured = [first[seed], second[seed]].allSatisfy { curve in
      nearness.map { near in curve.measured.contains { near.holds($0, level) } } ?? true
    }
    return isMeasured ? .scores(first: x, second: y) : .unmeasured
  }
}

/// Two arms at one level, over the seeds that can be read there.
package struct MatchedDifference: Hashable, Sendable {
  /// The mean score of the first arm over the seeds compared.
  package var first: Double
  /// The mean score of the second arm over the seeds compared.
  package var second: Double
  /// Student's interval of the paired difference, first minus second.
  package var difference: Interval
  /// How many seeds were compared.
  package var seeds: Int
  /// How many seeds were not, and are left out.
  package var absent: Int
}

/// The difference of two arms over the seeds that can be read, paired; nil where none can.
///
/// The seeds left out are counted, since those that stay at a small KL may differ from those that do not.
package func matchedDifference(
  _ readings: [MatchedReading], confidence: Double = 0.95
) -> MatchedDifference? {
  let pairs = readings.compactMap { reading -> (first: Double, second: Double)? in
    guard case .scores(let first, let second) = reading else { return nil }
    return (first, second)
  }
  guard !pairs.isEmpty else { return nil }
  let (first, second) = (pairs.map(\.first), pairs.map(\.second))
  return MatchedDifference(
    first: mean(of: first), second: mean(of: second),
    difference: pairedDifferenceInterval(first, minus: second, confidence: confidence),
    seeds: pairs.count, absent: readings.count - pairs.count)
}

/// Why a level is refused, from the seeds that could not be read there.
package func refusal(of readings: [MatchedReading]) -> String {
  let (beyond, unmeasured) = (
    readings.count { $0 == .beyond }, readings.count { $0 == .unmeasured }
  )
  let reasons = [
    unmeasured > 0 ? "\(unmeasured) without a measured point nearby" : nil,
    beyond > 0 ? "\(beyond) that an arm does not reach" : nil,
  ].compactMap(\.self)
  return "of \(readings.count) seeds " + reasons.joined(separator: " and ")
}

/// Round levels that cut a range into at most `count` parts: multiples of the smallest step of
/// 0.1, 0.25, 0.5, 1, 2.5, 5, 10, … that is wide enough.
package func roundLevels(in range: ClosedRange<Double>, count: Int = 8) -> [Double] {
  let width = (range.upperBound - range.lowerBound) / Double(count)
  guard width.isFinite, width > 0 else { return [range.lowerBound] }
  var (scale, step) = (0.1, 0.1)
  while step < width {
    step = [1, 2.5, 5, 10].map { $0 * scale }.first { $0 >= width } ?? 10 * scale
    scale *= 10
  }
  let first = (range.lowerBound / step).rounded(.up)
  let last = (range.upperBound / step).rounded(.down)
  guard first <= last else { return [] }
  return stride(from: first, through: last, by: 1).map { $0 * step }
}
