import Evaluation
import Foundation
import Reports
import TensorKernels

private let command = "make variance"

/// Who says what a claim of this page says.
///
/// Section 5.2 says four things: the gradient could have high variance without the normaliser, which
/// would make learning unstable; a learned value can be difficult to optimise; earlier work took one
/// human completion's reward; DPO needs no baseline. Whatever goes beyond that is not the paper's.
enum ClaimSource {
  static let noNormaliser =
    "Rafailov (2023), section 5.2: without the normaliser the policy gradient could have high variance"
  static let learnedValue =
    "Rafailov (2023), section 5.2: a learned value function can be difficult to optimize"
  static let pathLaw = "own derivation: path law, annealing.gradient of make identities"
  static let training = "own expectation: experiments/variance/README.md"
  static let transformer = "own expectation: experiments/variance-model/README.md"
}

extension ExactAct {
  /// The laws of the annealing path near its end, and the samples.
  func claims(_ ends: TrainingEnds) -> [Claim] {
    path.compactMap { slopeClaim($0, ends) } + [sampleClaim]
  }

  /// The fitted exponents must lie in the range that the path law gives them.
  private func slopeClaim(_ curve: Curve, _ ends: TrainingEnds) -> Claim? {
    let ranges: [String: ClosedRange<Double>] = [
      "none": -2.05 ... -1.95, "reference-sample": -2.05 ... -1.95,
      "soft-value": -0.1...0.1, "policy-value": -0.1...0.1, "optimal": -0.1...0.1,
      "leave-one-out-4": -0.1...0.1,
    ]
    guard let range = ranges[curve.name], let low = curve.slopes.min(),
      let high = curve.slopes.max()
    else { return nil }
    let diverges = range.upperBound < -1
    let nearest = ends.nearest.map { "; trainings end at 1 − t = \(brief($0)) at the nearest" }
    return Claim(
      id: "variance.slope-\(curve.name)", source: ClaimSource.pathLaw,
      statement: "within 1 − t ≤ 0.02 of the optimum the relative noise of '\(curve.label)' "
        + (diverges ? "diverges as (1 − t)⁻²" : "stays finite"),
      tier: .law,
      metric: "log-log slope of trCov/|g|² over 1 − t in [1e-3, 2e-2]" + (nearest ?? ""),
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
    let trained = arms.first { $0.name == "PPO-GT" }?.points.last
    return [
      falls("soft-value", from: start, to: end), falls("leave-one-out-4", from: start, to: end),
      worst(start), trained.flatMap(costOfNone), remains(from: start, to: end), cosine(start),
      value.map(valueClaim),
    ].compactMap(\.self)
  }

  /// The reference is far from the optimum, and β·log Z far above b*.
  private func worst(_ start: Point) -> Claim? {
    guard let next = start.softValueOver.values.min(by: { $0.low < $1.low }) else { return nil }
    return empirical(
      "model-soft-value-worst-at-reference", ClaimSource.transformer,
      "at the reference the exact normaliser is the noisiest of all estimators, no baseline included",
      metric: "trCov of the soft value ÷ that of the next noisiest estimator, at the reference",
      effect: next, above: 1)
  }

  /// Where a real training ends, dropping the normaliser costs a factor and no power of ten.
  private func costOfNone(_ end: Point) -> Claim? {
    guard let ratio = end.softValueOver["none"] else { return nil }
    return empirical(
      "model-soft-value-less-noisy-where-training-ends", ClaimSource.noNormaliser,
      "where PPO on the true reward ends, the exact normaliser is less noisy than no baseline",
      metric:
        "trCov of the soft value ÷ none at the end of PPO-GT, \(brief(end.suboptimality.mean)) nats from the optimum",
      effect: ratio, below: 1)
  }

  private func falls(_ name: String, from start: Point, to end: Point) -> Claim? {
    guard let first = start.covarianceTraces[name], let last = end.covarianceTraces[name] else {
      return nil
    }
    return empirical(
      "model-\(name)-noise-vanishes", ClaimSource.transformer,
      "inside the transformer the noise of '\(name)' at the converged policy is below a hundredth of that at the start",
      metric: "trCov at the end of exact ascent over its mean at the start",
      effect: last.divided(by: first.mean), below: 0.01)
  }

  private func remains(from start: Point, to end: Point) -> Claim {
    empirical(
      "model-dpo-noise-remains", ClaimSource.transformer,
      "DPO's gradient noise does not vanish at the policy at which the baselined policy gradient's does: at least half of what it was at the reference is left",
      metric: "DPO's trCov per pair at the end of exact ascent over its mean at the start",
      effect: end.preferenceCovarianceTrace.divided(by: start.preferenceCovarianceTrace.mean),
      above: 0.5)
  }

  private func cosine(_ start: Point) -> Claim {
    empirical(
      "model-dpo-points-along-policy-gradient", ClaimSource.transformer,
      "at the reference DPO's direction has a cosine above 0.9 with the policy gradient",
      metric: "cosine of the exact directions", effect: start.cosine, above: 0.9)
  }

  private func valueClaim(_ error: Estimate) -> Claim {
    empirical(
      "model-learned-value-is-good", ClaimSource.transformer,
      "after PPO the learned value has less than a tenth of the excess variance of no baseline",
      metric: "E[(V − b*)²F]/E[b*²F] at the end of PPO", effect: error, below: 0.1)
  }
}

extension Estimate {
  fileprivate func divided(by value: Double) -> Estimate {
    Estimate(
      mean: rounded(mean / value), low: rounded(low / value), high: rounded(high / value), n: n)
  }
}

/// A claim that an effect lies above or below a bound; a t test over seeds decides.
func empirical(
  _ name: String, _ source: String, _ statement: String, metric: String, effect: Estimate,
  above: Double? = nil, below: Double? = nil
) -> Claim {
  Claim(
    id: "variance.\(name)", source: source, statement: statement, metric: metric,
    criterion: above.map { .above($0) } ?? .below(below ?? 0), over: effect, command: command)
}

/// A claim that an effect is practically none: within ±margin by two one-sided tests.
func equivalent(
  _ name: String, _ source: String, _ statement: String, metric: String, effect: Estimate,
  margin: Double
) -> Claim {
  Claim(
    id: "variance.\(name)", source: source, statement: statement, metric: metric,
    criterion: .near(0, margin: margin), over: effect, command: command)
}
