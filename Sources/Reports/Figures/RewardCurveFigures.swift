import Evaluation
import Tasks
import Training
import Workbench

/// A reward that is drawn against every axis.
private struct DrawnReward {
  /// What figure names begin with.
  let name: String
  let title: String
  let key: MetricKey
  /// What a reader has to know of it.
  let note: String

  init(_ judge: Judge) {
    (name, title, key) = (judge.rawValue, judge.title, judge.reward)
    note = judge.caption
  }

  /// What the policies were trained for.
  static let proxy = DrawnReward(
    name: "proxy", title: "proxy reward", key: .proxyReward,
    note: "The proxy is the seed's reward model, in the annotator's logit units.")

  private init(name: String, title: String, key: MetricKey, note: String) {
    (self.name, self.title, self.key, self.note) = (name, title, key, note)
  }
}

/// The judge's and the proxy's reward against steps, KL and FLOPs: one line per arm and a band over its seeds.
func rewardCurveFigures(_ data: FigureData) -> [Figure] {
  let rewards = [data.judge.map { DrawnReward($0) }, .proxy].compactMap(\.self)
  return rewards.flatMap { reward in
    CurveAxis.allCases.map { rewardCurve(data.runs, of: reward, axis: $0) }
  }
}

private func rewardCurve(_ runs: [ArmRuns], of reward: DrawnReward, axis: CurveAxis) -> Figure {
  let seeds = runs.map(\.cells.count).max() ?? 0
  let isDivergence = axis == .kl
  let hasBands = runs.count <= Palette.crowd
  let lines =
    isDivergence
    ? "The line is the mean over seeds along the training, where three quarters of them were measured "
      + "nearby; the mark is where the arm ended, on all prompts. A path is no frontier of finished runs."
    : "The line is the mean over seeds."
  return Figure(
    name: "\(reward.name)-by-\(axis.rawValue)", section: .curves,
    title: "\(capitalised(reward.title)) against \(axis.title)",
    caption: "\(seeds > 1 ? lines + " " : "")\(spreadNote("band", seeds: seeds)) \(reward.note)",
    xLabel: axis.label, yLabel: reward.title, scale: isDivergence ? .large : .regular,
    series: (isDivergence && reward.key == .goldReward ? exactCeiling(runs) : [])
      + runs.flatMap { series(of: $0, key: reward.key, axis: axis, hasBands: hasBands) })
}

private func capitalised(_ text: String) -> String {
  text.prefix(1).uppercased() + text.dropFirst()
}

private func series(
  of run: ArmRuns, key: MetricKey, axis: CurveAxis, hasBands: Bool
) -> [FigureSeries] {
  guard run.isTrained else { return [bestOfN(run, key: key, axis: axis)].compactMap { $0 } }
  guard axis != .kl else { return divergenceSeries(of: run, key: key, hasBands: hasBands) }
  let means = run.checkpoints.compactMap { meanPoint($0, key: key, axis: axis, steps: run.steps) }
  return [FigureSeries(name: run.name, color: run.color, style: .band, points: means)]
}

/// Best-of-n has no training: on the KL axis it is one mark per n, elsewhere it is left out.
private func bestOfN(_ run: ArmRuns, key: MetricKey, axis: CurveAxis) -> FigureSeries? {
  guard axis == .kl else { return nil }
  let points = run.checkpoints.compactMap { meanPoint($0, key: key, axis: axis, steps: run.steps) }
  return FigureSeries(name: run.name, color: run.color, style: .errorBar, points: points)
}

/// The mean over seeds of a value at one checkpoint with its interval; nil unless every seed has one.
func meanPoint(
  _ rows: [EvaluationRow], key: MetricKey, axis: CurveAxis, steps: Int
) -> FigurePoint? {
  let values = rows.compactMap { $0.values[key] }.filter(\.isFinite)
  guard !values.isEmpty, values.count == rows.count else { return nil }
  let xs = rows.map { axis.value($0, ofSteps: steps) }
  let interval = meanInterval(values)
  return FigurePoint(
    x: xs.reduce(0, +) / Double(xs.count), y: interval.mean, low: interval.low,
    high: interval.high)
}
