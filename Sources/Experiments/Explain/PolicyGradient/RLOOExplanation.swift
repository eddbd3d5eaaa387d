import Foundation
import PPO

/// Every step of TRL's RLOO on groups of completions: what `tandem explain rloo` prints.
public struct RLOOExplanation: Encodable, Equatable, Sendable {
  /// The version of this layout.
  public static let schema = "tandem.explain.rloo/1"

  /// The quantities under their names, or under those of the file's cases.
  public let document: ExplainedValue
  /// The names of the cases in their order; empty for a single setting.
  public let names: [String]

  /// Computes every quantity for every case.
  public init(of groups: RLOOGroups) {
    names = groups.cases.compactMap(\.name)
    var members: [String: ExplainedValue] = [:]
    for one in groups.cases {
      let quantities = Self.quantities(groups, one)
      if let name = one.name {
        members[name] = .members(quantities)
      } else {
        members = quantities
      }
    }
    members["schema"] = .text(Self.schema)
    document = .members(members)
  }

  /// Writes the document.
  public func encode(to encoder: any Encoder) throws { try document.encode(to: encoder) }

  private static func quantities(
    _ groups: RLOOGroups, _ one: RLOOCase
  ) -> [String: ExplainedValue] {
    let kl = zip(groups.old, groups.reference).map { zip($0, $1).reduce(0) { $0 + $1.0 - $1.1 } }
    let returns = zip(groups.rewards, kl).map { $0 - one.beta * $1 }
    let baselines = leaveOneOut(returns, groups.generations)
    let plain = zip(returns, baselines).map { $0 - $1 }
    let scale: AdvantageScale = one.isNormalised ? .normalised : .none
    let advantages = scale(plain, returns: returns, groupSize: groups.generations)
    let loss = ClippedPolicyLoss(
      logProbabilities: groups.logRatios, old: groups.logRatios.map { _ in 0 },
      advantages: advantages, clipRange: one.clipRange)
    let deviations = stride(from: 0, to: returns.count, by: groups.generations).map {
      Moments(Array(returns[$0..<$0 + groups.generations])).standardDeviation
    }
    var all: [String: ExplainedValue] = [
      "options": .members([
        "beta": .number(one.beta), "epsilon": .number(one.clipRange),
        "normalize_advantages": .text(one.isNormalised ? "true" : "false"),
        "num_generations": .whole([groups.generations]),
      ]),
      "kl": one.beta == 0 ? .none : .numbers(kl), "rewards": .numbers(returns),
      "baselines": .numbers(baselines), "advantages": .numbers(advantages),
      "std_rewards": .numbers(deviations), "log_ratio": .numbers(groups.logRatios),
      "ratio": .numbers(loss.ratios), "loss": .number(loss.loss),
      "clipfrac": .number(loss.clippedFraction),
    ]
    let infinite = all.keys.sorted().filter { key in
      all[key].map { !$0.flattened.allSatisfy(\.isFinite) } ?? false
    }
    all["overflows"] = .texts(
      exponents("ratio", [groups.logRatios])
        + infinite.map { "\($0) is beyond the range of a Double, hence null" })
    if !one.expected.isEmpty { all["differences"] = differences(all, from: one.expected) }
    return all
  }

  /// (Σ R − Rᵢ)/(k − 1) within each group, from the library's baseline.
  private static func leaveOneOut(_ returns: [Double], _ size: Int) -> [Double] {
    stride(from: 0, to: returns.count, by: size).flatMap { start in
      let group = returns[start..<start + size]
      return group.indices.map { own in
        group.indices.reduce(0.0) { $1 == own ? $0 : $0 + group[$1] } / Double(size - 1)
      }
    }
  }
}
