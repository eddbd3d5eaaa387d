import Evaluation
import Training

/// The empirical claims that an experiment's summary decides; those whose arms it lacks are left out.
///
/// They are about the gold reward: where another judge, or none, compares the arms nothing is claimed.
/// The 95 % Student interval of the difference, paired by seed, decides: above zero the claim is
/// reproduced, below zero contradicted, else inconclusive. One seed has no interval.
package func experimentClaims(_ summary: ExperimentSummary) -> [Claim] {
  guard summary.facts.judge == nil else { return [] }
  let judge = ClaimJudge(summary: summary)
  let claims = [
    judge.end("PPO", above: "SFT", as: "ppo-above-sft", source: "Rafailov (2023), figure 2 left"),
    judge.end("DPO", above: "SFT", as: "dpo-above-sft", source: "Rafailov (2023), figure 2 left"),
    judge.end(
      "PPO-GT", above: "PPO", as: "ppo-gt-above-ppo", source: "Rafailov (2023), figure 2 left"),
    judge.end("DPO", above: "PPO", as: "dpo-above-ppo", source: "Rafailov (2023), section 6.1"),
    judge.end(
      "DPO", above: "PPO-GT", as: "dpo-above-ppo-gt", source: "Rafailov (2023), figure 2 left"),
    judge.matched(
      "DPO", above: "PPO", as: "dpo-above-ppo-at-1-nat", source: "Rafailov (2023), figure 2 left"),
    judge.matched(
      "DPO", above: "PPO-GT", as: "dpo-above-ppo-gt-at-1-nat",
      source: "Rafailov (2023), figure 2 left"),
    judge.rewardModel(),
  ]
  return claims.compactMap(\.self)
}

/// Turns estimates of one summary into verdicts.
private struct ClaimJudge {
  let summary: ExperimentSummary

  private static let differenceRule =
    "95 % paired t interval over seeds: above 0 reproduced, below 0 contradicted, else inconclusive"

  /// The claim that an arm ends above another in gold reward.
  func end(_ first: String, above second: String, as name: String, source: String) -> Claim? {
    guard let difference = endDifference(first, minus: second) else { return nil }
    return claim(
      name, source: source, statement: "\(first) ends above \(second) in gold reward",
      metric: "\(MetricKey.goldReward) of the last evaluation, \(first) − \(second)",
      rule: Self.differenceRule, effect: difference.mean,
      interval: difference.n > 1 ? (difference.low, difference.high) : nil, bound: 0,
      seeds: difference.n)
  }

  /// The claim that an arm is above another where both have spent one nat.
  func matched(_ first: String, above second: String, as name: String, source: String) -> Claim? {
    let found = summary.matched.first { row in
      row.axis == "kl" && row.at == 1 && Set([row.first, row.second]) == [first, second]
    }
    // A level that no seed was measured near is refused there, and nothing is claimed at it.
    guard let found, let difference = found.difference else { return nil }
    let sign: Double = found.first == first ? 1 : -1
    let ends = [found.low, found.high].compactMap { $0.map { sign * $0 } }.sorted()
    return claim(
      name, source: source,
      statement: "\(first) is above \(second) in gold reward at 1 nat from the reference",
      metric: "\(MetricKey.goldReward) at \(MetricKey.kl) = 1, \(first) − \(second)",
      rule: Self.differenceRule,
      effect: sign * difference, interval: ends.count == 2 ? (ends[0], ends[1]) : nil,
      bound: 0, seeds: found.seeds)
  }

  /// The claim that the reward model comes near the best possible accuracy.
  func rewardModel() -> Claim? {
    let key = "held-out accuracy over Bayes accuracy"
    guard let ratio = summary.rewardModel[key] else { return nil }
    return claim(
      "reward-model-near-bayes", source: "experiments/\(summary.facts.question)",
      statement: "the reward model reaches 0.85 of the accuracy that the labels allow", metric: key,
      rule: "95 % t interval over seeds: above 0.85 reproduced, below contradicted, "
        + "else inconclusive",
      effect: ratio.mean, interval: ratio.n > 1 ? (ratio.low, ratio.high) : nil, bound: 0.85,
      seeds: ratio.n)
  }

  /// The difference of two arms' last gold rewards; pairs are stored in one order only.
  private func endDifference(_ first: String, minus second: String) -> Estimate? {
    let rows = summary.comparisons.filter { $0.metric == MetricKey.goldReward.rawValue }
    if let row = rows.first(where: { $0.first == first && $0.second == second }) {
      return row.difference
    }
    return rows.first { $0.first == second && $0.second == first }.map { row in
      let difference = row.difference
      return Estimate(
        mean: -difference.mean, low: -difference.high, high: -difference.low, n: difference.n)
    }
  }

  private func claim(
    _ name: String, source: String, statement: String, metric: String, rule: String,
    effect: Double, interval: (low: Double, high: Double)?, bound: Double, seeds: Int
  ) -> Claim {
    let verdict: ClaimVerdict =
      switch interval {
      case let ends? where ends.low > bound: .reproduced
      case let ends? where ends.high < bound: .contradicted
      default: .inconclusive
      }
    return Claim(
      id: "\(summary.facts.question).\(name)", source: source, statement: statement,
      tier: .empirical, metric: metric, rule: rule, verdict: verdict, effect: effect,
      interval: interval.map { [$0.low, $0.high] }, seeds: seeds, command: summary.facts.command)
  }
}
