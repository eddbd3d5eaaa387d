import Workbench

/// The self-contained page of an experiment: figures inline, no network.
struct ReportPage {
  let summary: ExperimentSummary
  let figures: [Figure]
  /// The drawing of each figure by its name; empty where gnuplot was missing.
  let drawings: [String: String]
  let samples: [(arm: String, rows: [SampleRecord])]

  /// The whole page.
  var html: String {
    let facts = summary.facts
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><title>\(HTML.escape(facts.title))</title>
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <style>\(reportStyle)</style></head><body>
      \(header)<main>
      \(headline)\(sections)
      </main></body></html>

      """
  }

  private var header: String {
    let facts = summary.facts
    let links = [
      ("curves", "Reward curves"), ("end", "The end"), ("stability", "Stability"),
      ("certificate", "Certificate"), ("stages", "Stages"), ("samples", "Samples"),
      ("reproduce", "Reproduce"),
    ].map { "<a href=\"#\($0.0)\">\($0.1)</a>" }
    return """
      <header><div><h1>\(HTML.escape(facts.title))</h1>
      <p>\(facts.seeds.count) paired seeds · task \(HTML.escape(facts.task)) · \(facts.parameterCount) parameters · β = \(short(facts.beta)) for both pipelines</p>
      <nav>\(links.joined())</nav></div></header>
      """
  }

  /// One card an arm: its gain in gold reward over the reference.
  private var headline: String {
    let cards = summary.arms.enumerated().map { index, arm -> String in
      let color = Palette.color(of: arm.name, at: index, among: summary.arms.count)
      let gain = summary.comparisons.first {
        $0.first == arm.name && $0.second == "SFT" && $0.metric == "eval/gold_reward"
      }?.difference
      let text = gain.map { "\($0.mean < 0 ? "−" : "+")\(readable(abs($0.mean)))" } ?? "–"
      let interval = gain.map { "95 % interval \(readable($0.low)) to \(readable($0.high))" } ?? ""
      return """
        <div class="card" style="border-color:\(color)"><span>\(HTML.escape(arm.name))</span>
        <b>\(text)</b><span>gold reward over SFT; \(interval)</span></div>
        """
    }
    return "<div class=\"cards\">\(cards.joined())</div>"
  }

  private var sections: String {
    let tables = ReportTables(summary: summary)
    return [
      HTML.section(
        "expectation", "What was expected",
        "<div class=\"said\">\(HTML.escape(summary.facts.expectation))</div>"),
      HTML.section(
        "curves", "Reward curves", grid { $0.hasPrefix("gold-by") || $0.hasPrefix("proxy-by") }),
      HTML.section(
        "end", "Where each arm ended", tables.final, tables.comparisons,
        "<h3>At the same KL and at the same cost</h3>", tables.matched,
        grid { ["gold-terms", "performance-profile"].contains($0) }),
      HTML.section("cost", "What it cost", tables.cost),
      HTML.section(
        "stability", "Stability", tables.stability, grid { $0 == "gradient-norm" }),
      HTML.section(
        "certificate", "Step-0 certificate",
        "<p>Numbers that are known before anything is learned. A line that fails here makes every number above doubtful.</p>",
        tables.certificate),
      HTML.section(
        "stages", "Each stage by itself", "<h3>Reward model</h3>", tables.rewardModel,
        grid(isDiagnostic)),
      HTML.section("samples", "Samples side by side", sampleTables),
      HTML.section("reproduce", "How to reproduce this page", reproduction(tables)),
    ].joined()
  }

  private func isDiagnostic(_ name: String) -> Bool {
    ["sft-", "reward-", "dpo-", "ppo-"].contains { name.hasPrefix($0) }
  }

  private func grid(_ include: (String) -> Bool) -> String {
    let chosen = figures.filter { include($0.name) }
    let parts = chosen.map { HTML.figure($0, svg: drawings[$0.name]) }
    return "<div class=\"figures\">\(parts.joined(separator: "\n"))</div>"
  }

  private var sampleTables: String {
    samples.map { arm, rows in
      "<h3>\(HTML.escape(arm))</h3>"
        + HTML.table(
          ["prompt", "completion", "gold", "reference's completion", "gold"],
          rows.map {
            [
              HTML.escape($0.prompt), HTML.escape($0.completion), readable($0.gold),
              HTML.escape($0.referenceCompletion), readable($0.referenceGold),
            ]
          })
    }.joined()
  }

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
      <h3>What the intervals really cover</h3>\(tables.coverage)
      """
  }
}
