import Evaluation
import Tasks
import Training

/// The empirical claims that an experiment's summary decides; those whose arms it lacks are left out.
///
/// They are about J = E[gold] − β·KL, which both pipelines maximise and which needs no matching, and beside it
/// about the gold reward: where another judge, or none, compares the arms nothing is claimed. A paired t
/// test over seeds, corrected by Holm over all of them, decides; unhealthy runs make a claim void.
package func experimentClaims(_ summary: ExperimentSummary) -> [Claim] {
  guard summary.judge == .gold else { return [] }
  let judge = ClaimJudge(summary: summary)
  let figure = "Rafailov (2023), figure 2 left"
  let ofObjective: [(String, String)] = [
    ("PPO", "SFT"), ("DPO", "SFT"), ("PPO", "DPO"), ("PPO-GT", "PPO"), ("PPO-GT", "DPO"),
  ]
  let inObjective: [Claim?] = ofObjective.map { first, second in
    judge.end(
      first, above: second, in: .goldObjective, named: "J",
      source: "objective of Rafailov (2023), equation 3; direction ours")
  }
  let inGold: [Claim?] = [
    judge.end("PPO", above: "SFT", source: figure),
    judge.end("DPO", above: "SFT", source: figure),
    judge.end("PPO-GT", above: "PPO", source: figure),
    judge.end("DPO", above: "PPO", source: "Rafailov (2023), section 6.1"),
    judge.end("DPO", above: "PPO-GT", source: figure),
    judge.matched("DPO", above: "PPO", source: figure),
    judge.matched("DPO", above: "PPO-GT", source: figure),
    judge.rewardModel(),
  ]
  return ClaimFile((inObjective + inGold).compactMap(\.self)).claims
}

/// Turns estimates of one summary into claims.
private struct ClaimJudge {
  let summary: ExperimentSummary
  private let health: RunHealth

  init(summary: ExperimentSummary) {
    (self.summary, health) = (summary, RunHealth(of: summary))
  }

  /// The claim that an arm ends above another.
  func end(
    _ first: String, above second: String, in metric: MetricKey = .goldReward,
    named name: String = "gold reward", source: String
  ) -> Claim? {
    let isGold = metric == .goldReward
    guard let difference = difference(first, minus: second, in: metric) else { return nil }
    return Claim(
      id: id(first, second, ending: isGold ? "" : "-in-\(name.lowercased())"), source: source,
      statement: "\(first) ends above \(second) in \(name)",
      metric: "\(metric) of the last evaluation, \(first) − \(second)", arms: [first, second],
      criterion: .above(0, margin: summary.facts.equivalenceMargin), over: difference,
      unhealthy: health.problem(of: [first, second], isObjective: !isGold),
      command: summary.facts.command)
  }

  /// The claim that a swept method's finished runs are above another's at one nat.
  ///
  /// The paths of single trainings are no frontier, so an experiment without sweeps claims nothing here; a
  /// level that no finished run lies near has no number, and the claim is void. The interval is the band that
  /// holds at all levels at once, which makes the verdict the stricter.
  func matched(_ first: String, above second: String, source: String) -> Claim? {
    let families = summary.frontier?.comparisons ?? []
    guard let found = families.first(where: { Set([$0.first, $0.second]) == [first, second] })
    else { return nil }
    let place = found.places.first { $0.at == 1 }
    let arms = summary.facts.arms.filter { [first, second].contains($0.family) }.map(\.name)
    return Claim(
      id: id(first, second, ending: "-at-1-nat"), source: source,
      statement: "finished runs of \(first) are above those of \(second) in gold reward at 1 nat",
      metric:
        "\(MetricKey.goldReward) of finished runs at \(MetricKey.kl) = 1, \(first) − \(second)",
      arms: [first, second], criterion: .above(0, margin: summary.facts.equivalenceMargin),
      over: place.map { $0.estimate(isReversed: found.first != first) } ?? Estimate(over: []),
      unhealthy: health.problem(of: arms, isSweep: true)
        ?? (place?.difference == nil ? place?.refusal ?? "1 nat was not measured" : nil),
      command: summary.facts.command)
  }

  /// The claim that the reward model comes near the best possible accuracy.
  func rewardModel() -> Claim? {
    let key = "held-out accuracy over Bayes accuracy"
    guard let ratio = summary.rewardModel[key] else { return nil }
    return Claim(
      id: "\(summary.facts.question).reward-model-near-bayes",
      source: "experiments/\(summary.facts.question)",
      statement: "the reward model reaches 0.85 of the accuracy that the labels allow", metric: key,
      criterion: .above(0.85), over: ratio, unhealthy: health.problem(of: []),
      command: summary.facts.command)
  }

  /// The difference of two arms' last values; pairs are stored in one order only.
  private func difference(
    _ first: String, minus second: String, in metric: MetricKey
  ) -> Estimate? {
    let rows = summary.comparisons.filter { $0.metric == metric.rawValue }
    if let row = rows.first(where: { $0.first == first && $0.second == second }) {
      return row.difference
    }
    return rows.first { $0.first == second && $0.second == first }?.difference.negated
  }

  private func id(_ first: String, _ second: String, ending: String) -> String {
    "\(summary.facts.question).\(first.lowercased())-above-\(second.lowercased())\(ending)"
  }
}

extension Estimate {
  /// The estimate of the opposite difference.
  fileprivate var negated: Estimate { Estimate(mean: -mean, low: -high, high: -low, n: n) }
}

extension FrontierPlace {
  /// The difference of the two methods, or that of the second less the first.
  fileprivate func estimate(isReversed: Bool) -> Estimate {
    let estimate = Estimate(
      mean: difference ?? .nan, low: low ?? .nan, high: high ?? .nan, n: seeds)
    return isReversed ? estimate.negated : estimate
  }
}
