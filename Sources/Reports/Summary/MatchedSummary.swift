import Evaluation
import LanguageModel
import Training
import Workbench

/// The judge's reward of two trainings where both have the same KL, or where both have spent the same.
///
/// Points on one training's path are no frontier: that of finished runs is ``FrontierSummary``. The names of
/// the fields are those of the first version of `summary.json`, when every judge was the gold; whose
/// reward it is stands in ``SpecificationFacts/judge``.
package struct MatchedComparison: Codable, Sendable {
  /// What is matched: `kl` in nats or `flops`.
  package var axis: String
  /// The value at which the arms are read; of FLOPs the mean over the seeds, each of which has its own.
  package var at: Double
  /// The share of each seed's own budget, which ends where its cheaper arm does; nil on the KL axis.
  package var share: Double?
  /// The arm from which is subtracted.
  package var first: String
  /// The arm that is subtracted.
  package var second: String
  /// The judge's reward of the first arm, over the seeds that can be read here; nil where none can.
  package var firstGold: Double?
  /// The judge's reward of the second arm over the same seeds.
  package var secondGold: Double?
  /// first − second, mean over the pairs of a seed.
  package var difference: Double?
  /// The lower end of the 95 % interval of the paired difference; nil where one seed is left.
  package var low: Double?
  /// The upper end of the 95 % interval of the paired difference; nil where one seed is left.
  package var high: Double?
  /// The seeds in which both arms reach this value and were measured near it.
  package var seeds: Int
  /// The other seeds, which are left out.
  package var absent: Int
  /// Why nothing is said here; nil where something is.
  package var refusal: String?

  fileprivate init(
    axis: CurveAxis, at level: Double, share: Double? = nil, _ first: ArmRuns, _ second: ArmRuns,
    _ readings: [MatchedReading]
  ) {
    (self.axis, at, self.share) = (axis.rawValue, rounded(level), share)
    (self.first, self.second) = (first.name, second.name)
    guard let found = matchedDifference(readings) else {
      (seeds, absent) = (0, readings.count)
      self.refusal = Evaluation.refusal(of: readings)
      return
    }
    (seeds, absent) = (found.seeds, found.absent)
    (firstGold, secondGold) = (rounded(found.first), rounded(found.second))
    difference = rounded(found.difference.estimate)
    guard found.seeds > 1 else { return }
    (low, high) = (rounded(found.difference.lower), rounded(found.difference.upper))
  }
}

/// The judge's reward of every pair of trained arms at the same KL and at the same FLOPs.
///
/// KL curves are made monotone first, since noise makes them turn back; cost curves only go forward and are
/// read as they are.
func matchedComparisons(_ runs: [ArmRuns], in key: MetricKey) -> [MatchedComparison] {
  let trained = runs.filter(\.isTrained)
  let pairs = trained.indices.flatMap { i in
    trained.indices.dropFirst(i + 1).map { (trained[i], trained[$0]) }
  }
  return pairs.flatMap { first, second in
    let both = PairedPaths(first, second, in: key)
    return both.atDivergences + both.atBudgets
  }
}

/// The paths of two arms over the seeds that both have.
private struct PairedPaths {
  let first: ArmRuns
  let second: ArmRuns
  private let cells: [(first: CellRecord, second: CellRecord)]
  private let key: MetricKey

  init(_ first: ArmRuns, _ second: ArmRuns, in key: MetricKey) {
    (self.first, self.second, self.key) = (first, second, key)
    cells = first.cells.compactMap { cell in
      second.cells.first { $0.seed == cell.seed }.map { (cell, $0) }
    }
  }

  /// At round KLs up to what half of the seeds reach, and where each arm ends in the median.
  var atDivergences: [MatchedComparison] {
    let (one, other) = (curves(\.first, on: .kl), curves(\.second, on: .kl))
    return levels(one, other).map { level in
      let readings = matchedReadings(
        one, other, at: one.map { _ in level }, near: .divergence)
      return MatchedComparison(axis: .kl, at: level, first, second, readings)
    }
  }

  private func levels(_ one: [MatchedCurve], _ other: [MatchedCurve]) -> [Double] {
    let reach = zip(one, other).compactMap { first, second -> Double? in
      guard let x = first.costs.last, let y = second.costs.last else { return nil }
      return min(x, y)
    }
    guard let farthest = reach.max(), farthest > 0 else { return [] }
    let ends = [cells.map(\.first), cells.map(\.second)].map { cells in
      median(of: cells.compactMap { $0.pathOrCheckpoints.last?.values[.kl] }.filter(\.isFinite))
    }
    let places = roundLevels(in: 0...median(of: reach)) + ends.filter { $0 <= farthest }
    return Set(places.filter { $0 > 0 }).sorted()
  }

  /// At quarters of each seed's own budget, from where both arms have begun to where the cheaper one ends.
  var atBudgets: [MatchedComparison] {
    let (one, other) = (curves(\.first, on: .flops), curves(\.second, on: .flops))
    let ranges = zip(one, other).map { commonRange(of: [$0, $1]) }
    guard ranges.contains(where: { $0 != nil }) else { return [] }
    // Where one arm begins as the other ends, as PPO does with its reward model paid, there is one place.
    let isOnePlace = ranges.compactMap(\.self).allSatisfy {
      $0.upperBound - $0.lowerBound <= 1e-6 * $0.upperBound
    }
    return (isOnePlace ? [1] : [0.25, 0.5, 0.75, 1]).map { share in
      let levels = ranges.map { range in
        range.map { $0.lowerBound + share * ($0.upperBound - $0.lowerBound) } ?? .nan
      }
      let known = levels.filter(\.isFinite)
      return MatchedComparison(
        axis: .flops, at: known.reduce(0, +) / Double(known.count), share: share, first, second,
        matchedReadings(one, other, at: levels, near: nil))
    }
  }

  private func curves(
    _ arm: KeyPath<(first: CellRecord, second: CellRecord), CellRecord>, on axis: CurveAxis
  ) -> [MatchedCurve] {
    cells.map { pair in
      let rows = pair[keyPath: arm].pathOrCheckpoints
      return MatchedCurve(
        costs: rows.map {
          // The maximum of 0 and NaN is 0, that of NaN and 0 stays NaN, which a curve leaves out.
          axis == .kl ? max($0.values[.kl] ?? .nan, 0) : $0.cost.flops
        }, scores: rows.map { $0.values[key] ?? .nan }, anchors: 1,
        fit: axis == .kl ? .isotonic : .none)
    }
  }
}
