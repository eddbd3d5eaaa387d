import LanguageModel
import Workbench

/// What stands on the horizontal axis of a reward curve.
enum CurveAxis: String, CaseIterable, Sendable {
  case step, kl, flops

  var title: String {
    switch self {
    case .step: "training steps"
    case .kl: "KL"
    case .flops: "FLOPs"
    }
  }

  var label: String {
    switch self {
    case .step: "training steps done, % (DPO: batches of pairs; PPO: iterations of rollouts)"
    case .kl: "sequence KL(π‖π_ref), nats"
    case .flops: "training cost, GFLOP (reward model included, SFT left out)"
    }
  }

  /// A row's place on the axis, in a run of `steps` steps.
  func value(_ row: EvaluationRow, ofSteps steps: Int) -> Double {
    switch self {
    case .step: 100 * Double(row.step) / Double(max(1, steps))
    case .kl: row.values["eval/kl"] ?? .nan
    case .flops: Double(row.cost.flops) / 1e9
    }
  }
}

/// Gold and proxy reward against steps, KL and FLOPs, a line an arm and a band over its seeds.
func rewardCurveFigures(_ runs: [ArmRuns]) -> [Figure] {
  let rewards = [("gold", "eval/gold_reward"), ("proxy", "eval/proxy_reward")]
  return rewards.flatMap { name, key in
    CurveAxis.allCases.map { axis in
      rewardCurve(runs, name: name, key: key, axis: axis)
    }
  }.filter { !$0.isEmpty }
}

private func rewardCurve(_ runs: [ArmRuns], name: String, key: String, axis: CurveAxis) -> Figure {
  let seeds = runs.map(\.cells.count).max() ?? 0
  let note =
    axis == .kl && runs.count <= Palette.crowd
    ? "Thin lines are single seeds; the thick line joins the means of each checkpoint."
    : "The line is the mean over seeds."
  return Figure(
    name: "\(name)-by-\(axis.rawValue)",
    title: "\(name == "gold" ? "Gold" : "Proxy") reward against \(axis.title)",
    caption:
      "\(note) The \(axis == .kl ? "bar" : "band") is the 95 % Student-t interval over \(seeds) seeds. "
      + (name == "gold"
        ? "The gold reward is the one that the annotator's labels were drawn from."
        : "The proxy is the seed's reward model, in the annotator's logit units."),
    xLabel: axis.label, yLabel: "\(name) reward",
    series: runs.flatMap {
      series(of: $0, key: key, axis: axis, showsSeeds: runs.count <= Palette.crowd)
    })
}

private func series(
  of run: ArmRuns, key: String, axis: CurveAxis, showsSeeds: Bool
) -> [FigureSeries] {
  guard run.isTrained else { return [bestOfN(run, key: key, axis: axis)].compactMap { $0 } }
  var result: [FigureSeries] = []
  if axis == .kl, showsSeeds {
    result = run.cells.map { cell in
      let points = cell.evaluations.map {
        FigurePoint(x: axis.value($0, ofSteps: run.steps), y: $0.values[key] ?? .nan)
      }
      return FigureSeries(name: "", color: run.color, style: .thinLine, points: points)
    }
  }
  let means = run.checkpoints.compactMap { meanPoint($0, key: key, axis: axis, steps: run.steps) }
  result.append(
    FigureSeries(
      name: run.name, color: run.color, style: axis == .kl ? .barredLine : .band,
      points: means))
  return result
}

/// Best-of-n has no training: on the KL axis it is a mark an n, elsewhere it is left out.
private func bestOfN(_ run: ArmRuns, key: String, axis: CurveAxis) -> FigureSeries? {
  guard axis == .kl else { return nil }
  let points = run.checkpoints.compactMap { meanPoint($0, key: key, axis: axis, steps: run.steps) }
  return FigureSeries(name: run.name, color: run.color, style: .errorBar, points: points)
}

private func meanPoint(
  _ rows: [EvaluationRow], key: String, axis: CurveAxis, steps: Int
) -> FigurePoint? {
  let values = rows.compactMap { $0.values[key] }.filter(\.isFinite)
  guard !values.isEmpty, values.count == rows.count else { return nil }
  let xs = rows.map { axis.value($0, ofSteps: steps) }
  let interval = meanInterval(values)
  return FigurePoint(
    x: xs.reduce(0, +) / Double(xs.count), y: interval.mean, low: interval.low,
    high: interval.high)
}
