import Evaluation
import Tasks
import Training
import Workbench

/// One value of an evaluation against the steps of training.
private struct EvaluationCurve: Sendable {
  let name: String
  let section: PageSection
  let title: String
  let key: MetricKey
  let yLabel: String
  let caption: String
  /// Whether it is left out before the first update, where policy and reference are the same.
  var needsAnUpdate = false
  /// A value that training does not move, drawn as a dashed line with its name.
  var guide: (key: MetricKey, label: String)?
}

private let evaluationCurves = [
  EvaluationCurve(
    name: "held-out-accuracy", section: .preferences, title: "Held-out preference accuracy",
    key: .heldOutRewardAccuracy, yLabel: "share of pairs",
    caption: "The share of held-out pairs whose chosen completion has strictly the higher implicit "
      + "reward β·log π/π_ref; the start, where every pair is a tie, is left out. Dashed, where one "
      + "was trained: the accuracy of the learned reward model on the same pairs.",
    needsAnUpdate: true, guide: (.rewardModelAccuracy, "learned reward model")),
  EvaluationCurve(
    name: "implicit-explicit", section: .preferences, title: "Implicit against explicit reward",
    key: .implicitExplicitCorrelation, yLabel: "Pearson's correlation of margins",
    caption: "Pearson's correlation over held-out pairs between the margin of the implicit reward "
      + "β·log π/π_ref and that of the learned reward model; 1 where they say the same up to scale.",
    needsAnUpdate: true),
  EvaluationCurve(
    name: "length-by-step", section: .completions, title: "Length of completions", key: .length,
    yLabel: "tokens",
    caption: "Mean number of tokens of a completion, its end included, over held-out prompts."),
  EvaluationCurve(
    name: "entropy-by-step", section: .completions, title: "Entropy of completions",
    key: .completionEntropy, yLabel: "nats per completion",
    caption: "Mean of −log π(y) over one completion for each held-out prompt."),
]

/// How arms order held-out pairs and what their completions are like; drawn where no gold says what is better.
func evaluationFigures(_ data: FigureData) -> [Figure] {
  guard data.judge != .gold else { return [] }
  return evaluationCurves.map { figure(of: $0, runs: data.runs.filter(\.isTrained)) }
}

private func figure(of curve: EvaluationCurve, runs: [ArmRuns]) -> Figure {
  let seeds = runs.map(\.cells.count).max() ?? 0
  let lines = runs.map { run in
    let rows = run.checkpoints.filter { !curve.needsAnUpdate || $0.allSatisfy { $0.step > 0 } }
    return FigureSeries(
      name: run.name, color: run.color, style: .band,
      points: rows.compactMap { meanPoint($0, key: curve.key, axis: .step, steps: run.steps) })
  }
  let isDrawn = lines.contains { !$0.points.isEmpty }
  return Figure(
    name: curve.name, section: curve.section, title: curve.title,
    caption: "\(curve.caption) \(spreadNote("band around the mean", seeds: seeds))",
    xLabel: CurveAxis.step.label, yLabel: curve.yLabel,
    series: isDrawn ? guide(of: curve, runs: runs) + lines : [])
}

/// The dashed line, at the mean over all seeds of the last evaluations.
private func guide(of curve: EvaluationCurve, runs: [ArmRuns]) -> [FigureSeries] {
  guard let guide = curve.guide else { return [] }
  var bySeed: [Int: Double] = [:]
  for run in runs { bySeed.merge(run.finalValues(guide.key)) { first, _ in first } }
  let values = bySeed.sorted { $0.key < $1.key }.map(\.value).filter(\.isFinite)
  guard !values.isEmpty else { return [] }
  let height = values.reduce(0, +) / Double(values.count)
  return [
    FigureSeries(
      name: guide.label, color: "#999999", style: .guide,
      points: [FigurePoint(x: 0, y: height), FigurePoint(x: 100, y: height)])
  ]
}
