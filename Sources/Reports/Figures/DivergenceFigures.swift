import Evaluation
import Tasks
import TensorKernels
import Training
import Workbench

/// A value against KL over the seeds of an arm: a mean with its band along the path, and where it ended.
///
/// A seed enters at a KL that it was measured near, and a place is drawn where enough seeds enter.
func divergenceSeries(of run: ArmRuns, key: MetricKey, hasBands: Bool) -> [FigureSeries] {
  let curves = run.cells.map { cell in
    let rows = cell.pathOrCheckpoints
    return MatchedCurve(
      costs: rows.map { max($0.values[.kl] ?? .nan, 0) },
      scores: rows.map { $0.values[key] ?? .nan }, anchors: 1, fit: .none)
  }
  let path = FigureSeries(
    name: run.name, color: run.color, style: hasBands ? .band : .line, points: bandPoints(curves))
  let ends = run.cells.compactMap(\.evaluations.last)
  let end = meanPoint(ends, key: key, axis: .kl, steps: run.steps)
  return [path]
    + [
      FigureSeries(
        name: "", color: run.color, style: .errorBar, points: [end].compactMap(\.self))
    ]
}

/// The mean and its interval at 25 places from the reference to what enough seeds reach.
private func bandPoints(_ curves: [MatchedCurve]) -> [FigurePoint] {
  let ends = curves.compactMap(\.costs.last).sorted(by: >)
  let enough = Int((leastShareOfSeeds * Double(curves.count)).rounded(.up))
  guard ends.count >= enough, enough > 0 else { return [] }
  return (0...24).compactMap { place in
    let level = ends[enough - 1] * Double(place) / 24
    let scores = curves.compactMap { curve in
      let isMeasured =
        place == 0 || curve.measured.contains { Nearness.divergence.holds($0, level) }
      return isMeasured ? curve.score(at: level) : nil
    }
    guard scores.count >= enough else { return nil }
    let interval = meanInterval(scores)
    return FigurePoint(x: level, y: interval.mean, low: interval.low, high: interval.high)
  }
}

/// The largest expected gold reward of any policy at each KL, the mean over seeds: dashed, and only where
/// completions can be enumerated.
func exactCeiling(_ runs: [ArmRuns]) -> [FigureSeries] {
  var rows: [Int: [EvaluationRow]] = [:]
  for cell in runs.flatMap(\.cells) { rows[cell.seed, default: []] += cell.evaluations }
  let curves = rows.sorted { $0.key < $1.key }.map { _, rows in
    MatchedCurve(
      costs: rows.map { $0.values[.exactKL] ?? .nan },
      scores: rows.map { $0.values[.goldFrontier] ?? .nan }, fit: .isotonic)
  }
  guard !curves.isEmpty, let range = commonRange(of: curves) else { return [] }
  let points = (0...48).map { place -> FigurePoint in
    let level = range.lowerBound + (range.upperBound - range.lowerBound) * Double(place) / 48
    return FigurePoint(x: level, y: mean(of: curves.compactMap { $0.score(at: level) }))
  }
  return [FigureSeries(name: "exact ceiling", color: "#555555", style: .guide, points: points)]
}

/// Finished runs of swept methods against KL, and how each pair of methods differs.
func frontierFigures(_ data: FigureData) -> [Figure] {
  guard let judge = data.judge, let frontier = FrontierSummary(data.runs, in: judge.reward) else {
    return []
  }
  let ends = frontier.families.enumerated().map { place, family in
    FigureSeries(
      name: family.name, color: Palette.color(of: family.name, at: place), style: .barredLine,
      points: family.points.map {
        FigurePoint(x: $0.kl.mean, y: $0.reward.mean, low: $0.reward.low, high: $0.reward.high)
      })
  }
  return [
    Figure(
      name: "frontier", section: .end, title: "Finished runs: \(judge.title) against KL",
      caption: "Each mark is one setting of a method, trained to its end: the mean over seeds with "
        + "its 95 % Student-t interval." + judgeNote(judge), xLabel: CurveAxis.kl.label,
      yLabel: judge.title, scale: .large,
      series: (judge == .gold ? exactCeiling(data.runs) : []) + ends),
    differences(frontier, title: judge.title, note: judgeNote(judge)),
  ]
}

private func differences(_ frontier: FrontierSummary, title: String, note: String) -> Figure {
  let bands = frontier.comparisons.enumerated().map { index, pair in
    FigureSeries(
      name: "\(pair.first) − \(pair.second)", color: Palette.color(of: "", at: index),
      style: .band,
      points: pair.places.compactMap { place in
        place.difference.map {
          FigurePoint(x: place.at, y: $0, low: place.low, high: place.high)
        }
      })
  }
  let places = bands.flatMap { $0.points.map(\.x) }
  let zero = FigureSeries(
    name: "", color: "#555555", style: .guide,
    points: [places.min(), places.max()].compactMap { $0.map { FigurePoint(x: $0, y: 0) } })
  return Figure(
    name: "frontier-difference", section: .end, title: "Difference of finished runs at the same KL",
    caption:
      "Paired by seed. The band is a 95 % simultaneous one: it holds at all KLs of a pair at "
      + "once. Places without a finished run nearby in enough seeds are left out." + note,
    xLabel: CurveAxis.kl.label, yLabel: "difference in \(title)", scale: .large,
    series: places.isEmpty ? [] : [zero] + bands)
}
