import Evaluation
package import Foundation
import LanguageModel
import Tasks
import Training
import Workbench

/// The parts of a README that are written from committed results, between two marks.
///
///     <!-- generated: reward-curves.results -->
///     … a table of results/reward-curves/summary.json …
///     <!-- end -->
///
/// A name is the result folder and what is shown of it: `results`, where each arm ended, or `verdicts`.
package struct GeneratedBlocks: Sendable {
  private static let (mark, closing, end) = ("<!-- generated: ", " -->", "<!-- end -->")
  private let results: URL

  /// Blocks from the folders below this one.
  package init(results: URL) { self.results = results }

  /// A text with every block made anew.
  ///
  /// - Throws: ``ResultsDisagreement`` where a block has no end or an unknown name, `MissingInput`
  ///   where its summary is not there.
  package func filled(_ text: String) throws -> String {
    var lines: [String] = []
    var open: String?
    for line in text.components(separatedBy: "\n") {
      if line.hasPrefix(Self.mark), line.hasSuffix(Self.closing) {
        guard open == nil else { throw problem("the block '\(open ?? "")' has no end") }
        let name = String(line.dropFirst(Self.mark.count).dropLast(Self.closing.count))
        lines += [line] + (try content(of: name)).components(separatedBy: "\n")
        open = name
      }
      if line == Self.end {
        guard open != nil else { throw problem("an end without a block") }
        open = nil
      }
      if open == nil { lines.append(line) }
    }
    if let open { throw problem("the block '\(open)' has no end") }
    return lines.joined(separator: "\n")
  }

  private func problem(_ reason: String) -> ResultsDisagreement {
    ResultsDisagreement(path: "generated blocks", problem: reason)
  }

  private func content(of name: String) throws -> String {
    let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
    let folder = results.appending(path: parts.first ?? "")
    guard let summary = ExperimentSummary.stored(in: folder) else {
      throw MissingInput(path: folder.path, remedy: "the block '\(name)' is made from its summary")
    }
    switch parts.last {
    case "results": return ResultsTable(summary).markdown
    case "verdicts": return verdicts(of: summary)
    default: throw problem("'\(name)' is neither FOLDER.results nor FOLDER.verdicts")
    }
  }

  /// One line a claim, those about J first.
  private func verdicts(of summary: ExperimentSummary) -> String {
    let claims = experimentClaims(summary)
    let ofObjective = claims.filter { $0.id.hasSuffix("-in-j") }
    let others = claims.filter { !$0.id.hasSuffix("-in-j") }
    return (ofObjective + others).map { claim in
      "- \(claim.statement): **\(claim.verdict.rawValue)**"
        + (claim.reason.map { " (\($0))" } ?? numbers(of: claim))
    }.joined(separator: "\n")
  }

  private func numbers(of claim: Claim) -> String {
    guard let effect = claim.effect, let ends = claim.interval else { return "" }
    let p = claim.adjustedP.map { ", adjusted p \(brief($0))" } ?? ""
    return ", \(plain(effect)) [\(plain(ends[0])), \(plain(ends[1]))]\(p), "
      + "\(claim.seeds ?? 0) seeds"
  }
}

/// Where each arm ended, as a Markdown table.
private struct ResultsTable {
  private let summary: ExperimentSummary
  private let columns: [(title: String, key: String)]

  init(_ summary: ExperimentSummary) {
    self.summary = summary
    let judge = summary.judge ?? .gold
    columns = [
      ("J = E[gold] − β·KL", MetricKey.goldObjective.rawValue), (judge.title, judge.rewardKey),
      ("KL, nats", MetricKey.kl.rawValue), ("win rate against SFT", judge.winRateKey),
    ].filter { column in summary.arms.contains { $0.final[column.1] != nil } }
  }

  var markdown: String {
    let facts = summary.facts
    let title = (summary.judge ?? .gold).title
    let heading =
      ["policy"] + columns.map(\.title) + ["\(title) over SFT"]
      + ["GFLOP of training", "GFLOP an answer", "choices", "noise-free numbers"]
    let head =
      "\(facts.parameterCount) parameters, β = \(short(facts.beta)), \(facts.seeds.count) paired seeds; "
      + "mean and 95 % t interval:"
    var lines = [head, "", row(heading), row(heading.map { _ in "---" })]
    lines.append(row(["SFT (π_ref)"] + values(summary.reference) + ["", "", "", "", ""]))
    for arm in summary.arms {
      let answer = arm.final[MetricKey.answerFLOPs.rawValue].map { readable($0.mean / 1e9) } ?? ""
      let cost = [
        readable(arm.cost.flops / 1e9), answer, "\(arm.cost.labels)", "\(arm.cost.goldQueries)",
      ]
      lines.append(row([arm.name] + values(arm.final) + [gain(of: arm)] + cost))
    }
    return lines.joined(separator: "\n")
  }

  private func row(_ cells: [String]) -> String {
    "| " + cells.map(markdownCell).joined(separator: " | ") + " |"
  }

  private func gain(of arm: ArmSummary) -> String {
    let key = (summary.judge ?? .gold).rewardKey
    let row = summary.comparisons.first {
      $0.first == arm.name && $0.second == "SFT" && $0.metric == key
    }
    return cell(row?.difference)
  }

  private func values(_ estimates: [String: Estimate]) -> [String] {
    columns.map { cell(estimates[$0.key]) }
  }

  private func cell(_ estimate: Estimate?) -> String {
    guard let estimate, estimate.n > 0 else { return "" }
    // A bound or a number that every seed shares has no interval.
    guard estimate.n > 1, estimate.low < estimate.high else { return plain(estimate.mean) }
    return "\(plain(estimate.mean)) [\(plain(estimate.low)), \(plain(estimate.high))]"
  }
}

/// A number in two decimals with a true minus sign.
private func plain(_ value: Double) -> String {
  fixed(value, decimals: 2).replacing("-", with: "−")
}
