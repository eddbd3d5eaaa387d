public import TensorKernels

/// The generalized advantage estimates of Schulman (2016), equation 16.
///
///     δₜ = rₜ + γ·V(sₜ₊₁) − V(sₜ)        Aₜ = δₜ + γλ·Aₜ₊₁
///
/// One completion a call; after the last slot there is neither value nor reward.
public func generalizedAdvantages<Scalar: BLASScalar>(
  rewards: [Scalar], values: [Scalar], discount: Scalar, lambda: Scalar
) -> [Scalar] {
  precondition(rewards.count == values.count, "\(rewards.count) rewards, \(values.count) values")
  var advantages = [Scalar](repeating: 0, count: rewards.count)
  var (nextValue, nextAdvantage): (Scalar, Scalar) = (0, 0)
  for t in rewards.indices.reversed() {
    let surprise = rewards[t] + discount * nextValue - values[t]
    nextAdvantage = surprise + discount * lambda * nextAdvantage
    advantages[t] = nextAdvantage
    nextValue = values[t]
  }
  return advantages
}

/// What the value model is to predict: the advantages, not whitened, on top of the old values.
///
///     Rₜ = Aₜ + V(sₜ)        with λ = 1 the discounted sum of the rewards from t on
public func returns<Scalar: BLASScalar>(advantages: [Scalar], values: [Scalar]) -> [Scalar] {
  precondition(
    advantages.count == values.count, "\(advantages.count) advantages, \(values.count) values")
  return zip(advantages, values).map { $0 + $1 }
}

/// The share of the returns' variance that the values explain.
///
///     1 − Var(R − V) / Var(R)
///
/// One is a perfect value model, zero one no better than a constant; below zero it is worse than a
/// constant. NaN where the returns do not vary.
public func explainedVariance<Scalar: BLASScalar>(returns: [Scalar], values: [Scalar]) -> Double {
  precondition(returns.count == values.count, "\(returns.count) returns, \(values.count) values")
  let residuals = zip(returns, values).map { Double($0) - Double($1) }
  let spread = Moments(returns).variance
  return spread > 0 ? 1 - Moments(residuals).variance / spread : .nan
}

/// What the advantages of whole completions are divided by.
public enum AdvantageScale: String, Codable, Sendable, CaseIterable {
  /// Nothing: RLOO, and GRPO as Liu (2025) mends it.
  case none
  /// The deviation of the returns of the same prompt: GRPO, Shao (2024), section 4.1.2.
  case group
  /// The deviation of the returns of the whole batch: TRL's `scale_rewards: batch`.
  case batch
  /// The batch's mean advantage is subtracted, too: TRL's `normalize_advantages` of RLOO.
  case normalised

  /// Scales the advantages R − b of completions, the groups of each prompt standing together.
  ///
  ///     A ← A/(σ + 10⁻⁴)        σ with Bessel's correction, of the returns or, normalised, of A
  ///
  /// The epsilon is TRL's. Dividing by a deviation that the own return is part of biases the
  /// gradient: group makes prompts with nearly equal returns weigh as much as all others.
  public func callAsFunction(
    _ advantages: [Double], returns: [Double], groupSize: Int
  ) -> [Double] {
    precondition(
      advantages.count == returns.count && returns.count.isMultiple(of: groupSize),
      "\(advantages.count) advantages, \(returns.count) returns in groups of \(groupSize)")
    switch self {
    case .none: return advantages
    case .group:
      return stride(from: 0, to: returns.count, by: groupSize).flatMap { start in
        let group = start..<start + groupSize
        return divided(Array(advantages[group]), by: Moments(Array(returns[group])))
      }
    case .batch: return divided(advantages, by: Moments(returns))
    case .normalised:
      let moments = Moments(advantages)
      return divided(advantages.map { $0 - moments.mean }, by: moments)
    }
  }

  private func divided(_ advantages: [Double], by moments: Moments) -> [Double] {
    advantages.map { $0 / (moments.standardDeviation + 1e-4) }
  }
}
