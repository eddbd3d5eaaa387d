public import TensorKernels

/// The generalized advantage estimates of Schulman (2016), equation 16.
///
///     δₜ = rₜ + γ·V(sₜ₊₁) − V(sₜ)        Aₜ = δₜ + γλ·Aₜ₊₁
///
/// One completion a call; after the last slot there is neither value nor reward.
public func generalizedAdvantages<Scalar: TensorScalar>(
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
public func returns<Scalar: TensorScalar>(advantages: [Scalar], values: [Scalar]) -> [Scalar] {
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
public func explainedVariance<Scalar: TensorScalar>(returns: [Scalar], values: [Scalar]) -> Double {
  precondition(returns.count == values.count, "\(returns.count) returns, \(values.count) values")
  let residuals = zip(returns, values).map { Double($0) - Double($1) }
  let spread = Moments(returns).variance
  return spread > 0 ? 1 - Moments(residuals).variance / spread : .nan
}

/// Which rewards weigh a token where the baseline is one number for its completion.
///
///     whole: Aₜ = Σₛ rₛ − b        to-go: Aₜ = Σ_{s ≥ t} rₛ − b
///
/// Both are unbiased: what was earned before a token does not depend on it, Sutton (2000), theorem 1.
/// The KL penalty earns at every token; the score comes last and is to go from all of them.
public enum TokenReturn: String, Codable, Sendable, CaseIterable {
  /// The return of the whole completion: the one that equals β·log Z wherever the policy is optimal.
  case whole
  /// The rewards from the token on, which at the optimum still scatter around β·log Z.
  case toGo = "to-go"
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

/// The mean and the spread of a set of numbers, accumulated in double precision.
public struct Moments: Sendable, Equatable {
  /// The arithmetic mean; zero of nothing.
  public let mean: Double
  /// The variance with Bessel's correction, Σ(x − mean)² / (n − 1); zero of fewer than two.
  public let variance: Double

  /// The moments of the values, in two passes.
  public init<Scalar: BinaryFloatingPoint>(_ values: [Scalar]) {
    let count = Double(values.count)
    let mean = values.isEmpty ? 0 : values.reduce(0.0) { $0 + Double($1) } / count
    let squares = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    self.mean = mean
    variance = values.count < 2 ? 0 : squares / (count - 1)
  }

  /// The variance under one of the two conventions.
  public func variance(_ convention: VarianceConvention, count: Int) -> Double {
    switch convention {
    case .sample: variance
    case .population: count < 2 ? 0 : variance * Double(count - 1) / Double(count)
    }
  }

  /// The square root of the variance.
  public var standardDeviation: Double { variance.squareRoot() }
}

/// What a sum of squares is divided by.
public enum VarianceConvention: String, Codable, Sendable, CaseIterable {
  /// n − 1, Bessel's correction: TRL, legacy and current.
  case sample
  /// n: Ziegler's code (`tf.nn.moments`), OpenRLHF.
  case population
}

/// Over which tokens advantages are whitened.
public enum WhiteningScope: String, Codable, Sendable, CaseIterable {
  /// All of an iteration's rollouts, once: TRL.
  case rollouts
  /// Those of each minibatch, in its loss: Ziegler's code.
  case minibatch
}

/// Shifts and scales rows of numbers to mean zero and variance one over all rows together.
///
///     x ← (x − mean) / √(variance + 10⁻⁸)        TRL's `masked_whiten`, Bessel-corrected
///
/// PPO's advantages are whitened over the tokens of a whole batch of rollouts, once.
public func whitened<Scalar: TensorScalar>(
  _ rows: [[Scalar]], variance convention: VarianceConvention = .sample
) -> [[Scalar]] {
  let all = rows.flatMap { $0 }
  let moments = Moments(all)
  if moments.variance == .infinity, let largest = all.map(abs).max(), largest.isFinite {
    // Squares beyond the range of a Double; in units of the largest number they are not.
    return whitened(rows.map { row in row.map { $0 / largest } }, variance: convention)
  }
  let scale = 1 / (moments.variance(convention, count: all.count) + 1e-8).squareRoot()
  return rows.map { row in row.map { Scalar((Double($0) - moments.mean) * scale) } }
}

/// Scales rows of numbers to variance one around the mean that they keep.
///
///     x ← (x − mean) / √(variance + 10⁻⁸) + mean        TRL's `masked_whiten(shift_mean=False)`
///
/// This is TRL's `whiten_rewards`: it changes what the KL penalty weighs against the score.
public func whitenedKeepingMean<Scalar: TensorScalar>(
  _ rows: [[Scalar]], variance convention: VarianceConvention = .sample
) -> [[Scalar]] {
  let mean = Moments(rows.flatMap { $0 }).mean
  return whitened(rows, variance: convention).map { row in row.map { Scalar(Double($0) + mean) } }
}
