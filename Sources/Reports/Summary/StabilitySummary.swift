import Evaluation
import Optimizers
import Training
import Workbench

/// The condition of a finished cell, by Evaluation's collapse criterion.
func hasCollapsed(_ cell: CellRecord) -> Bool {
  guard let start = cell.evaluations.first?.values, let end = cell.evaluations.last?.values else {
    return false
  }
  let condition = CollapseCriterion().condition(
    startGold: start["eval/gold_reward"] ?? .nan, finalGold: end["eval/gold_reward"] ?? .nan,
    startEOSRate: start["eval/eos_rate"] ?? 1, finalEOSRate: end["eval/eos_rate"] ?? .nan,
    isDiverged: cell.outcome != .completed)
  return condition == .collapsed
}

/// Every stability metric of an arm: one value a seed, then estimates over seeds.
func stability(of run: ArmRuns) -> [String: Estimate] {
  var values: [String: [Double]] = [:]
  for cell in run.cells {
    for (name, value) in curveStability(cell) + gradientStability(cell) + updateStability(cell) {
      values[name, default: []].append(value)
    }
  }
  var estimates = values.mapValues { Estimate(over: $0) }.filter { $0.value.n > 0 }
  let curves = run.cells.map(goldCurve)
  if curves.count > 1 {
    estimates["gold_dispersion_across_runs"] = Estimate(over: [dispersionAcrossRuns(curves)])
    estimates["gold_risk_across_runs"] = Estimate(over: [riskAcrossRuns(curves)])
  }
  return estimates
}

private func goldCurve(_ cell: CellRecord) -> LearningCurve {
  LearningCurve(overFractionOfRun: cell.evaluations.compactMap { $0.values["eval/gold_reward"] })
}

/// Dispersion, risk and drawdown of the gold reward over a run, Chan (2020).
private func curveStability(_ cell: CellRecord) -> [(String, Double)] {
  let curve = goldCurve(cell)
  guard curve.values.count > 2 else { return [] }
  return [
    ("gold_dispersion_across_time", curve.dispersionAcrossTime),
    ("gold_short_term_risk", curve.shortTermRisk()),
    ("gold_long_term_risk", curve.longTermRisk()),
    ("gold_maximum_drawdown", curve.maximumDrawdown),
  ]
}

private func gradientStability(_ cell: CellRecord) -> [(String, Double)] {
  let gradients = GradientStability(
    norms: series("grad_norm", of: cell),
    gradientPowers: series("noise/gradient_power", of: cell),
    covarianceTraces: series("noise/covariance_trace", of: cell))
  return [
    ("gradient_norm_mean", gradients.meanNorm),
    ("gradient_norm_variation", gradients.coefficientOfVariation),
    ("gradient_norm_largest_over_median", gradients.largestOverMedian),
    ("gradient_noise_scale", gradients.noiseScale),
  ]
}

/// Metrics of single updates, where the method logs them.
private func updateStability(_ cell: CellRecord) -> [(String, Double)] {
  let means = [
    ("update_kl_mean", "policy/approxkl_avg"), ("clipped_share_mean", "policy/clipfrac_avg"),
    ("value_explained_variance_mean", "val/explained_variance"),
  ].map { name, key in (name, SeriesSummary(series(key, of: cell)).mean) }
  let extremes = [
    ("update_kl_largest", SeriesSummary(series("policy/approxkl_avg", of: cell)).largest),
    ("ratio_largest", SeriesSummary(series("val/ratio_max", of: cell)).largest),
    ("ratio_smallest", SeriesSummary(series("val/ratio_min", of: cell)).smallest),
    (
      "non_finite_values",
      Double(cell.training.count { $0.values.values.contains { !$0.isFinite } })
    ),
  ]
  return (means + extremes).filter { !$0.1.isNaN }
}

/// A logged metric from the first update on; the row of step 0 describes the start, not an update.
private func series(_ key: String, of cell: CellRecord) -> [Double] {
  cell.training.filter { $0.step > 0 }.compactMap { $0.values[key] }
}
