import Evaluation
import Foundation
import Reports
import Tasks
import Training
import Workbench

/// A JSON document for stdout.
func jsonText(of value: some Encodable) throws -> String {
  let text = String(decoding: try encodeRecord(value), as: UTF8.self)
  return text.trimmingCharacters(in: .newlines)
}

/// The arms' last evaluations, the certificate, and where the rest is.
func table(of summary: ExperimentSummary, results: URL) -> String {
  let columns = finalColumns(of: summary)
  let head =
    padded("arm", to: 14) + columns.map { padded($0.title, to: 24) }.joined() + "seeds"
  let rows = summary.arms.map { arm in
    padded(arm.name, to: 14)
      + columns.map { column in
        let isBound = arm.method == "best-of-n" && column.key == .goldObjective
        let value = arm.final[column.key.rawValue].map(text) ?? "–"
        return padded(isBound ? "≥ " + value : value, to: 24)
      }.joined()
      + "\(arm.completed) done, \(arm.diverged) diverged, \(arm.collapsed) collapsed"
  }
  let checks = summary.certificate.map { check in
    "  \(check.passed == check.cells ? "passed" : "FAILED")  \(padded(check.name, to: 44))"
      + "expected \(check.expected), worst of \(check.cells) cells \(check.worst)"
  }
  return
    ([head] + rows + ["", "step-0 certificate"] + checks + ["", "results: \(results.relativePath)"])
    .joined(separator: "\n")
}

/// What the table shows of the last evaluations: the judge's columns where something judges, and no column that no arm has.
private func finalColumns(of summary: ExperimentSummary) -> [(title: String, key: MetricKey)] {
  let judge = summary.judge
  typealias Column = (title: String, key: MetricKey)
  let rewards: [Column] = judge.map { [($0.title, $0.reward)] } ?? []
  let winRates: [Column] = judge.map { [($0.winRateTitle, $0.winRate)] } ?? []
  let heldOut: [Column] = judge == .gold ? [] : [("held-out accuracy", .heldOutRewardAccuracy)]
  let all: [Column] =
    [("objective J", .goldObjective)] + rewards + [("proxy", .proxyReward), ("KL", .kl)] + winRates
    + heldOut + [("length", .length)]
  return all.filter { column in
    summary.arms.contains { $0.final[column.key.rawValue] != nil }
  }
}

/// An estimate with its 95 % interval; of one seed the value alone.
private func text(_ estimate: Estimate) -> String {
  let value = fixed(estimate.mean, decimals: 3)
  guard estimate.n > 1 else { return value }
  return "\(value) [\(fixed(estimate.low, decimals: 3)), \(fixed(estimate.high, decimals: 3))]"
}

/// What `--dry-run` prints.
struct PlanDocument: Encodable {
  /// One cell of the plan.
  struct Row: Encodable {
    var cell: String
    var gigaflop: Double
    var isFinished: Bool

    enum CodingKeys: String, CodingKey {
      case cell, gigaflop
      case isFinished = "finished"
    }
  }

  var schema = "tandem.plan/1"
  var experiment: String
  var cells: [Row]
  /// What one core of this machine does in training steps of this model, measured now.
  var gigaflopPerSecond: Double
  var minutesPerJob: Double

  enum CodingKeys: String, CodingKey {
    case schema, experiment, cells
    case gigaflopPerSecond = "gigaflop_per_second"
    case minutesPerJob = "minutes_of_one_core"
  }

  init(_ runner: ExperimentRunner) {
    experiment = runner.specification.name
    cells = runner.plan.entries.map { entry in
      Row(
        cell: entry.cell.path, gigaflop: entry.estimatedFLOPs / 1e9,
        isFinished: runner.store.isFinished(entry.cell, inputs: entry.inputs))
    }
    let left = cells.filter { !$0.isFinished }.reduce(0) { $0 + $1.gigaflop }
    gigaflopPerSecond = runner.measuredTrainingRate() / 1e9
    minutesPerJob = left / gigaflopPerSecond / 60
  }

  var text: String {
    let rows = cells.map { row in
      padded(row.cell, to: 32) + padded("\(Int(row.gigaflop.rounded()))", to: 10)
        + (row.isFinished ? "finished" : "to do")
    }
    let head = padded("cell", to: 32) + padded("GFLOP", to: 10) + "state"
    let minutes = (minutesPerJob * 10).rounded() / 10
    return ([head] + rows).joined(separator: "\n")
      + "\nabout \(minutes) minutes of one core are left"
  }
}

/// A text filled up with spaces.
func padded(_ text: String, to width: Int) -> String {
  text + String(repeating: " ", count: max(1, width - text.count))
}
