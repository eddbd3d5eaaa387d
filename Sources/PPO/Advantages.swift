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
