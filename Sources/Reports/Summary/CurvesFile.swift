package import Foundation
import LanguageModel
import Tasks
import Training
package import Workbench

/// A summary's numbers held against the curves that they came from.
///
/// `curves.csv` has six digits, so numbers agree within ``tolerance`` and not to the bit.
package struct CurvesFile: Sendable {
  /// The name of the file in its folder.
  package static let name = "curves.csv"
  /// How far an estimate may lie from the one of the curves, as a share of the largest number of its interval and of 1.
  package static let tolerance = 2e-4

  /// The evaluations of every arm and seed; cells have nothing else.
  package let cells: [CellRecord]

  /// Reads the curves beside a summary.
  ///
  /// - Throws: `RunStoreError.damaged` where a line is not one of a table of curves.
  package init(in folder: URL, facts: SpecificationFacts) throws {
    let file = folder.appending(path: Self.name)
    guard let data = try? Data(contentsOf: file) else {
      throw MissingInput(path: file.path, remedy: "a summary is checked against its curves")
    }
    var reader = CSVReader(Array(data))
    var found: [String: CellRecord] = [:]
    do throws(CSVReader.Failure) {
      let heading = try reader.next() ?? []
      while let fields = try reader.next() {
        let row = Dictionary(zip(heading, fields), uniquingKeysWith: { first, _ in first })
        guard let arm = row["arm"], let seed = row["seed"].flatMap({ Int($0) }),
          let evaluation = EvaluationRow(row), fields.count == heading.count
        else { throw CSVReader.Failure(line: reader.line - 1, what: "not an evaluation") }
        let method = facts.arms.first { $0.name == arm }?.method ?? ""
        let empty = CellRecord(question: facts.question, arm: arm, method: method, seed: seed)
        found["\(arm) \(seed)", default: empty].evaluations.append(evaluation)
      }
    } catch {
      throw RunStoreError.damaged(path: file.path, reason: "line \(error.line): \(error.what)")
    }
    cells = found.sorted { $0.key < $1.key }.map(\.value)
  }

  /// The text of the file for the cells of an experiment.
  package static func text(of cells: [CellRecord], facts: SpecificationFacts) -> String {
    CurvesTable(ArmRuns.group(cells, by: facts)).csv
  }

  /// The first number of a summary that the curves do not give; nil where all agree.
  package func disagreement(with summary: ExperimentSummary) -> String? {
    var facts = summary.facts
    // What intervals cover at so many seeds is simulated anew otherwise.
    facts.seeds = Array(facts.seeds.prefix(1))
    let again = summarize(cells, facts: facts)
    return disagreement(of: summary.reference, from: again.reference, in: "SFT")
      ?? zip(summary.arms, again.arms).lazy.compactMap {
        self.disagreement(of: $0.final, from: $1.final, in: $0.name)
      }.first
      ?? summary.comparisons.lazy.compactMap { self.disagreement(of: $0, from: again) }.first
      ?? pathsOfCheckpoints(summary).lazy.compactMap { self.disagreement(of: $0, from: again) }
      .first
      ?? disagreement(of: summary.frontier, from: again.frontier)
  }

  /// What was read at one KL off the checkpoints: a path with more points than these is in `paths.csv`.
  private func pathsOfCheckpoints(_ summary: ExperimentSummary) -> [MatchedComparison] {
    // A summary without evidence is older than the rule that a level needs a measured point nearby.
    guard summary.facts.path == nil, summary.evidence != nil else { return [] }
    return summary.matched.filter { $0.axis == CurveAxis.kl.rawValue && $0.difference != nil }
  }

  private func disagreement(of one: MatchedComparison, from again: ExperimentSummary) -> String? {
    let name = "\(one.first) − \(one.second) at a KL of \(one.at)"
    let other = again.matched.first {
      $0.axis == one.axis && $0.first == one.first && $0.second == one.second
        && abs($0.at - one.at) <= Self.tolerance * max(1, one.at)
    }
    guard let stored = one.difference, let derived = other?.difference else {
      return "\(name) cannot be derived from the curves"
    }
    return abs(stored - derived) <= Self.tolerance * max(1, abs(stored))
      ? nil : said(name, stored, derived)
  }

  private func disagreement(
    of stored: [String: Estimate], from derived: [String: Estimate], in arm: String
  ) -> String? {
    for (key, estimate) in stored.sorted(by: { $0.key < $1.key }) {
      guard let other = derived[key], !agree(estimate, other) else { continue }
      return said("\(key) of \(arm)", estimate.mean, other.mean)
    }
    return nil
  }

  private func disagreement(of one: Comparison, from again: ExperimentSummary) -> String? {
    let name = "\(one.metric), \(one.first) − \(one.second)"
    let other = again.comparisons.first {
      $0.first == one.first && $0.second == one.second && $0.metric == one.metric
    }
    guard let other else { return "\(name) cannot be derived from the curves" }
    return agree(one.difference, other.difference)
      ? nil : said(name, one.difference.mean, other.difference.mean)
  }

  private func disagreement(of stored: FrontierSummary?, from derived: FrontierSummary?) -> String?
  {
    for one in stored?.comparisons ?? [] {
      let other = derived?.comparisons.first { $0.first == one.first && $0.second == one.second }
      for place in one.places {
        let again = other?.places.first {
          abs($0.at - place.at) <= Self.tolerance * max(1, place.at)
        }
        let (a, b) = (place.difference ?? .nan, again?.difference ?? .nan)
        guard a.isFinite != b.isFinite || abs(a - b) > Self.tolerance * max(1, abs(a)) else {
          continue
        }
        return said("\(one.first) − \(one.second) of finished runs at \(place.at) nats", a, b)
      }
    }
    return nil
  }

  private func agree(_ one: Estimate, _ other: Estimate) -> Bool {
    let pairs = [(one.mean, other.mean), (one.low, other.low), (one.high, other.high)]
    let scale = pairs.reduce(1) { max($0, abs($1.0.isFinite ? $1.0 : 0)) }
    return one.n == other.n
      && pairs.allSatisfy { a, b in
        a.isFinite == b.isFinite && (!a.isFinite || abs(a - b) <= Self.tolerance * scale)
      }
  }

  private func said(_ name: String, _ stored: Double, _ derived: Double) -> String {
    "\(name) is \(stored), the curves give \(derived)"
  }
}

extension EvaluationRow {
  /// An evaluation from a line of the table, by its headings; nil where the step or a value is no number.
  fileprivate init?(_ row: [String: String]) {
    guard let step = row["step"].flatMap({ Int($0) }) else { return nil }
    func count(_ name: String) -> Int { row[name].flatMap { Int($0) } ?? 0 }
    let texts = row.filter { $0.key.contains("/") && !$0.value.isEmpty }
    let values = texts.compactMapValues { Double($0) }
    guard values.count == texts.count else { return nil }
    self.init(
      step: step,
      cost: Cost(
        labels: count("labels"), goldQueries: count("gold_queries"), tokensForward: count("tokens"),
        rollouts: count("rollouts"),
        flops: 1e9 * (row["gflop"].flatMap { Double($0) } ?? 0)), values: values)
  }
}
