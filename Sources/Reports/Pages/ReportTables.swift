import Evaluation
import LanguageModel
import Tasks
import Training

/// The tables of a report, as HTML; each is empty where there is nothing to tabulate.
struct ReportTables {
  let summary: ExperimentSummary

  /// Where each arm ended, the reference first; columns that no policy has are left out.
  var final: String {
    let groups = [("SFT (π_ref)", summary.reference)] + summary.arms.map { ($0.name, $0.final) }
    let known = groups.filter { !$0.1.isEmpty }
    let columns = finalColumns.filter { column in
      known.contains { ($0.1[column.key.rawValue]?.n ?? 0) > 0 }
    }
    guard !columns.isEmpty else { return "" }
    let rows = known.map { name, values in
      [HTML.escape(name)] + columns.map { cell(values[$0.key.rawValue]) }
    }
    return HTML.table(
      ["policy"] + columns.map(\.title), rows, caption: seedCaption + finalCaption(columns))
  }

  private typealias Column = (title: String, key: MetricKey)

  private var finalColumns: [Column] {
    let judge = summary.judge
    return (judge.map { [($0.title, $0.reward)] } ?? [])
      + [("proxy reward", .proxyReward), ("KL, nats", .kl)]
      + (judge.map { [($0.winRateTitle, $0.winRate)] } ?? [])
      + [
        ("entropy", .completionEntropy), ("length", .length), ("EOS rate", .eosRate),
        ("held-out accuracy", .heldOutRewardAccuracy),
        ("implicit–explicit correlation", .implicitExplicitCorrelation),
      ]
  }

  private var seedCaption: String {
    summary.runCount > 1
      ? "Mean over seeds with its 95 % Student-t interval."
      : "One seed: there is no interval."
  }

  private func finalCaption(_ columns: [Column]) -> String {
    let keys = columns.map(\.key)
    var notes: [String] = []
    if let judge = summary.judge, keys.contains(judge.winRate) {
      notes.append(
        "A win rate is against the reference's completion of the same prompt under the "
          + "\(judge.title), ties one half.")
    }
    if keys.contains(.heldOutRewardAccuracy) {
      notes.append(
        "Held-out accuracy is that of the implicit reward β·log π/π_ref, ties count as wrong.")
    }
    if keys.contains(.implicitExplicitCorrelation) {
      notes.append(
        "The correlation is Pearson's, between the implicit and the learned reward's margins.")
    }
    return notes.map { " " + $0 }.joined() + judgeNote(summary.judge)
  }

  /// Paired differences; of one seed the differences alone.
  var comparisons: String {
    let isPaired = summary.comparisons.contains { $0.difference.n > 1 }
    let rows = summary.comparisons.map { one in
      let start = ["\(HTML.escape(one.first)) − \(HTML.escape(one.second))", label(one.metric)]
      return isPaired ? start + spread(of: one) : start + [cell(one.difference)]
    }
    guard isPaired else {
      return HTML.table(
        ["difference", "of", "value"], rows,
        caption: "One seed: a difference without an interval decides nothing."
          + judgeNote(summary.judge))
    }
    return HTML.table(
      [
        "difference", "of", "mean (paired t)", "IQM (bootstrap)", "P(improvement)", "sign-flip p",
        "reading",
      ], rows,
      caption: "Paired by seed: both arms of a seed share data, SFT model and evaluation draws. "
        + "Brackets are 95 % intervals." + judgeNote(summary.judge))
  }

  private func spread(of one: Comparison) -> [String] {
    [
      cell(one.difference), cell(one.interquartileMean),
      "\(readable(one.probabilityOfImprovement)) <small>[\(readable(one.probabilityLow)), \(readable(one.probabilityHigh))]</small>",
      readable(one.signFlipP), verdict(one.difference),
    ]
  }

  /// The judge's reward at the same KL and the same cost.
  var matched: String {
    let rows = summary.matched.map { one in
      [
        one.axis == "kl" ? "KL = \(readable(one.at)) nats" : "\(readable(one.at / 1e9)) GFLOP",
        "\(HTML.escape(one.first)) \(readable(one.firstGold))",
        "\(HTML.escape(one.second)) \(readable(one.secondGold))",
        interval(one.difference, one.low, one.high), "\(one.seeds) of \(one.seeds + one.absent)",
      ]
    }
    let title = summary.judge?.title ?? "reward"
    return HTML.table(
      ["at the same", "first", "second", "difference", "seeds that reach it"], rows,
      caption: "The \(title), interpolated within each seed's own curve, never beyond it; brackets "
        + "are 95 % paired t intervals." + judgeNote(summary.judge))
  }

