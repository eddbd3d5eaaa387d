public import Autograd
public import TensorKernels

/// A shard's part of a KL penalty in the loss, on the tape, not yet weighed by β.
///
///     Σ wₜ·k(log πₜ, log π₀ₜ)        k one of k1, k2, k3, differentiated
///
/// Expectations over tokens y ~ π, Schulman (2020) and Tang (2025), section 3:
///
///     E ∇k1 = 0        E ∇k2 = ∇KL(π‖π₀)        E ∇k3 = ∇KL(π₀‖π)
///
/// Hence k1 does nothing but add noise, and GRPO's k3 pulls along the other KL. Even k2 leaves out
/// that a token moves the states after it: its sum over tokens is not the gradient of the KL of
/// whole completions, unless they have one token. A KL in the reward has no such bias.
///
/// - Parameters:
///   - logProbabilities: log π of the shard's tokens, a column.
///   - reference: log π₀ of the same tokens.
///   - estimator: Which of the three.
///   - weights: The weight of each token in the loss of the minibatch.
///   - tape: The tape that holds the log-probabilities.
/// - Returns: The shard's part, a single number.
public func klLoss<Scalar: BLASScalar>(
  _ logProbabilities: Tensor<Scalar>, reference: [Scalar], estimator: KLEstimator,
  weights: [Scalar], on tape: Tape<Scalar>
) -> Tensor<Scalar> {
  let logRatios = logProbabilities - tape.column(reference)
  let terms =
    switch estimator {
    case .k1: logRatios
    case .k2: 0.5 * logRatios.squared()
    case .k3: (-logRatios).exponential() - 1 + logRatios
    }
  return terms.weightedSum(weights)
}

/// A shard's part of the entropy of the next-token distributions, on the tape.
///
///     Σ wₜ·Hₜ        H = −Σᵥ pᵥ·log pᵥ        p = softmax(z/T)        ∂H/∂zᵥ = −pᵥ·(log pᵥ + H)/T
///
/// The value is the exact entropy over the vocabulary and the derivative is written out: the tape
/// sees a weighted sum of logits whose weights are constants, lifted to the right value.
///
/// - Parameters:
///   - logits: The logits z of the shard's tokens, tokens × vocabulary.
///   - temperature: T, which the policy's probabilities have.
///   - weights: The weight of each token in the loss of the minibatch.
/// - Returns: The shard's part, a single number.
public func weightedEntropy<Scalar: BLASScalar>(
  logits: Tensor<Scalar>, temperature: Scalar, weights: [Scalar]
) -> Tensor<Scalar> {
  let (values, width) = (logits.values, logits.shape.columns)
  precondition(weights.count == logits.shape.rows, "\(weights.count) weights for \(logits.shape)")
  var slopes = [Scalar](repeating: 0, count: values.count)
  var total: Scalar = 0
  for (row, weight) in weights.enumerated() {
    let scaled = values[row * width..<(row + 1) * width].map { $0 / temperature }
    let logProbabilities = logSoftmax(scaled)
    let entropy = -logProbabilities.reduce(0) { $0 + Scalar.exponential($1) * $1 }
    total += weight * entropy
    for (column, logProbability) in logProbabilities.enumerated() {
      slopes[row * width + column] =
        -weight * Scalar.exponential(logProbability) * (logProbability + entropy) / temperature
    }
  }
  let linear = logits.weightedSum(slopes)
  return linear + (total - linear.item)
}

/// The logarithms of softmax probabilities, without overflow.
func logSoftmax<Scalar: BLASScalar>(_ logits: [Scalar]) -> [Scalar] {
  let largest = logits.max() ?? 0
  let sum: Scalar = logits.reduce(0) { $0 + Scalar.exponential($1 - largest) }
  return logits.map { $0 - largest - Scalar.logarithm(sum) }
}
