public import Autograd
import Foundation

/// The divergence from the reference that a policy pays for, Wang (2023).
///
/// With r = β·f′(π/π₀) + constant, a log-ratio becomes the score f′(π/π₀) less f′(1), so that every
/// score is zero where the policy is the reference. The scores are those of TRL 1.16.0.
public enum FDivergence: Equatable, Sendable {
  /// KL(π‖π₀), the divergence of RLHF and DPO: the log-ratio itself.
  case reverseKL
  /// KL(π₀‖π): 1 − e^(−log π/π₀). It overflows below log-ratios of −88 in Float, of −709 in Double.
  case forwardKL
  /// Jensen–Shannon: log 2 + log σ(log π/π₀).
  case jensenShannon
  /// The α-divergence: (e^((α − 1)·log π/π₀) − 1)/(α − 1), the exponent at most 80 as in TRL.
  case alpha(Double)

  /// The score of each log-ratio.
  public func scores<Scalar>(_ logRatios: Tensor<Scalar>) -> Tensor<Scalar> {
    switch self {
    case .reverseKL: return logRatios
    case .forwardKL: return 1 - (-logRatios).exponential()
    case .jensenShannon: return logRatios.logSigmoid() + Scalar(log(2.0))
    case .alpha(let alpha):
      // At α = 1 the score tends to the log-ratio; TRL switches within 10⁻⁶.
      guard abs(alpha - 1) >= 1e-6 else { return logRatios }
      let exponent = (Scalar(alpha - 1) * logRatios).clamped(-.infinity, 80)
      return Scalar(1 / (alpha - 1)) * (exponent.exponential() - 1)
    }
  }
}

/// The divergences that a specification can name, under TRL's names.
public enum FDivergenceKind: String, Codable, Sendable, CaseIterable {
  /// KL(π‖π₀).
  case reverseKL = "reverse_kl"
  /// KL(π₀‖π).
  case forwardKL = "forward_kl"
  /// Jensen–Shannon.
  case jensenShannon = "js_divergence"
  /// The α-divergence with TRL's `f_alpha_divergence_coef`.
  case alpha = "alpha_divergence"

  /// The divergence, with its α where it has one.
  public func divergence(alpha: Double) -> FDivergence {
    switch self {
    case .reverseKL: .reverseKL
    case .forwardKL: .forwardKL
    case .jensenShannon: .jensenShannon
    case .alpha: .alpha(alpha)
    }
  }
}

extension PairLogProbabilities {
  /// The chosen completion's score less the rejected one's.
  func scoreMargin(_ divergence: FDivergence) -> Tensor<Scalar> {
    divergence.scores(chosenLogRatio) - divergence.scores(rejectedLogRatio)
  }

  /// The same with either score divided by the tokens of its completion.
  func tokenScoreMargin(_ divergence: FDivergence) -> Tensor<Scalar> {
    perChosenToken(divergence.scores(chosenLogRatio))
      - perRejectedToken(divergence.scores(rejectedLogRatio))
  }
}

extension Tensor {
  /// −(1 − ε)·log σ(x) − ε·log σ(−x): the cross-entropy of a label that is wrong with chance ε.
  func logisticLoss(labelSmoothing: Double) -> Tensor {
    guard labelSmoothing > 0 else { return -logSigmoid() }
    let right = Scalar(1 - labelSmoothing) * -logSigmoid()
    return right + Scalar(labelSmoothing) * -(-self).logSigmoid()
  }

  /// The logistic function, as e^(log σ(x)): between 0 and 1 for every finite value.
  func sigmoid() -> Tensor { logSigmoid().exponential() }
}
