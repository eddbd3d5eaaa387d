public import Autograd
import Foundation
import TensorKernels

/// Direct Preference Optimization, Rafailov (2023), equation 7.
///
///     L = −log σ(β·h)      h = log π(y⁺)/π₀(y⁺) − log π(y⁻)/π₀(y⁻)
///     ∂L/∂log π(y⁺) = −β·σ(−β·h) = −∂L/∂log π(y⁻)                        (section 4)
///
/// log 2 where the policy equals the reference, and invariant to a constant added to both
/// log-ratios. TRL's `loss_type: sigmoid`. Under another divergence h is the difference of the
/// scores of ``FDivergence``, as in Wang (2023).
public struct DPOLoss: PreferenceLoss {
  /// The strength of the pull towards the reference, written β.
  public var beta: Double
  /// The divergence from the reference.
  public var divergence: FDivergence

  /// Creates the loss; 0.1 is the default of the paper and of TRL.
  public init(beta: Double = 0.1, divergence: FDivergence = .reverseKL) {
    (self.beta, self.divergence) = (beta, divergence)
  }

  /// log 2.
  public var lossAtReference: Double? { log(2) }

  /// −log σ(β·h) of each pair.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    -(Scalar(beta) * pairs.scoreMargin(divergence)).logSigmoid()
  }
}

extension PreferenceLossKind {
  /// DPO, Rafailov (2023), equation 7.
  public static let sigmoid = PreferenceLossKind(
    "sigmoid",
    formula: "−log σ(z) (Rafailov (2023), eq. 7)",
    reads: PreferenceLossOptions.ofDivergences
  ) {
    DPOLoss(beta: $0, divergence: $1.fDivergence)
  }
}
