public import Autograd
public import TensorKernels

/// The estimators of KL(π‖π₀) from one token that was drawn from π, Schulman (2020).
///
///     k1 = log π − log π₀        k2 = ½·(log π − log π₀)²        k3 = π₀/π − 1 + log π − log π₀
///
/// As values, k1 and k3 are unbiased and k2 is not. k1 may be negative and has the larger variance
/// near π = π₀; the other two never are. Schulman's note "Approximating KL divergence" names them;
/// TRL's `kl_estimator` has k1 and k3.
///
/// As losses (``KLPlacement/loss``) it is the other way round. Expectations over tokens y ~ π,
/// Schulman (2020) and Tang (2025), section 3:
///
///     E ∇k1 = 0        E ∇k2 = ∇KL(π‖π₀)        E ∇k3 = ∇KL(π₀‖π)
///
/// Hence k1 does nothing but add noise, and GRPO's k3 pulls along the other KL. Even k2 leaves out
/// that a token moves the states after it: its sum over tokens is not the gradient of the KL of
/// whole completions, unless they have one token. A KL in the reward has no such bias.
///
/// Another estimator is a case here and its formula in the two switches below it.
public enum KLEstimator: String, Codable, Sendable, CaseIterable {
  /// The log-ratio itself; the penalty of Ziegler (2019), equation 2.
  case k1
  /// Half the squared log-ratio: never negative, and biased by terms of third order.
  case k2
  /// The log-ratio with a control variate of mean zero.
  case k3

  /// The estimate from the log-probabilities of one sampled token, as a number.
  public func callAsFunction<Scalar: TensorScalar>(policy: Scalar, reference: Scalar) -> Scalar {
    let logRatio = reference - policy
    return switch self {
    case .k1: -logRatio
    case .k2: logRatio * logRatio / 2
    case .k3: .exponential(logRatio) - 1 - logRatio
    }
  }

  /// The same of every token on a tape, to be differentiated; `logRatios` are log π − log π₀.
  func callAsFunction<Scalar: TensorScalar>(logRatios: Tensor<Scalar>) -> Tensor<Scalar> {
    switch self {
    case .k1: logRatios
    case .k2: 0.5 * logRatios.squared()
    case .k3: (-logRatios).exponential() - 1 + logRatios
    }
  }

  /// The estimates for each token of a completion.
  public func callAsFunction<Scalar: TensorScalar>(
    policy: [Scalar], reference: [Scalar]
  ) -> [Scalar] {
    precondition(
      policy.count == reference.count,
      "\(policy.count) log-probabilities but \(reference.count) of the reference")
    return zip(policy, reference).map { self(policy: $0, reference: $1) }
  }
}

/// Where the KL penalty acts.
public enum KLPlacement: String, Codable, Sendable, CaseIterable {
  /// On the reward of each token, as a number; Ziegler (2019), equation 2.
  case reward
  /// In the loss, differentiated; Shao (2024), equation 3. See ``klLoss(_:reference:estimator:weights:on:)``.
  case loss
}

/// A shard's part of a KL penalty in the loss, on the tape, not yet weighed by β.
///
///     Σ wₜ·k(log πₜ, log π₀ₜ)        k one of k1, k2, k3, differentiated
///
/// What each of them pulls along stands at ``KLEstimator``.
///
/// - Parameters:
///   - logProbabilities: log π of the shard's tokens, a column.
///   - reference: log π₀ of the same tokens.
///   - estimator: Which of the three.
///   - weights: The weight of each token in the loss of the minibatch.
///   - tape: The tape that holds the log-probabilities.
/// - Returns: The loss, a single number, and the estimate of each token.
public func klLoss<Scalar: TensorScalar>(
  _ logProbabilities: Tensor<Scalar>, reference: [Scalar], estimator: KLEstimator,
  weights: [Scalar], on tape: Tape<Scalar>
) -> (loss: Tensor<Scalar>, estimates: [Scalar]) {
  let estimates = estimator(logRatios: logProbabilities - tape.column(reference))
  return (estimates.weightedSum(weights), estimates.values)
}

/// Whether the penalty's strength β stays or is steered.
public enum KLControl: String, Codable, Sendable, CaseIterable {
  /// β stays what it is, so that the optimum stays π₀·exp(r/β)/Z.
  case fixed
  /// β follows the KL with the proportional controller of Ziegler (2019), section 2.2.
  case adaptive
}

/// The strength β of the KL penalty, and how it answers the KL that a batch of rollouts shows.
public struct KLCoefficient: Sendable {
  /// The strength that the next rollouts are penalised with.
  public private(set) var value: Double
  private let control: KLControl
  private let target: Double
  private let horizon: Double

  /// Starts at the configuration's β.
  public init(_ configuration: PPOConfiguration) {
    value = configuration.klPenalty
    control = configuration.klControl
    target = configuration.klTarget
    horizon = configuration.klHorizon
  }

  /// Answers the mean KL of a batch of rollouts, Ziegler (2019), section 2.2.
  ///
  ///     e = clip(KL / target − 1, −0.2, 0.2)        β ← β·(1 + e·n / horizon)
  public mutating func adapt(toKL kl: Double, over rollouts: Int) {
    guard control == .adaptive else { return }
    let error = min(max(kl / target - 1, -0.2), 0.2)
    value *= 1 + error * Double(rollouts) / horizon
  }
}
