import DPO
import PPO
import RewardModeling
import Training
import Workbench

/// One diagnostic of training: which metric, of which method, and how to read it.
private struct Diagnostic {
  let name: String
  let title: String
  let method: String
  let keys: [(key: MetricKey, label: String)]
  let yLabel: String
  let caption: String
}

private let diagnostics = [
  Diagnostic(
    name: "sft-loss", title: "SFT: cross-entropy", method: "sft",
    keys: [(.loss, "training")], yLabel: "nats per token",
    caption: "Should fall and flatten; the reference policy is the model at its end."),
  Diagnostic(
    name: "reward-loss", title: "Reward model: Bradley–Terry loss", method: "reward",
    keys: [(.loss, "training")], yLabel: "nats per pair",
    caption: "Starts at ln 2 = 0.693 with its zero head."),
  Diagnostic(
    name: "reward-accuracy", title: "Reward model: accuracy of a batch", method: "reward",
    keys: [(.accuracy, "training")], yLabel: "share of pairs",
    caption: "Strictly higher score for the chosen completion; ties count as wrong."),
  Diagnostic(
    name: "dpo-rewards", title: "DPO: implicit rewards", method: "dpo",
    keys: [
      (.chosenReward, "chosen"), (.rejectedReward, "rejected"), (.rewardMargin, "margin"),
    ],
    yLabel: "β·log π/π_ref",
    caption: "A falling chosen reward with a growing margin is likelihood displacement."),
  Diagnostic(
    name: "dpo-loss", title: "DPO: loss", method: "dpo", keys: [(.loss, "training")],
    yLabel: "nats per pair", caption: "Starts at ln 2 = 0.693, where policy equals reference."),
  Diagnostic(
    name: "ppo-kl", title: "PPO: approximate KL of an update", method: "ppo",
    keys: [(.approximateKL, "approxkl")], yLabel: "nats per token",
    caption: "0.5·mean (new − old log-probability)²; a spike is an update that went too far."),
  Diagnostic(
    name: "ppo-clipfrac", title: "PPO: clipped share", method: "ppo",
    keys: [(.clippedFraction, "policy"), (.valueClippedFraction, "value")],
    yLabel: "share of tokens", caption: "Above about 0.3 the batch is used up within its epochs."),
  Diagnostic(
    name: "ppo-value", title: "PPO: explained variance of the value baseline", method: "ppo",
    keys: [(.valueExplainedVariance, "explained variance")], yLabel: "1 − Var(R − V)/Var(R)",
    caption: "Below zero the learned baseline is worse than a constant."),
]

/// Learning diagnostics of each stage: one line per arm and metric, the mean over seeds with its band.
func diagnosticFigures(_ data: FigureData) -> [Figure] {
  diagnostics.map { figure(for: $0, cells: data.cells) } + [gradientFigure(data.cells)]
}

private func figure(for diagnostic: Diagnostic, cells: [CellRecord]) -> Figure {
  let own = cells.filter {
    $0.method == diagnostic.method || (diagnostic.method == "ppo" && $0.isPolicyGradient)
      || (diagnostic.method == "reward" && $0.isReferee)
  }
  let arms = orderedArms(own)
  let series = arms.enumerated().flatMap { place, arm in
    diagnostic.keys.enumerated().map { index, key in
      let color =
        diagnostic.keys.count == 1
        ? Palette.color(of: arm, at: place) : Palette.color(of: "", at: index)
      return trainingBand(
        own.filter { $0.arm == arm }, key: key.key,
        name: arms.count > 1 ? "\(arm): \(key.label)" : key.label, color: color)
    }
  }
  return Figure(
    name: diagnostic.name, section: .stages, title: diagnostic.title,
    caption: "\(diagnostic.caption) \(seedNote(own))", xLabel: "training step",
    yLabel: diagnostic.yLabel, series: series)
}

private func gradientFigure(_ cells: [CellRecord]) -> Figure {
  let trained = cells.filter { $0.isPolicyGradient || $0.method == "dpo" }
  let series = orderedArms(trained).enumerated().map { index, arm in
    trainingBand(
      trained.filter { $0.arm == arm }, key: .gradientNorm, name: arm,
      color: Palette.color(of: arm, at: index))
  }
  return Figure(
    name: "gradient-norm", section: .stability,
    title: "Gradient norm of the policy before clipping",
    caption:
      "Norms of different losses are not comparable in size, only in steadiness. \(seedNote(trained))",
    xLabel: "training step", yLabel: "norm", series: series)
}

private func seedNote(_ cells: [CellRecord]) -> String {
  spreadNote("band around the mean", seeds: Set(cells.map(\.seed)).count)
}

private func orderedArms(_ cells: [CellRecord]) -> [String] {
  var seen: [String] = []
  for cell in cells where !seen.contains(cell.arm) { seen.append(cell.arm) }
  return seen
}

/// The mean over seeds of a training metric, averaged within at most 60 stretches of steps.
private func trainingBand(
  _ cells: [CellRecord], key: MetricKey, name: String, color: String
) -> FigureSeries {
  let count = cells.map(\.training.count).max() ?? 0
  let width = max(1, (count + 59) / 60)
  let points = stride(from: 0, to: count, by: width).compactMap { start -> FigurePoint? in
    let stretches = cells.map { $0.training.dropFirst(start).prefix(width) }
    let means = stretches.compactMap { meanOrNil($0.compactMap { $0.values[key] }) }
    guard !means.isEmpty, let step = stretches.compactMap({ $0.first?.step }).first else {
      return nil
    }
    let interval = meanInterval(means)
    return FigurePoint(x: Double(step), y: interval.mean, low: interval.low, high: interval.high)
  }
  return FigureSeries(name: name, color: color, style: .band, points: points)
}

private func meanOrNil(_ values: [Double]) -> Double? {
  let finite = values.filter(\.isFinite)
  return finite.isEmpty ? nil : finite.reduce(0, +) / Double(finite.count)
}
