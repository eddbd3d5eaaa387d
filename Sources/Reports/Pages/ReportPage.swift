import Evaluation
import Tasks
import Training
package import Workbench

/// The self-contained page of an experiment or of a single training: figures inline, no network.
///
/// It has the sections for which there is something to show, and every figure in the section that the figure names.
package struct ReportPage {
  private let summary: ExperimentSummary
  private let figures: [Figure]
  /// The drawing of each figure by its name; empty where gnuplot was missing.
  private let drawings: [String: String]
  private let samples: [(arm: String, rows: [SampleRecord])]

  /// A page of what was found.
  package init(
    summary: ExperimentSummary, figures: [Figure], drawings: [String: String],
    samples: [(arm: String, rows: [SampleRecord])]
  ) {
    (self.summary, self.figures) = (summary, figures)
    (self.drawings, self.samples) = (drawings, samples)
  }

  /// The whole page.
  package var html: String {
    let sections = HTML.sections(parts)
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><title>\(HTML.escape(summary.facts.title))</title>
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <style>\(reportStyle)</style></head><body>
      <header><div><h1>\(HTML.escape(summary.facts.title))</h1>
      <p>\(overview)</p>
      \(sections.navigation)</div></header>
      <main>
      \(cards)\(sections.body)
      </main></body></html>

      """
  }

  /// Seeds, task, model and β in one line.
  private var overview: String {
    let facts = summary.facts
    let (seeds, methods) = (facts.seeds.count, Set(facts.arms.map(\.method)))
    let isPaired = seeds > 1 && facts.arms.count > 1
    let learnsPreferences = !methods.isSubset(of: ["sft", "reward"])
    return [
      seeds == 1 ? "1 seed" : "\(seeds) \(isPaired ? "paired " : "")seeds",
      "task \(HTML.escape(facts.task))", "\(facts.parameterCount) parameters",
      learnsPreferences
        ? "β = \(short(facts.beta))\(methods.count > 1 ? " for both pipelines" : "")" : nil,
    ].compactMap(\.self).joined(separator: " · ")
  }

  /// What stands in a section, its figures last.
  private func parts(of section: PageSection) -> [String] {
    text(of: section) + [HTML.grid(figures.filter { $0.section == section }, drawings: drawings)]
  }

  private func text(of section: PageSection) -> [String] {
    let tables = ReportTables(summary: summary)
    switch section {
    case .expectation:
      let said = HTML.escape(summary.facts.expectation)
      let notes = (summary.dataNotes ?? []).map { "<p>\(HTML.escape($0)).</p>" }
      return (said.isEmpty ? [] : ["<div class=\"said\">\(said)</div>"]) + notes
    case .end:
      return [
        tables.final, tables.comparisons, tables.claims,
        HTML.group("Finished runs at the same KL", tables.frontier, tables.frontierDifferences),
        HTML.group(
          "On the way: at the same KL and at the same cost", tables.matched),
      ]
    case .cost: return [tables.cost]
    case .stability: return [tables.stability]
    case .certificate:
      return tables.certificate.isEmpty ? [] : [certificateNote, tables.certificate]
    case .stages: return [HTML.group("Reward model", tables.rewardModel)]
    case .samples: return sampleTables
    case .reproduce: return [reproduction(tables)]
    default: return []
    }
  }

  private let certificateNote =
    "<p>Numbers that are known before anything is learned. A line that fails here makes every number above doubtful.</p>"

  private func reproduction(_ tables: ReportTables) -> String {
    let facts = summary.facts
    let arms = facts.arms.map {
      [HTML.escape($0.name), HTML.escape($0.method), HTML.escape($0.settings)]
    }
    return """
      <pre>\(HTML.escape(facts.command))</pre>
      <p>Every number comes from summary.json and curves.csv beside this page; each figure is
      NAME.csv and NAME.gp, redrawn by <code>gnuplot NAME.gp</code>. The same command writes the same
      bytes for any number of jobs. Versions, hashes and the machine stand in manifest.json.</p>
      \(HTML.table(["arm", "method", "settings"], arms))
      \(HTML.group("What the intervals really cover", tables.coverage))
      """
  }
}

// MARK: Cards and samples

extension ReportPage {
  /// One card per arm: its gain over the reference in J, or under another judge than the gold, else how it orders held-out pairs.
  private var cards: String {
    let cards = summary.arms.enumerated().compactMap { index, arm -> String? in
      guard let (value, says) = headline(of: arm) else { return nil }
      let color = Palette.color(of: arm.name, at: index, among: summary.arms.count)
      return """
        <div class="card" style="border-color:\(color)"><span>\(HTML.escape(arm.name))</span>
        <b>\(value)</b><span>\(says)</span></div>
        """
    }
    guard !cards.isEmpty else { return "" }
    let note = judgeNote(summary.judge) + refereeNote
    return "<div class=\"cards\">\(cards.joined())</div>\n"
      + (note.isEmpty ? "" : "<p>\(note)</p>\n")
  }

  /// What the referee can do, in the words that a verdict needs.
  private var refereeNote: String {
    guard summary.judge == .referee else { return "" }
    guard let skill = summary.refereeSkill else {
      return " No pair is held out to say how good it is, so no verdict is read off it."
    }
    let found =
      " It orders \(readable(100 * skill.accuracy)) % of the \(Int(skill.pairs)) held-out pairs as "
      + "they are labelled; guessing exceeds \(readable(100 * min(1, skill.chance))) % one time in forty"
    return found + (skill.isBetterThanChance ? "." : ", so no verdict is read off it.")
  }

  private func headline(of arm: ArmSummary) -> (value: String, says: String)? {
    if let judge = summary.judge {
      let isGold = judge == .gold
      let metric = isGold ? MetricKey.goldObjective.rawValue : judge.rewardKey
      let gain = summary.comparisons.first {
        $0.first == arm.name && $0.second == "SFT" && $0.metric == metric
      }?.difference
      guard let gain else { return nil }
      let sign = (isGold && arm.method == "best-of-n" ? "≥ " : "") + (gain.mean < 0 ? "−" : "+")
      return (
        sign + readable(abs(gain.mean)),
        "\(isGold ? "objective J" : judge.title) over SFT\(interval(of: gain))"
      )
    }
    guard let accuracy = arm.final[MetricKey.heldOutRewardAccuracy.rawValue], accuracy.n > 0 else {
      return nil
    }
    return (readable(accuracy.mean), "held-out preference accuracy\(interval(of: accuracy))")
  }

  /// The interval of an estimate as the end of a sentence; nothing of one seed.
  private func interval(of estimate: Estimate) -> String {
    guard estimate.n > 1 else { return "; one seed" }
    return "; 95 % interval \(readable(estimate.low)) to \(readable(estimate.high))"
  }

  private var sampleTables: [String] {
    let title = summary.judge?.title
    return samples.map { arm, rows in
      let judged = title.map { [$0] } ?? []
      let headings =
        ["prompt", "completion"] + judged + ["reference's completion"] + judged
      let cells = rows.map { row in
        [HTML.escape(row.prompt), HTML.escape(row.completion)]
          + (title == nil ? [] : [readable(row.gold)]) + [HTML.escape(row.referenceCompletion)]
          + (title == nil ? [] : [readable(row.referenceGold)])
      }
      return HTML.group(
        HTML.escape(arm),
        HTML.table(
          headings, cells,
          caption: "Of the first seed, from the same draws.\(judgeNote(summary.judge))"))
    }
  }
}