  /// The arms that some seed was run with.
  private var finishedArms: [ArmSummary] {
    summary.arms.filter { $0.completed + $0.diverged > 0 }
  }

  /// How steadily each arm trained.
  var stability: String {
    let keys = Set(summary.arms.flatMap(\.stability.keys)).sorted()
    let arms = finishedArms
    guard !arms.isEmpty else { return "" }
    let counts = arms.map { "\($0.completed) / \($0.diverged) / \($0.collapsed)" }
    let rows =
      [["completed / diverged / collapsed"] + counts]
      + keys.map { key in [words(key)] + arms.map { cell($0.stability[key]) } }
    return HTML.table(
      ["metric"] + arms.map { HTML.escape($0.name) }, rows,
      caption: "\(seedCaption) Each metric's estimator is in the documentation of Evaluation's "
        + "Stability folder; gradient norms belong to different losses, so compare their spread and "
        + "not their size." + judgeNote(summary.judge))
  }

  /// The checks made before anything is learned.
  var certificate: String {
    let rows = summary.certificate.map { check in
      [
        HTML.escape(check.name), short(check.expected), short(check.worst),
        check.tolerance == 0 ? "exactly" : "± \(short(check.tolerance))",
        check.passed == check.cells
          ? "<span class=\"pass\">all \(check.cells)</span>"
          : "<span class=\"fail\">\(check.passed) of \(check.cells)</span>",
      ]
    }
    return HTML.table(["check", "expected", "worst seed", "tolerance", "passed"], rows)
  }

  /// The reward model over seeds.
  var rewardModel: String {
    let rows = summary.rewardModel.keys.sorted().map {
      [HTML.escape($0), cell(summary.rewardModel[$0])]
    }
    return HTML.table(["quantity", "mean over seeds"], rows, caption: seedCaption)
  }

  /// What each arm spent, in one currency.
  var cost: String {
    let rows = finishedArms.map { arm in
      [
        HTML.escape(arm.name), "\(arm.cost.labels)", "\(arm.cost.rollouts)",
        readable(Double(arm.cost.tokensForward)), readable(Double(arm.cost.tokensBackward)),
        readable(Double(arm.cost.flops) / 1e9),
      ]
    }
    let shared =
      "Mean over seeds; SFT is shared and left out, the reward model is counted where it is used. "
    return HTML.table(
      ["arm", "labels", "rollouts", "tokens forward", "tokens backward", "GFLOP"], rows,
      caption: (summary.arms.count > 1 ? shared : "")
        + "Seconds stand in timings.json, because they differ from machine to machine.")
  }

  /// What the intervals really cover.
  var coverage: String {
    let rows = summary.coverage.map {
      ["\(HTML.escape($0.interval))", HTML.escape($0.data), "\($0.n)", readable($0.coverage)]
    }
    return HTML.table(["95 % interval", "simulated data", "seeds", "covers"], rows)
  }

  private func cell(_ estimate: Estimate?) -> String {
    guard let estimate, estimate.n > 0 else { return "–" }
    guard estimate.n > 1 else { return readable(estimate.mean) }
    return interval(estimate.mean, estimate.low, estimate.high)
  }

  private func interval(_ value: Double, _ low: Double?, _ high: Double?) -> String {
    guard let low, let high else { return readable(value) }
    return "\(readable(value)) <small>[\(readable(low)), \(readable(high))]</small>"
  }

  private func label(_ metric: String) -> String { words(metric.replacing("eval/", with: "")) }

  private func words(_ key: String) -> String { HTML.escape(key.replacing("_", with: " ")) }

  private func verdict(_ difference: Estimate) -> String {
    guard summary.judgeDecides else { return "no verdict" }
    guard difference.n > 1 else { return "one seed" }
    if difference.low > 0 { return "<span class=\"pass\">higher</span>" }
    return difference.high < 0 ? "<span class=\"fail\">lower</span>" : "undecided"
  }
}
