import Evaluation
import LanguageModel

/// The tables of a report, as HTML.
struct ReportTables {
  let summary: ExperimentSummary

  /// Where each arm ended, the reference first.
  var final: String {
    let columns: [(String, String)] = [
      ("gold reward", "eval/gold_reward"), ("proxy reward", "eval/proxy_reward"),
      ("KL, nats", "eval/kl"), ("win rate", "eval/win_rate"), ("entropy", "eval/entropy"),
      ("length", "eval/length"), ("EOS rate", "eval/eos_rate"),
    ]
    let groups = [("SFT (π_ref)", summary.reference)] + summary.arms.map { ($0.name, $0.final) }
    let rows = groups.map { name, values in
      [HTML.escape(name)] + columns.map { cell(values[$0.1]) }
    }
    return HTML.table(
      ["policy"] + columns.map(\.0), rows,
      caption:
        "Mean over seeds with its 95 % Student-t interval; win rate is against the reference's "
        + "completion of the same prompt under the gold reward, ties one half.")
  }

  /// Paired differences.
  var comparisons: String {
    let rows = summary.comparisons.map { one in
      [
        "\(HTML.escape(one.first)) − \(HTML.escape(one.second))", label(one.metric),
        cell(one.difference),
        cell(one.interquartileMean),
        "\(readable(one.probabilityOfImprovement)) <small>[\(readable(one.probabilityLow)), \(readable(one.probabilityHigh))]</small>",
        readable(one.signFlipP), verdict(one.difference),
      ]
    }
    return HTML.table(
      [
        "difference", "of", "mean (paired t)", "IQM (bootstrap)", "P(improvement)", "sign-flip p",
        "reading",
      ], rows,
      caption: "Paired by seed: both arms of a seed share data, SFT model and evaluation draws.")
  }

  /// Gold reward at the same KL and the same cost.
  var matched: String {
    let rows = summary.matched.map { one in
      [
        one.axis == "kl" ? "KL = \(readable(one.at)) nats" : "\(readable(one.at / 1e9)) GFLOP",
        "\(HTML.escape(one.first)) \(readable(one.firstGold))",
        "\(HTML.escape(one.second)) \(readable(one.secondGold))",
        interval(one.difference, one.low, one.high), "\(one.seeds) of \(one.seeds + one.absent)",
      ]
    }
    return HTML.table(
      ["at the same", "first", "second", "difference", "seeds that reach it"], rows,
      caption: "Interpolated within each seed's own curve, never beyond it.")
  }

  /// How steadily each arm trained.
  var stability: String {
    let keys = Set(summary.arms.flatMap(\.stability.keys)).sorted()
    let counts = summary.arms.map { "\($0.completed) / \($0.diverged) / \($0.collapsed)" }
    let rows =
      [["completed / diverged / collapsed"] + counts]
      + keys.map { key in
        [stabilityLabel(key)] + summary.arms.map { cell($0.stability[key]) }
      }
    return HTML.table(
      ["metric"] + summary.arms.map { HTML.escape($0.name) }, rows,
      caption: "Each metric's estimator is in the documentation of Evaluation's Stability folder; "
        + "gradient norms belong to different losses, so compare their spread and not their size.")
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
    return HTML.table(["quantity", "mean over seeds"], rows)
  }

  /// What each arm spent, in one currency.
  var cost: String {
    let rows = summary.arms.map { arm in
      [
        HTML.escape(arm.name), "\(arm.cost.labels)", "\(arm.cost.rollouts)",
        readable(Double(arm.cost.tokensForward)), readable(Double(arm.cost.tokensBackward)),
        readable(Double(arm.cost.flops) / 1e9),
      ]
    }
    return HTML.table(
      ["arm", "labels", "rollouts", "tokens forward", "tokens backward", "GFLOP"], rows,
      caption:
        "A seed's mean; SFT is shared and left out, the reward model is counted where it is used. "
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
    return interval(estimate.mean, estimate.low, estimate.high)
  }

  private func interval(_ value: Double, _ low: Double?, _ high: Double?) -> String {
    guard let low, let high else { return readable(value) }
    return "\(readable(value)) <small>[\(readable(low)), \(readable(high))]</small>"
  }

  private func label(_ metric: String) -> String {
    HTML.escape(metric.replacing("eval/", with: "").replacing("_", with: " "))
  }

  private func stabilityLabel(_ key: String) -> String {
    HTML.escape(key.replacing("_", with: " "))
  }

  private func verdict(_ difference: Estimate) -> String {
    if difference.low > 0 { return "<span class=\"pass\">higher</span>" }
    return difference.high < 0 ? "<span class=\"fail\">lower</span>" : "undecided"
  }
}
