import Evaluation
import LanguageModel
import Tasks
import Training
import Workbench

/// The cells of one arm, one per seed, in the order of the seeds.
struct ArmRuns: Sendable {
  let name: String
  let method: String
  /// The method whose sweep the arm belongs to, where it is one of a sweep.
  let family: String?
  let color: String
  let cells: [CellRecord]

  /// Groups an experiment's cells by the arms of its specification; evaluations that were written without J get it.
  static func group(_ cells: [CellRecord], by facts: SpecificationFacts) -> [ArmRuns] {
    facts.arms.enumerated().map { index, arm in
      ArmRuns(
        name: arm.name, method: arm.method, family: arm.family,
        color: Palette.color(of: arm.name, at: index, among: facts.arms.count),
        cells: cells.filter { $0.arm == arm.name && $0.method == arm.method }
          .map { $0.completed(with: facts.objective) }.sorted { $0.seed < $1.seed })
    }
  }

  /// Whether training moved a policy, so that there is a curve to draw.
  var isTrained: Bool { method != "best-of-n" }

  /// The steps of a run that went to its end.
  var steps: Int { cells.compactMap { $0.evaluations.last?.step }.max() ?? 0 }

  /// A value of each seed's last evaluation; seeds without it are left out.
  func finalValues(_ key: MetricKey) -> [Int: Double] {
    var values: [Int: Double] = [:]
    for cell in cells { values[cell.seed] = cell.evaluations.last?.values[key] }
    return values
  }

  /// A value of each seed's first evaluation, which is that of the reference policy.
  func firstValues(_ key: MetricKey) -> [Int: Double] {
    var values: [Int: Double] = [:]
    for cell in cells { values[cell.seed] = cell.evaluations.first?.values[key] }
    return values
  }

  /// The values that an evaluation of this arm holds, by name in order.
  ///
  /// Errors within one evaluation stay in `curves.csv`: the summary's intervals are over seeds.
  var evaluationKeys: [MetricKey] {
    let within = ["_se", "_lower", "_upper"]
    return Set(cells.flatMap { $0.evaluations.last?.values.keys.map { $0 } ?? [] })
      .filter { key in !within.contains { key.hasSuffix($0) } }.sorted().map { MetricKey($0) }
  }

  /// The evaluations of all seeds, by their place in the run: the i-th of every seed together.
  var checkpoints: [[EvaluationRow]] {
    let count = cells.map(\.evaluations.count).max() ?? 0
    return (0..<count).map { place in
      cells.compactMap { $0.evaluations.indices.contains(place) ? $0.evaluations[place] : nil }
    }
  }
}

extension CellRecord {
  /// What training looked like between its checkpoints, or the checkpoints where nobody looked.
  var pathOrCheckpoints: [EvaluationRow] { path ?? evaluations }

  /// The record with J beside every gold reward and KL.
  fileprivate func completed(with objective: EvaluatedObjective) -> CellRecord {
    var record = self
    record.evaluations = evaluations.map { $0.completed(with: objective) }
    record.path = path?.map { $0.completed(with: objective) }
    return record
  }
}

extension EvaluationRow {
  fileprivate func completed(with objective: EvaluatedObjective) -> EvaluationRow {
    guard values[.goldObjective] == nil, let gold = values[.goldReward], let kl = values[.kl] else {
      return self
    }
    var row = self
    row.values[.goldObjective] = objective(gold: gold, divergence: kl)
    return row
  }
}

/// Who judges the arms of an experiment; nil where no evaluation holds what its judge gives.
func judge(of runs: [ArmRuns], facts: SpecificationFacts) -> Judge? {
  let judge = facts.judge ?? .gold
  let rows = runs.flatMap { $0.cells.flatMap(\.evaluations) }
  return rows.contains { $0.values[judge.reward] != nil } ? judge : nil
}

/// Evaluations of every seed as CSV: what the reward curves are drawn from.
struct CurvesTable {
  private let columns: [String]
  private let rows: [[String]]

  /// Every value of every checkpoint.
  init(_ runs: [ArmRuns]) { self.init(runs, of: \.evaluations) { _ in true } }

  /// What lies between checkpoints, in the values that paths are compared by; nil where nobody looked.
  init?(pathsOf runs: [ArmRuns]) {
    guard runs.contains(where: { $0.cells.contains { $0.path != nil } }) else { return nil }
    let kept = Set(
      Judge.allCases.map(\.reward) + [.goldObjective, .kl, .proxyReward, .length, .eosRate])
    self.init(runs, of: { $0.path ?? [] }) { kept.contains(MetricKey($0)) }
  }

  /// Collects rows of all arms; columns are in alphabetical order.
  private init(
    _ runs: [ArmRuns], of evaluations: (CellRecord) -> [EvaluationRow],
    where keeps: (String) -> Bool
  ) {
    let keys = Set(runs.flatMap { $0.cells.flatMap { evaluations($0).flatMap(\.values.keys) } })
      .filter(keeps).sorted()
    columns =
      ["arm", "seed", "step", "labels", "gold_queries", "rollouts", "tokens", "gflop"] + keys
    rows = runs.flatMap { run in
      run.cells.flatMap { cell in
        evaluations(cell).map { row -> [String] in
          let spent = Self.spent(row.cost)
          return [run.name, "\(cell.seed)", "\(row.step)"] + spent
            + keys.map { key in row.values[key].map(short) ?? "" }
        }
      }
    }
  }

  /// What a cost says under the headings from `labels` to `gflop`.
  private static func spent(_ cost: Cost) -> [String] {
    let counts = [cost.labels, cost.goldQueries, cost.rollouts, cost.tokensForward]
    return counts.map(String.init) + [short(cost.flops / 1e9)]
  }

  /// The table's text, with a heading line.
  var csv: String {
    ([columns] + rows).map { $0.map(quoted).joined(separator: ",") }.joined(separator: "\n") + "\n"
  }

  /// A field with a comma, a quote or a line break in quotes, RFC 4180, section 2.
  private func quoted(_ field: String) -> String {
    guard field.contains(where: { [",", "\"", "\n"].contains($0) }) else { return field }
    return "\"" + field.replacing("\"", with: "\"\"") + "\""
  }
}
