import LanguageModel

/// Every evaluation of every seed as CSV: what the reward curves are drawn from.
struct CurvesTable {
  private let columns: [String]
  private let rows: [[String]]

  /// Collects the evaluations of all arms; columns are in alphabetical order.
  init(_ runs: [ArmRuns]) {
    let keys = Set(runs.flatMap { $0.cells.flatMap { $0.evaluations.flatMap(\.values.keys) } })
      .sorted()
    columns = ["arm", "seed", "step", "labels", "rollouts", "tokens", "gflop"] + keys
    rows = runs.flatMap { run in
      run.cells.flatMap { cell in
        cell.evaluations.map { row in
          [run.name, "\(cell.seed)", "\(row.step)", "\(row.cost.labels)", "\(row.cost.rollouts)"]
            + ["\(row.cost.tokensForward)", short(Double(row.cost.flops) / 1e9)]
            + keys.map { key in row.values[key].map(short) ?? "" }
        }
      }
    }
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
