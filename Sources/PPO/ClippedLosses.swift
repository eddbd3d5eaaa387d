public import TensorKernels

/// PPO's clipped policy loss on the tokens of a batch, and what the ratios were.
public struct ClippedPolicyLoss<Scalar: BLASScalar>: Sendable {
  /// The mean over tokens of the larger of the unclipped and the clipped term.
  public let loss: Scalar
  /// The share of tokens on which the clipped term exceeds the unclipped one (TRL's `clipfrac`).
  public let clippedFraction: Scalar
  /// Half the mean squared log-ratio, an estimate of KL(old‖new) for small steps (k2).
  public let approximateKL: Scalar
  /// The probability ratio new/old of each token.
  public let ratios: [Scalar]

  /// The clipped surrogate of Schulman (2017), equation 7, negated to be minimised.
  ///
  ///     ρ = exp(log π − log π_old)        L = mean max(−A·ρ, −A·clip(ρ, 1 − ε, 1 + ε))
  public init(
    logProbabilities: [Scalar], old: [Scalar], advantages: [Scalar], clipRange: Scalar
  ) {
    precondition(
      logProbabilities.count == old.count && old.count == advantages.count && !old.isEmpty,
      "\(logProbabilities.count) new, \(old.count) old, \(advantages.count) advantages")
    let logRatios = zip(logProbabilities, old).map { $0 - $1 }
    ratios = logRatios.map { .exponential($0) }
    let unclipped = zip(ratios, advantages).map { -$1 * $0 }
    let clipped = zip(ratios, advantages).map {
      -$1 * Swift.min(Swift.max($0, 1 - clipRange), 1 + clipRange)
    }
    loss = mean(zip(unclipped, clipped).map { Swift.max($0, $1) })
    clippedFraction = mean(zip(unclipped, clipped).map { $1 > $0 ? 1 : 0 })
    approximateKL = mean(logRatios.map { $0 * $0 }) / 2
  }
}

/// PPO's clipped value loss on the value slots of a batch.
public struct ClippedValueLoss<Scalar: BLASScalar>: Sendable {
  /// Half the mean over slots of the larger of the unclipped and the clipped squared error.
  public let loss: Scalar
  /// The share of slots on which the clipped error exceeds the unclipped one.
  public let clippedFraction: Scalar

  /// The value loss of TRL and of Ziegler's code; it is not in Schulman (2017).
  ///
  ///     V_c = clip(V, V_old − c, V_old + c)        L = ½ mean max((V − R)², (V_c − R)²)
  public init(values: [Scalar], old: [Scalar], returns: [Scalar], clipRange: Scalar) {
    precondition(
      values.count == old.count && old.count == returns.count && !old.isEmpty,
      "\(values.count) values, \(old.count) old, \(returns.count) returns")
    let clippedValues = zip(values, old).map {
      Swift.min(Swift.max($0, $1 - clipRange), $1 + clipRange)
    }
    let unclipped = zip(values, returns).map { ($0 - $1) * ($0 - $1) }
    let clipped = zip(clippedValues, returns).map { ($0 - $1) * ($0 - $1) }
    loss = mean(zip(unclipped, clipped).map { Swift.max($0, $1) }) / 2
    clippedFraction = mean(zip(unclipped, clipped).map { $1 > $0 ? 1 : 0 })
  }
}

/// The mean, accumulated in double precision.
private func mean<Scalar: BLASScalar>(_ values: [Scalar]) -> Scalar {
  Scalar(Moments(values).mean)
}
