import Evaluation
import LanguageModel
import Training
import Workbench

/// Finished runs of methods that were each swept over a setting, and how the methods differ at the same KL.
package struct FrontierSummary: Codable, Sendable {
  /// The swept methods, in the order of the specification.
  package var families: [FrontierFamily]
  /// Every pair of them.
  package var comparisons: [FrontierComparison]

  /// The frontiers of an experiment's families; nil without any.
  init?(_ runs: [ArmRuns], in key: MetricKey) {
    let swept = FamilyRuns.group(runs, key: key)
    guard !swept.isEmpty else { return nil }
    families = swept.map(\.summary)
    comparisons = swept.indices.flatMap { i in
      swept.indices.dropFirst(i + 1).map { FrontierComparison(swept[i], minus: swept[$0]) }
    }
  }
}

/// One method over its sweep.
package struct FrontierFamily: Codable, Sendable {
  /// The family's name.
  package var name: String
  /// Its finished runs, one point for each setting, from the least KL to the most.
  package var points: [FrontierPoint]
}

/// One setting of a sweep, over its seeds.
package struct FrontierPoint: Codable, Sendable {
  /// The arm, with n where it is best-of-n.
  package var arm: String
  /// The KL at the end, in nats; of best-of-n the upper bound.
  package var kl: Estimate
  /// The judge's reward at the end.
  package var reward: Estimate
}

/// The difference of two families over KL, with a band that holds at all its places at once.
package struct FrontierComparison: Codable, Sendable {
  /// The family from which is subtracted.
  package var first: String
  /// The family that is subtracted.
  package var second: String
  /// Half the band's width in standard errors; nil where no place has a spread.
  package var criticalValue: Double?
  /// The places, in rising order.
  package var places: [FrontierPlace]
}

/// Two families at one KL.
package struct FrontierPlace: Codable, Sendable {
  /// The KL in nats.
  package var at: Double
  /// The reward of the first family, over the seeds that can be read here; nil where refused.
  package var first: Double?
  /// The reward of the second family over the same seeds.
  package var second: Double?
  /// first − second, the mean over seeds.
  package var difference: Double?
  /// The lower end of the 95 % simultaneous band.
  package var low: Double?
  /// The upper end of the 95 % simultaneous band.
  package var high: Double?
  /// The seeds that can be read here.
  package var seeds: Int
  /// The seeds that cannot.
  package var absent: Int
  /// Why nothing is said here; nil where something is.
  package var refusal: String?
}

/// The share of seeds that must be readable at a place for it to enter a band.
///
/// Seeds that do not get as far may differ from those that do.
let leastShareOfSeeds = 0.75

/// The arms of one family.
struct FamilyRuns {
  let name: String
  let color: String
  let arms: [ArmRuns]
  let key: MetricKey

  /// The families of an experiment in the order of their first arms.
  static func group(_ runs: [ArmRuns], key: MetricKey) -> [FamilyRuns] {
    var names: [String] = []
    for case let name? in runs.map(\.family) where !names.contains(name) { names.append(name) }
    return names.enumerated().map { place, name in
      FamilyRuns(
        name: name, color: Palette.color(of: name, at: place),
        arms: runs.filter { $0.family == name }, key: key)
    }
  }

  /// The seeds of any of its arms.
  var seeds: [Int] { Set(arms.flatMap { $0.cells.map(\.seed) }).sorted() }

  /// A finished run of each setting of a seed, with the setting's name; diverged runs are none.
  private func finished(_ cell: CellRecord, of arm: ArmRuns) -> [(arm: String, row: EvaluationRow)]
  {
    guard arm.isTrained else {
      return cell.evaluations.dropFirst().map { ("\(arm.name), n = \($0.step)", $0) }
    }
    guard cell.outcome == .completed, let last = cell.evaluations.last else { return [] }
    return [(arm.name, last)]
  }

  private func finished(seed: Int) -> [(arm: String, row: EvaluationRow)] {
    arms.flatMap { arm in
      arm.cells.filter { $0.seed == seed }.flatMap { finished($0, of: arm) }
    }
  }

