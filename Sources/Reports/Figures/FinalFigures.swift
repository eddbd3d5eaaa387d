import Evaluation
import Tasks
import Training
import Workbench

/// Figures of the end of training: terms of the gold reward, reliability of the reward model, profile over runs.
func finalFigures(_ data: FigureData) -> [Figure] {
  [
    data.judge == .gold ? objectives(data.runs) : nil, goldTerms(data.runs),
    calibration(data.cells), data.judge.flatMap { profile(data.runs, judge: $0) },
  ].compactMap(\.self)
}

/// J of every arm at its end: the one number that needs no matching; nil of more arms than have labels.
private func objectives(_ runs: [ArmRuns]) -> Figure? {
  guard runs.count <= Palette.crowd else { return nil }
  let start = runs.first { $0.isTrained }.map { ("SFT", "#555555", $0.firstValues(.goldObjective)) }
  let groups =
    [start].compactMap(\.self)
    + runs.map { (label($0), $0.color, $0.finalValues(.goldObjective)) }
  let series = groups.enumerated().map { place, group in
    let values = group.2.sorted { $0.key < $1.key }.map(\.value).filter(\.isFinite)
    let interval = meanInterval(values)
    return FigureSeries(
      name: "", color: group.1, style: .errorBar,
      points: [
        FigurePoint(x: Double(place), y: interval.mean, low: interval.low, high: interval.high)
      ])
  }
  return Figure(
    name: "objective", section: .end, title: "The objective of both pipelines at the end",
    caption:
      "J = E[gold] − β·KL at the experiment's β, mean over seeds. Of best-of-n it is a lower "
      + "bound, since its KL is an upper one. "
      + spreadNote("bar", seeds: runs.map(\.cells.count).max() ?? 0), xLabel: "",
    yLabel: "J = E[gold] − β·KL", scale: .large, categories: groups.map(\.0), series: series)
}

private func label(_ run: ArmRuns) -> String { run.isTrained ? run.name : "\(run.name) (≥)" }

private func goldTerms(_ runs: [ArmRuns]) -> Figure {
  let prefix = MetricKey.goldTermPrefix
  let terms = Set(runs.flatMap(\.evaluationKeys)).filter { $0.rawValue.hasPrefix(prefix) }.sorted()
  let groups =
    [("SFT", Palette.color(of: "SFT", at: 0), runs.first.map { [$0] } ?? [], true)]
    + runs.map { ($0.name, $0.color, [$0], false) }
  let series = groups.enumerated().map { place, group in
    let shift = 0.7 * (Double(place) - Double(groups.count - 1) / 2) / Double(groups.count)
    let points = terms.enumerated().compactMap { index, term -> FigurePoint? in
      let values = group.2.flatMap { group.3 ? $0.firstValues(term) : $0.finalValues(term) }
      guard !values.isEmpty else { return nil }
      let interval = meanInterval(values.sorted { $0.key < $1.key }.map(\.value))
      return FigurePoint(
        x: Double(index) + shift, y: interval.mean, low: interval.low, high: interval.high)
    }
    return FigureSeries(name: group.0, color: group.1, style: .errorBar, points: points)
  }
  return Figure(
    name: "gold-terms", section: .end, title: "The terms of the gold reward at the end",
    caption: "Each term by itself, mean over seeds; SFT is where all arms start. "
      + spreadNote("bar", seeds: runs.map(\.cells.count).max() ?? 0),
    xLabel: "", yLabel: "contribution to the gold reward",
    categories: terms.map { String($0.rawValue.dropFirst(prefix.count)) }, series: series)
}

private func calibration(_ cells: [CellRecord]) -> Figure {
  let points = cells.filter { !$0.isReferee }.compactMap(\.rewardModel).flatMap(\.calibration)
    .filter { $0.count >= 10 }
    .map { FigurePoint(x: $0.predicted, y: $0.observed) }
  let diagonal = [FigurePoint(x: 0, y: 0), FigurePoint(x: 1, y: 1)]
  return Figure(
    name: "reward-calibration", section: .stages, title: "Reward model: is 70 % really 70 %?",
    caption:
      "Each mark is a bin of held-out pairs (ten or more) of one seed; the diagonal is perfect calibration.",
    xLabel: "predicted probability that the first completion wins", yLabel: "share that won",
    series: points.isEmpty
      ? []
      : [
        FigureSeries(name: "calibrated", color: "#999999", style: .guide, points: diagonal),
        FigureSeries(
          name: "a bin of one seed", color: Palette.color(of: "PPO", at: 0), style: .marks,
          points: points),
      ])
}

private func profile(_ runs: [ArmRuns], judge: Judge) -> Figure? {
  let finals = runs.map { run in run.finalValues(judge.reward).values.sorted() }
  let all = finals.flatMap { $0 }.filter(\.isFinite)
  guard let low = all.min(), let high = all.max(), low < high else { return nil }
  let margin = 0.05 * (high - low)
  let thresholds = (0...80).map { low - margin + (high - low + 2 * margin) * Double($0) / 80 }
  let series = zip(runs, finals).map { run, values in
    let band = profileBand(values, thresholds: thresholds)
    return FigureSeries(name: run.name, color: run.color, style: .band, points: band)
  }
  return Figure(
    name: "performance-profile", section: .end, title: "Performance profile of the runs",
    caption: "The share of seeds whose final \(judge.title) exceeds τ, Agarwal (2021). "
      + (finals.contains { $0.count > 1 }
        ? "The band is the 95 % stratified bootstrap interval over seeds."
        : "One seed: there is no interval.") + judgeNote(judge),
    xLabel: "\(judge.title) τ", yLabel: "share of runs above τ", series: series)
}
