import Evaluation
import Foundation
import Reports

private let command = "make variance"
private let section = "Rafailov (2023), section 5.2"

extension ExactAct {
  /// The laws of the annealing path, the samples, and two readings of the remark.
  var claims: [Claim] {
    path.compactMap(slopeClaim) + [sampleClaim]
  }

  /// The fitted exponents must lie in the range that the path law gives them.
  private func slopeClaim(_ curve: Curve) -> Claim? {
    let ranges: [String: ClosedRange<Double>] = [
      "none": -2.05 ... -1.95, "reference-sample": -2.05 ... -1.95,
      "soft-value": -0.1...0.1, "policy-value": -0.1...0.1, "optimal": -0.1...0.1,
      "leave-one-out-4": -0.1...0.1,
    ]
    guard let range = ranges[curve.name], let low = curve.slopes.min(),
      let high = curve.slopes.max()
    else { return nil }
    let diverges = range.upperBound < -1
    return Claim(
      id: "variance.slope-\(curve.name)", source: "\(section); path law, derived",
      statement: "towards the optimum the relative noise of '\(curve.label)' "
        + (diverges ? "diverges as (1 − t)⁻²" : "stays finite"),
      tier: .law, metric: "log-log slope of trCov/|g|² over 1 − t in [1e-3, 2e-2]",
      criterion: .within(range),
      effect: rounded(curve.slopes.reduce(0, +) / Double(curve.slopes.count)),
      interval: [rounded(low), rounded(high)], command: command)
  }

  private var sampleClaim: Claim {
    let worst = monteCarlo.map { abs($0.deviation) }.max() ?? .infinity
    return Claim(
      id: "variance.monte-carlo", source: "derived",
      statement: "every exact covariance trace is what sampled gradients scatter by", tier: .law,
      metric:
        "largest |estimate − exact| in standard errors of 1e5 samples each, over all estimators",
      criterion: .atMost(4), effect: rounded(worst), command: command)
  }
}

extension ModelAct {
  /// What the transformer shows; decided by intervals over seeds.
  var claims: [Claim] {
    guard let exact = arms.first(where: { $0.name == "exact ascent" }), let end = exact.points.last,
      let start = exact.points.first
    else { return [] }
    let value = arms.compactMap { $0.points.last?.valueError }.first
    return [
      falls("soft-value", from: start, to: end), falls("leave-one-out-4", from: start, to: end),
      remains(end), cosine(start), value.map(valueClaim),
    ].compactMap(\.self)
  }

  private func falls(_ name: String, from start: Point, to end: Point) -> Claim? {
    guard let first = start.covarianceTraces[name], let last = end.covarianceTraces[name] else {
      return nil
    }
    return empirical(
      "model-\(name)-noise-vanishes",
      "inside the transformer the noise of '\(name)' at the converged policy is below a hundredth of that at the start",
      metric: "trCov at the end of exact ascent over its mean at the start",
      effect: last.divided(by: first.mean), below: 0.01)
  }

  private func remains(_ end: Point) -> Claim {
    empirical(
      "model-dpo-noise-remains",
      "DPO's gradient noise does not vanish at the policy at which the baselined policy gradient's does",
      metric:
        "DPO's trCov ÷ β² per pair over the soft value's trCov per rollout, end of exact ascent",
      effect: end.preferenceCovarianceTrace.divided(
        by: end.covarianceTraces["soft-value"]?.mean ?? .nan), above: 100)
  }

  private func cosine(_ start: Point) -> Claim {
    empirical(
      "model-dpo-points-along-policy-gradient",
      "at the reference DPO's direction has a cosine above 0.9 with the policy gradient",
      metric: "cosine of the exact directions", effect: start.cosine, above: 0.9)
  }

  private func valueClaim(_ error: Estimate) -> Claim {
    empirical(
      "model-learned-value-is-good",
      "after PPO the learned value has less than a tenth of the excess variance of no baseline",
      metric: "E[(V − b*)²F]/E[b*²F] at the end of PPO", effect: error, below: 0.1)
  }
}

extension TrainingAct {
  /// Every baseline against the soft value, and every baseline with an offset against itself.
  var claims: [Claim] {
    differences.map { difference in
      let pair = "\(difference.first) vs \(difference.second)"
      return empirical(
        "training-\(slug(difference.first))-vs-\(slug(difference.second))",
        "training with '\(difference.first)' ends farther from the optimum than with '\(difference.second)'",
        metric: "difference of log₁₀ final KL(π‖π*), \(pair)", effect: difference.logRatio, above: 0
      )
    }
  }

  private func slug(_ name: String) -> String {
    name.lowercased().split { !$0.isLetter && !$0.isNumber }.joined(separator: "-")
  }
}

extension Estimate {
  fileprivate func divided(by value: Double) -> Estimate {
    Estimate(
      mean: rounded(mean / value), low: rounded(low / value), high: rounded(high / value), n: n)
  }
}

/// A claim that an effect lies above or below a bound; a t test over seeds decides.
private func empirical(
  _ name: String, _ statement: String, metric: String, effect: Estimate, above: Double? = nil,
  below: Double? = nil
) -> Claim {
  Claim(
    id: "variance.\(name)", source: section, statement: statement, metric: metric,
    criterion: above.map { .above($0) } ?? .below(below ?? 0), over: effect, command: command)
}