  /// A seed's finished runs as a curve over KL, which the reference holds at zero.
  ///
  /// The scores are as they are: a family that falls beyond its peak is seen to fall.
  func curve(seed: Int) -> MatchedCurve {
    let starts = arms.flatMap(\.cells).filter { $0.seed == seed }.compactMap(\.evaluations.first)
    let anchors = Array(starts.prefix(1))
    let rows = anchors + finished(seed: seed).map(\.row)
    return MatchedCurve(
      costs: rows.map { max($0.values[.kl] ?? .nan, 0) },
      scores: rows.map { $0.values[key] ?? .nan }, anchors: anchors.count, fit: .none)
  }

  /// The settings over the seeds.
  var summary: FrontierFamily {
    var rows: [String: [EvaluationRow]] = [:]
    for seed in seeds {
      for (arm, row) in finished(seed: seed) { rows[arm, default: []].append(row) }
    }
    let points = rows.sorted { $0.key < $1.key }.map { arm, rows in
      FrontierPoint(
        arm: arm, kl: Estimate(over: rows.map { $0.values[.kl] ?? .nan }),
        reward: Estimate(over: rows.map { $0.values[key] ?? .nan }))
    }
    return FrontierFamily(name: name, points: points.sorted { $0.kl.mean < $1.kl.mean })
  }
}

extension FrontierComparison {
  /// Compares two families over the KLs that most seeds of both reach.
  init(_ first: FamilyRuns, minus second: FamilyRuns) {
    let seeds = first.seeds.filter(Set(second.seeds).contains)
    let curves = seeds.map { (first.curve(seed: $0), second.curve(seed: $0)) }
    let readings = Self.levels(curves).map { level in
      (
        level,
        matchedReadings(
          curves.map(\.0), curves.map(\.1), at: seeds.map { _ in level }, near: .divergence)
      )
    }
    let band = seedBand(
      readings.filter { isBroad($0.1) }.map { $0.1.map(\.difference) })
    var intervals = band.intervals.makeIterator()
    (self.first, self.second) = (first.name, second.name)
    criticalValue = band.criticalValue.isFinite ? rounded(band.criticalValue) : nil
    places = readings.map { level, readings in
      FrontierPlace(at: level, readings, isBroad(readings) ? intervals.next() : nil)
    }
  }

  /// Round KLs over the range in which enough seeds have finished runs of both families, and its ends.
  private static func levels(_ curves: [(MatchedCurve, MatchedCurve)]) -> [Double] {
    let ranges = curves.compactMap { one, other -> (Double, Double)? in
      guard let low = one.measured.first, let high = one.measured.last,
        let otherLow = other.measured.first, let otherHigh = other.measured.last
      else { return nil }
      return (max(low, otherLow), min(high, otherHigh))
    }
    guard !ranges.isEmpty else { return [] }
    let enough = Int((leastShareOfSeeds * Double(ranges.count)).rounded(.up)) - 1
    let (low, high) = (ranges.map(\.0).sorted()[enough], ranges.map(\.1).sorted(by: >)[enough])
    guard low < high else { return [] }
    return Set(roundLevels(in: low...high) + [low, high]).sorted()
  }
}

/// Whether enough seeds can be read at a place.
private func isBroad(_ readings: [MatchedReading]) -> Bool {
  let known = readings.count { $0.difference.isFinite }
  return known > 1 && Double(known) >= leastShareOfSeeds * Double(readings.count)
}

extension MatchedReading {
  /// First less second; NaN where the seed cannot be read.
  fileprivate var difference: Double {
    guard case .scores(let first, let second) = self else { return .nan }
    return first - second
  }
}

extension FrontierPlace {
  fileprivate init(at level: Double, _ readings: [MatchedReading], _ interval: Interval?) {
    let found = matchedDifference(readings)
    (at, seeds) = (rounded(level), found?.seeds ?? 0)
    absent = readings.count - seeds
    guard let found, let interval else {
      self.refusal = Evaluation.refusal(of: readings)
      return
    }
    (first, second) = (rounded(found.first), rounded(found.second))
    difference = rounded(interval.estimate)
    (low, high) = (rounded(interval.lower), rounded(interval.upper))
  }
}
