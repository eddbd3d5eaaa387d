public import Autograd
import Foundation
import TensorKernels

/// The discovered loss of Lu (2024), equation 5, their log-ratio modulated loss.
///
///     L = (1 − m)·−log σ(z) + m·e^(−z)      z = β·h,  m = σ(z/τ)
///
/// m·e^(−z) is computed as e^(log m − z), which stays finite where e^(−z) alone overflows. It is not
/// convex. TRL's `loss_type: discopop`.
public struct DiscoPOPLoss: PreferenceLoss {
  /// The strength of the pull towards the reference, written β.
  public var beta: Double
  /// The temperature τ of the mixture; the paper and TRL take 0.05.
  public var temperature: Double
  /// The divergence from the reference.
  public var divergence: FDivergence

  /// Creates the loss with the defaults of TRL.
  public init(
    beta: Double = 0.1, temperature: Double = 0.05, divergence: FDivergence = .reverseKL
  ) {
    (self.beta, self.temperature, self.divergence) = (beta, temperature, divergence)
  }

  /// ½·log 2 + ½.
  public var lossAtReference: Double? { 0.5 * log(2) + 0.5 }

  /// The mixture of the logistic and the exponential loss of each pair.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    let logits = Scalar(beta) * pairs.scoreMargin(divergence)
    let modulation = Scalar(1 / temperature) * logits
    let logistic = -logits.logSigmoid() * (-modulation).sigmoid()
    return logistic + (modulation.logSigmoid() - logits).exponential()
  }
}

extension PreferenceLossKind {
  /// The discovered loss.
  public static let discoPOP = PreferenceLossKind(
    "discopop",
    formula: "(1 − m)·−log σ(z) + m·e^(−z), m = σ(z/τ) (Lu (2024), eq. 5)",
    reads: PreferenceLossOptions.ofDivergences + [\.discoPOPTemperature]
  ) {
    DiscoPOPLoss(
      beta: $0, temperature: $1.discoPOPTemperature ?? 0.05, divergence: $1.fDivergence)
  }
}
