import Experiments
import Foundation

/// A JSON document for stdout.
func jsonText(of value: some Encodable) throws -> String {
  let text = String(decoding: try encodeRecord(value), as: UTF8.self)
  return text.trimmingCharacters(in: .newlines)
}

/// The arms' last evaluations, the certificate, and where the rest is.
func table(of summary: ExperimentSummary, results: URL) -> String {
  let columns = [
    "eval/gold_reward", "eval/proxy_reward", "eval/kl", "eval/win_rate", "eval/length",
  ]
  let titles = ["gold reward", "proxy", "KL", "win rate", "length"]
  let head = padded("arm", to: 14) + titles.map { padded($0, to: 24) }.joined() + "seeds"
  let rows = summary.arms.map { arm in
    padded(arm.name, to: 14)
      + columns.map { padded(arm.final[$0].map(text) ?? "–", to: 24) }.joined()
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

/// An estimate with its 95 % interval.
private func text(_ estimate: Estimate) -> String {
  String(format: "%.3f [%.3f, %.3f]", estimate.mean, estimate.low, estimate.high)
}
