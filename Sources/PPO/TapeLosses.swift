public import Autograd
public import TensorKernels

/// A shard's part of the clipped policy loss, Schulman (2017), equation 7, on the tape.
///
///     Σ over the shard's tokens of max(−A·ρ, −A·clip(ρ, 1 − ε, 1 + ε)) / tokens of the minibatch
///
/// Over the shards of a minibatch it adds up to `ClippedPolicyLoss.loss`.
///
/// - Parameters:
///   - logProbabilities: log π of the shard's tokens, a column.
///   - old: log π of the same tokens before the updates.
///   - advantages: Their advantages.
///   - clipRange: The half-width ε.
///   - dualClip: The bound c of Ye (2020), equation 5, on terms of negative advantages.
///   - count: Tokens of the whole minibatch.
///   - tape: The tape that holds the log-probabilities.
/// - Returns: The shard's part, a single number.
public func clippedPolicyLoss<Scalar: BLASScalar>(
  _ logProbabilities: Tensor<Scalar>, old: [Scalar], advantages: [Scalar], clipRange: Scalar,
  dualClip: Scalar? = nil, count: Int, on tape: Tape<Scalar>
) -> Tensor<Scalar> {
  let terms = clippedTerms(
    logProbabilities - tape.column(old), advantages, clipRange, dualClip, on: tape)
  return (1 / Scalar(count)) * terms.sum()
}

/// A shard's part of the policy loss, its terms weighed one by one, on the tape.
///
///     Σ wᵢ·max(−Aᵢ·ρᵢ, −Aᵢ·clip(ρᵢ, 1 − ε, 1 + ε))        i a token or a completion
///
/// - Parameters:
///   - logRatios: log π − log π_old of each term, a column.
///   - advantages: The advantage of each term.
///   - clipRange: The half-width ε.
///   - dualClip: The bound c of Ye (2020), equation 5.
///   - weights: The weight of each term in the loss of the minibatch.
///   - tape: The tape that holds the log-ratios.
/// - Returns: The shard's part, a single number.
public func clippedPolicyLoss<Scalar: BLASScalar>(
  logRatios: Tensor<Scalar>, advantages: [Scalar], clipRange: Scalar, dualClip: Scalar? = nil,
  weights: [Scalar], on tape: Tape<Scalar>
) -> Tensor<Scalar> {
  clippedTerms(logRatios, advantages, clipRange, dualClip, on: tape).weightedSum(weights)
}

/// The terms of the clipped policy loss.
///
/// A ratio that overflows is harmless where its term is clipped anyway; there the log-ratio is held
/// at the largest one, since an infinite ratio times a derivative of zero is no number. Where it is
/// not clipped the term overflows, and the run has diverged.
private func clippedTerms<Scalar: BLASScalar>(
  _ logRatios: Tensor<Scalar>, _ advantages: [Scalar], _ clipRange: Scalar, _ dualClip: Scalar?,
  on tape: Tape<Scalar>
) -> Tensor<Scalar> {
  let largest: [Scalar] = advantages.map {
    $0 >= 0 || dualClip != nil ? largestLogRatio() : .infinity
  }
  let none = [Scalar](repeating: -.infinity, count: largest.count)
  let ratios = logRatios.clamped(none, largest).exponential()
  let costs = tape.column(advantages.map { -$0 })
  let clipped = costs * ratios.clamped(1 - clipRange, 1 + clipRange)
  let terms = (costs * ratios).maximum(clipped)
  guard dualClip != nil else { return terms }
  let caps = policyTermCaps(advantages, dualClip: dualClip).map {
    Swift.min($0, .greatestFiniteMagnitude)
  }
  return terms.minimum(tape.column(caps))
}

/// A shard's part of the clipped value loss, on the tape.
///
///     Σ over the shard's slots of ½ max((V − R)², (V_c − R)²) / slots of the minibatch
///
/// Over the shards of a minibatch it adds up to `ClippedValueLoss.loss`.
///
/// - Parameters:
///   - values: V of the shard's slots, a column.
///   - old: V of the same slots before the updates.
///   - returns: What the values should be.
///   - clipRange: The half-width around the old values.
///   - count: Slots of the whole minibatch.
///   - tape: The tape that holds the values.
/// - Returns: The shard's part, a single number.
public func clippedValueLoss<Scalar: BLASScalar>(
  _ values: Tensor<Scalar>, old: [Scalar], returns: [Scalar], clipRange: Scalar, count: Int,
  on tape: Tape<Scalar>
) -> Tensor<Scalar> {
  let targets = tape.column(returns)
  let clipped = values.clamped(old.map { $0 - clipRange }, old.map { $0 + clipRange })
  let errors = (values - targets).squared().maximum((clipped - targets).squared())
  return (0.5 / Scalar(count)) * errors.sum()
}
