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
///   - count: Tokens of the whole minibatch.
///   - tape: The tape that holds the log-probabilities.
/// - Returns: The shard's part, a single number.
public func clippedPolicyLoss<Scalar: BLASScalar>(
  _ logProbabilities: Tensor<Scalar>, old: [Scalar], advantages: [Scalar], clipRange: Scalar,
  count: Int, on tape: Tape<Scalar>
) -> Tensor<Scalar> {
  let ratios = (logProbabilities - tape.column(old)).exponential()
  let costs = tape.column(advantages.map { -$0 })
  let clipped = costs * ratios.clamped(1 - clipRange, 1 + clipRange)
  return (1 / Scalar(count)) * (costs * ratios).maximum(clipped).sum()
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
