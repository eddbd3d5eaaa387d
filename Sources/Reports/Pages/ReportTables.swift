import Evaluation
import LanguageModel
import Tasks
import Training

/// The tables of a report, as HTML; each is empty where there is nothing to tabulate.
struct ReportTables {
  let summary: ExperimentSummary

  /// Where each arm ended, the reference first; columns that no policy has are left out.
  var final: String {
    let groups: [(String, [String: Estimate])] =
      [("SFT (π_ref)", summary.reference)] + summary.arms.map { ($0.name, $0.final) }
    let known = groups.filter { !$0.1.isEmpty }
    let columns = finalColumns.filter { column in
      known.contains { ($0.1[column.key.rawValue]?.n ?? 0) > 0 }
    }
    guard !columns.isEmpty else { return "" }
    let rows = known.map { name, values in
      [HTML.escape(name)]
        + columns.map { bound(of: name, in: $0.key.rawValue) + cell(values[$0.key.rawValue]) }
    }
    return HTML.table(
      ["policy"] + columns.map(\.title), rows, caption: seedCaption + finalCaption(columns))
  }

  private typealias Column = (title: String, key: MetricKey)

  private var finalColumns: [Column] {
    let judge = summary.judge
    let rewards: [Column] = judge.map { [($0.title, $0.reward)] } ?? []
    let winRates: [Column] = judge.map { [($0.winRateTitle, $0.winRate)] } ?? []
    return [("objective J", .goldObjective)] + rewards
      + [("proxy reward", .proxyReward), ("KL, nats", .kl)] + winRates
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
    if keys.contains(.goldObjective) { notes.append(objectiveNote) }
    if let judge = summary.judge, keys.contains(judge.winRate) {
      notes.append(
        "A win rate is the probability that a completion beats an independent one of the reference "
          + "for the same prompt under the \(judge.title), ties one half.")
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

  /// What J is, and where it is only a bound.
  private var objectiveNote: String {
    let temperature = summary.facts.annotatorTemperature.map { "/\(short($0))" } ?? ""
    return "J = E[gold]\(temperature) − β·KL at β = \(short(summary.facts.beta)) is what every "
      + "pipeline maximises, so that it needs no matching."
      + (hasBound
        ? " Of best-of-n the KL is an upper bound, so its J is a lower one, marked ≥." : "")
  }

  private var hasBound: Bool { summary.arms.contains { $0.method == "best-of-n" } }

  /// What stands before a value that is a lower bound only.
  private func bound(of arm: String, in metric: String) -> String {
    let isBestOfN = summary.arms.contains { $0.name == arm && $0.method == "best-of-n" }
    return isBestOfN && metric == MetricKey.goldObjective.rawValue ? "≥ " : ""
  }

  /// What stands before a difference in which an arm's J is a lower bound.
  private func bound(of one: Comparison) -> String {
    let (first, second) = (
      bound(of: one.first, in: one.metric), bound(of: one.second, in: one.metric)
    )
    return first.isEmpty ? (second.isEmpty ? "" : "≤ ") : first
  }

  /// Paired differences; of one seed the differences alone.
  var comparisons: String {
    let isPaired = summary.comparisons.contains { $0.difference.n > 1 }
    let rows = summary.comparisons.map { one in
      let start = ["\(HTML.escape(one.first)) − \(HTML.escape(one.second))", label(one.metric)]
      return isPaired ? start + spread(of: one) : start + [bound(of: one) + cell(one.difference)]
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
        + "Brackets are 95 % intervals."
        + (summary.comparisons.contains { $0.metric == MetricKey.goldObjective.rawValue }
          ? " " + objectiveNote : "") + judgeNote(summary.judge))
  }

  private func spread(of one: Comparison) -> [String] {
    [
      bound(of: one) + cell(one.difference), cell(one.interquartileMean),
      "\(readable(one.probabilityOfImprovement)) <small>[\(readable(one.probabilityLow)), \(readable(one.probabilityHigh))]</small>",
      readable(one.signFlipP), verdict(one.difference, bound: bound(of: one)),
    ]
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
        + "Stability folder; \(pathNote)gradient norms belong to different losses, so compare "
        + "their spread and not their size." + judgeNote(summary.judge))
  }

  /// Where the metrics of reward curves are read.
  private var pathNote: String {
    guard let path = summary.facts.path else {
      return "those of the reward are read at the checkpoints alone and miss what lies between; "
    }
    return "those of the reward are read at \(path.points) points of a training, each on the first "
      + "\(path.prompts) held-out prompts, whose noise they hold; "
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
        HTML.escape(arm.name), "\(arm.cost.labels)", "\(arm.cost.goldQueries)",
        "\(arm.cost.rollouts)", readable(Double(arm.cost.tokensForward)),
        readable(Double(arm.cost.tokensBackward)), readable(Double(arm.cost.flops) / 1e9),
      ] + answers.map { _ in answerCost(of: arm) }
    }
    let shared =
      "Mean over seeds; SFT and the data are shared and left out, the reward model is counted where it "
      + "is used, and every pass over the data alike. An annotator's choices and noise-free numbers "
      + "are apart, and so is what an answer costs afterwards: best-of-n samples and scores n of them. "
    return HTML.table(
      [
        "arm", "labels (choices)", "noise-free numbers", "rollouts", "tokens forward",
        "tokens backward", "training GFLOP",
      ] + answers, rows,
      caption: (summary.arms.count > 1 ? shared : "")
        + "Seconds stand in timings.json, because they differ from machine to machine.")
  }

  /// The heading of what an answer costs, where arms were asked for answers.
  private var answers: [String] {
    finishedArms.contains { $0.final[MetricKey.answerFLOPs.rawValue] != nil }
      ? ["MFLOP an answer"] : []
  }

  private func answerCost(of arm: ArmSummary) -> String {
    arm.final[MetricKey.answerFLOPs.rawValue].map { readable($0.mean / 1e6) } ?? "–"
  }

  /// What the intervals really cover.
  var coverage: String {
    let rows = summary.coverage.map {
      ["\(HTML.escape($0.interval))", HTML.escape($0.data), "\($0.n)", readable($0.coverage)]
    }
    return HTML.table(["95 % interval", "simulated data", "seeds", "covers"], rows)
  }

  func cell(_ estimate: Estimate?) -> String {
    guard let estimate, estimate.n > 0 else { return "–" }
    guard estimate.n > 1 else { return readable(estimate.mean) }
    return interval(estimate.mean, estimate.low, estimate.high)
  }

  /// A value with its interval, where there is one.
  func interval(_ value: Double, _ low: Double?, _ high: Double?) -> String {
    guard let low, let high, low.isFinite, high.isFinite else { return readable(value) }
    return "\(readable(value)) <small>[\(readable(low)), \(readable(high))]</small>"
  }

  private func label(_ metric: String) -> String {
    metric == MetricKey.goldObjective.rawValue
      ? "objective J" : words(metric.replacing("eval/", with: ""))
  }

  private func words(_ key: String) -> String { HTML.escape(key.replacing("_", with: " ")) }

  /// A lower bound of a difference cannot say that it is lower, nor an upper one that it is higher.
  private func verdict(_ difference: Estimate, bound: String) -> String {
    guard summary.judgeDecides else { return "no verdict" }
    guard difference.n > 1 else { return "one seed" }
    if difference.low > 0, bound != "≤ " { return "<span class=\"pass\">higher</span>" }
    if difference.high < 0, bound != "≥ " { return "<span class=\"fail\">lower</span>" }
    return difference.low > 0 || difference.high < 0 ? "undecided, being a bound" : "undecided"
  }
}
