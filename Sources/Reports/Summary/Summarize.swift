import Evaluation
import LanguageModel
import Optimizers
import Tasks
import Training
package import Workbench

/// Gathers the cells of an experiment into its summary; the same cells give the same summary.
package func summarize(_ cells: [CellRecord], facts: SpecificationFacts) -> ExperimentSummary {
  let runs = ArmRuns.group(cells, by: facts)
  let judge = judge(of: runs, facts: facts)
  return ExperimentSummary(
    facts: facts, reference: referenceEstimates(runs),
    arms: runs.map { summary(of: $0, judge: judge) },
    comparisons: judge.map { comparisons(runs, under: $0) } ?? [],
    matched: judge.map { matchedComparisons(runs, in: $0.reward) } ?? [],
    frontier: judge.flatMap { FrontierSummary(runs, in: $0.reward) },
    rewardModel: rewardModelEstimates(cells, hasGold: judge == .gold),
    certificate: certificate(cells),
    coverage: coverage(atSeeds: facts.seeds.count),
    dataNotes: cells.lazy.compactMap(\.dataNotes).first,
    evidence: armEvidence(runs, among: cells, judge: judge))
}

private func referenceEstimates(_ runs: [ArmRuns]) -> [String: Estimate] {
  guard let first = runs.first(where: \.isTrained) else { return [:] }
  // The reference has no implicit reward to order pairs by: against itself every pair is a tie.
  let ofImplicitReward = ["eval/rewards/", "eval/implicit_"]
  return estimates(first.evaluationKeys) { key in
    ofImplicitReward.contains { key.rawValue.hasPrefix($0) } ? [:] : first.firstValues(key)
  }
}

private func summary(of run: ArmRuns, judge: Judge?) -> ArmSummary {
  let diverged = run.cells.count { $0.outcome != .completed }
  return ArmSummary(
    name: run.name, method: run.method, completed: run.cells.count - diverged, diverged: diverged,
    collapsed: run.isTrained ? run.cells.count { hasCollapsed($0, judge: judge) } : 0,
    final: estimates(run.evaluationKeys, of: run.finalValues),
    stability: run.isTrained ? stability(of: run, judge: judge) : [:], cost: meanCost(run.cells))
}

private func estimates(
  _ keys: [MetricKey], of values: (MetricKey) -> [Int: Double]
) -> [String: Estimate] {
  Dictionary(uniqueKeysWithValues: keys.map { ($0.rawValue, Estimate(bySeed: values($0))) })
}

private func meanCost(_ cells: [CellRecord]) -> Cost {
  guard !cells.isEmpty else { return Cost() }
  let (total, count) = (cells.map(\.cost).reduce(Cost(), +), cells.count)
  return Cost(
    labels: total.labels / count, goldQueries: total.goldQueries / count,
    tokensForward: total.tokensForward / count,
    tokensBackward: total.tokensBackward / count, rollouts: total.rollouts / count,
    flops: total.flops / Double(count))
}

/// Every arm against the reference, and every pair of arms, in J and in the judge's reward.
///
/// J is there where the gold judges, and needs no matching. Win rates against one half are in `final`.
private func comparisons(_ runs: [ArmRuns], under judge: Judge) -> [Comparison] {
  (judge == .gold ? [.goldObjective] : []).flatMap { comparisons(runs, in: $0) }
    + comparisons(runs, in: judge.reward)
}

private func comparisons(_ runs: [ArmRuns], in key: MetricKey) -> [Comparison] {
  guard let trained = runs.first(where: \.isTrained) else { return [] }
  let reference = trained.firstValues(key)
  let overReference = runs.compactMap {
    Comparison($0.name, $0.finalValues(key), minus: "SFT", reference, metric: key)
  }
  let pairs = runs.indices.flatMap { i in runs.indices.dropFirst(i + 1).map { (runs[i], runs[$0]) }
  }
  return overReference
    + pairs.compactMap { a, b in
      Comparison(a.name, a.finalValues(key), minus: b.name, b.finalValues(key), metric: key)
    }
}

/// A quantity of a reward model with its name.
private typealias RewardQuantity = (name: String, value: (RewardModelSummary) -> Double)

/// The reward models over seeds, and the referees, whose rows say so.
///
/// What only a gold reward tells, such as the best accuracy that the labels allow, is left out without one.
private func rewardModelEstimates(_ cells: [CellRecord], hasGold: Bool) -> [String: Estimate] {
  let ofAll: [RewardQuantity] = [
    ("accuracy on training pairs", \.trainAccuracy), ("accuracy on held-out pairs", \.testAccuracy),
    ("expected calibration error", \.expectedCalibrationError),
  ]
  let ofGold: [RewardQuantity] = [
    ("Bayes accuracy of training labels", \.trainBayesAccuracy),
    ("Bayes accuracy of held-out labels", \.testBayesAccuracy),
    ("held-out accuracy over Bayes accuracy", { $0.testAccuracy / $0.testBayesAccuracy }),
    ("Pearson correlation with gold", \.pearson), ("Spearman correlation with gold", \.spearman),
  ]
  let centred: RewardQuantity = ("mean score of reference completions", \.referenceMean)
  let count: RewardQuantity = ("held-out pairs", { Double($0.testPairs) })
  let sorted = cells.sorted { $0.seed < $1.seed }
  func estimates(
    _ quantities: [RewardQuantity], of models: [RewardModelSummary], prefix: String = ""
  ) -> [String: Estimate] {
    guard !models.isEmpty else { return [:] }
    return Dictionary(
      uniqueKeysWithValues: quantities.map { name, value in
        (prefix + name, Estimate(over: models.map(value)))
      })
  }
  return estimates(
    ofAll + (hasGold ? ofGold + [centred] : [count]),
    of: sorted.filter { !$0.isReferee }.compactMap(\.rewardModel)
  ).merging(
    estimates(
      ofAll + [count], of: sorted.filter(\.isReferee).compactMap(\.rewardModel), prefix: "referee: "
    )
  ) { $1 }
}

extension CellRecord {
  /// Whether the cell fitted the reward model that judges the arms and that none of them saw.
  var isReferee: Bool { method == Judge.referee.rawValue }
}

private func certificate(_ cells: [CellRecord]) -> [CertificateSummary] {
  let checks = cells.flatMap(\.certificate)
  var names: [String] = []
  for check in checks where !names.contains(check.name) { names.append(check.name) }
  return names.compactMap { name in
    let own = checks.filter { $0.name == name }
    guard
      let worst = own.max(by: { abs($0.measured - $0.expected) < abs($1.measured - $1.expected) })
    else { return nil }
    return CertificateSummary(
      name: name, expected: worst.expected, worst: worst.measured, tolerance: worst.tolerance,
      cells: own.count, passed: own.count(where: \.passed))
  }
}
