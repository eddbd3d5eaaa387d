import Evaluation
import DPO
import Optimizers
import PPO
import Tasks
import Training
import Workbench

/// The condition of a finished cell, by Evaluation's collapse criterion.
///
/// Its loss of reward is in units of the gold; under another judge only completions without an end count.
func hasCollapsed(_ cell: CellRecord, judge: Judge?) -> Bool {
  guard let start = cell.evaluations.first?.values, let end = cell.evaluations.last?.values else {
    return false
  }
  let condition = CollapseCriterion().condition(
    startGold: judge == .gold ? start[.goldReward] ?? .nan : 0,
    finalGold: judge == .gold ? end[.goldReward] ?? .nan : 0,
    startEOSRate: start[.eosRate] ?? 1, finalEOSRate: end[.eosRate] ?? .nan,
    isDiverged: cell.outcome != .completed)
  return condition == .collapsed
}

/// Every stability metric of an arm: one value for each seed, then estimates over seeds.
///
/// Those of the reward curve begin with the judge's name; without a judge there are none.
func stability(of run: ArmRuns, judge: Judge?) -> [String: Estimate] {
  var values: [String: [Double]] = [:]
  for cell in run.cells {
    let ofCurve = judge.map { curveStability(cell, judge: $0) } ?? []
    for (name, value) in ofCurve + gradientStability(cell) + updateStability(cell) {
      values[name, default: []].append(value)
    }
  }
  var estimates = values.mapValues { Estimate(over: $0) }.filter { $0.value.n > 0 }
  if let judge, run.cells.count > 1 {
    let curves = run.cells.map { rewardCurve($0, judge: judge) }
    let name = judge.rawValue
    estimates["\(name)_dispersion_across_runs"] = Estimate(ofAllRuns: curves) {
      dispersionAcrossRuns($0)
    }
    // The worst of a few runs: no bootstrap says how much worse another could have been.
    estimates["\(name)_risk_across_runs"] = Estimate(
      mean: rounded(riskAcrossRuns(curves)), low: .nan, high: .nan, n: curves.count)
  }
  return estimates
}

private func rewardCurve(_ cell: CellRecord, judge: Judge) -> LearningCurve {
  LearningCurve(overFractionOfRun: cell.pathOrCheckpoints.compactMap { $0.values[judge.reward] })
}

/// Dispersion, risk and drawdown of the judge's reward over a run, Chan (2020).
private func curveStability(_ cell: CellRecord, judge: Judge) -> [(String, Double)] {
  let curve = rewardCurve(cell, judge: judge)
  guard curve.values.count > 2 else { return [] }
  return [
    ("dispersion_across_time", curve.dispersionAcrossTime),
    ("short_term_risk", curve.shortTermRisk()), ("long_term_risk", curve.longTermRisk()),
    ("maximum_drawdown", curve.maximumDrawdown),
  ].map { ("\(judge.rawValue)_\($0)", $1) }
}

private func gradientStability(_ cell: CellRecord) -> [(String, Double)] {
  let gradients = GradientStability(
    norms: series(.gradientNorm, of: cell),
    gradientPowers: series(.gradientPower, of: cell),
    covarianceTraces: series(.covarianceTrace, of: cell))
  return [
    ("gradient_norm_mean", gradients.meanNorm),
    ("gradient_norm_variation", gradients.coefficientOfVariation),
    ("gradient_norm_largest_over_median", gradients.largestOverMedian),
    ("gradient_noise_scale", gradients.noiseScale),
  ]
}

/// Metrics of single updates, where the method logs them.
private func updateStability(_ cell: CellRecord) -> [(String, Double)] {
  let averaged: [(String, MetricKey)] = [
    ("update_kl_mean", .approximateKL), ("clipped_share_mean", .clippedFraction),
    ("value_explained_variance_mean", .valueExplainedVariance),
  ]
  let means = averaged.map { name, key in (name, SeriesSummary(series(key, of: cell)).mean) }
  let extremes = [
    ("update_kl_largest", SeriesSummary(series(.approximateKL, of: cell)).largest),
    ("ratio_largest", SeriesSummary(series(.ratioMaximum, of: cell)).largest),
    ("ratio_smallest", SeriesSummary(series(.ratioMinimum, of: cell)).smallest),
    (
      "non_finite_values",
      Double(cell.training.count { $0.values.values.contains { !$0.isFinite } })
    ),
  ]
  return (means + extremes).filter { !$0.1.isNaN }
}

/// A logged metric from the first update on; the row of step 0 describes the start, not an update.
private func series(_ key: MetricKey, of cell: CellRecord) -> [Double] {
  cell.training.filter { $0.step > 0 }.compactMap { $0.values[key] }
}
