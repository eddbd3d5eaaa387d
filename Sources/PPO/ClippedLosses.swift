public import TensorKernels

/// PPO's clipped policy loss on the tokens of a batch, and what the ratios were.
///
/// Where ratios are those of whole completions, read completion for token.
public struct ClippedPolicyLoss<Scalar: BLASScalar>: Sendable {
  /// The mean over tokens of the larger of the unclipped and the clipped term.
  public let loss: Scalar
  /// The share of tokens on which the clipped term exceeds the unclipped one (TRL's `clipfrac`).
  public let clippedFraction: Scalar
  /// Half the mean squared log-ratio, an estimate of KL(old‖new) for small steps (k2).
  public let approximateKL: Scalar
  /// The probability ratio new/old of each token.
  public let ratios: [Scalar]
  /// The first ratio that overflowed, if one did.
  public let overflow: RatioOverflow?

  /// The clipped surrogate of Schulman (2017), equation 7, negated to be minimised.
  ///
  ///     ρ = exp(log π − log π_old)        L = mean max(−A·ρ, −A·clip(ρ, 1 − ε, 1 + ε))
  ///
  /// With a dual clip c > 1, Ye (2020), equation 5, the term of a negative advantage is at most
  /// −c·A. A term without an advantage is zero at any ratio.
  ///
  /// - Parameters:
  ///   - logProbabilities: log π of each token.
  ///   - old: log π of each token before the updates.
  ///   - advantages: The advantage of each token.
  ///   - clipRange: The half-width ε.
  ///   - dualClip: The bound c, if there is one.
  ///   - weights: What each term weighs; nil for a mean.
  public init(
    logProbabilities: [Scalar], old: [Scalar], advantages: [Scalar], clipRange: Scalar,
    dualClip: Scalar? = nil, weights: [Scalar]? = nil
  ) {
    precondition(
      logProbabilities.count == old.count && old.count == advantages.count && !old.isEmpty,
      "\(logProbabilities.count) new, \(old.count) old, \(advantages.count) advantages")
    let logRatios = zip(logProbabilities, old).map { $0 - $1 }
    ratios = logRatios.map { .exponential($0) }
    let unclipped = zip(ratios, advantages).map { $1 == 0 ? 0 : -$1 * $0 }
    let clipped = zip(ratios, advantages).map {
      -$1 * Swift.min(Swift.max($0, 1 - clipRange), 1 + clipRange)
    }
    let caps = policyTermCaps(advantages, dualClip: dualClip)
    let terms = zip(zip(unclipped, clipped), caps).map { Swift.min(Swift.max($0.0, $0.1), $1) }
    loss =
      weights.map { weights in
        Scalar(zip(weights, terms).reduce(0.0) { $0 + Double($1.0) * Double($1.1) })
      } ?? mean(terms)
    clippedFraction = mean(zip(unclipped, clipped).map { $1 > $0 ? 1 : 0 })
    approximateKL = mean(logRatios.map { $0 * $0 }) / 2
    overflow = ratios.firstIndex(of: .infinity).map {
      RatioOverflow(item: $0, logRatio: Double(logRatios[$0]))
    }
  }
}

/// The most that each term of the policy loss may be: −c·A where A < 0 under a dual clip c.
func policyTermCaps<Scalar: BLASScalar>(_ advantages: [Scalar], dualClip: Scalar?) -> [Scalar] {
  advantages.map { advantage in
    guard let dualClip, advantage < 0 else { return .infinity }
    return -dualClip * advantage
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
