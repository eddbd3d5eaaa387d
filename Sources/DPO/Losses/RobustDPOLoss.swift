public import Autograd
import Foundation
import TensorKernels

/// Robust DPO, Chowdhury (2024): an unbiased estimate of DPO's loss on clean labels.
///
///     L = (−(1 − ε)·log σ(β·h) + ε·log σ(−β·h)) / (1 − 2ε)
///
/// The mean over labels that are flipped with chance ε is DPO's loss on the unflipped ones; a single
/// pair's may be negative. TRL's `loss_type: robust`.
public struct RobustDPOLoss: PreferenceLoss {
  /// The strength of the pull towards the reference, written β.
  public var beta: Double
  /// The chance ε < ½ that a label was flipped.
  public var labelSmoothing: Double
  /// The divergence from the reference.
  public var divergence: FDivergence

  /// Creates the loss; without smoothing it is DPO's.
  public init(
    beta: Double = 0.1, labelSmoothing: Double, divergence: FDivergence = .reverseKL
  ) {
    precondition(labelSmoothing < 0.5, "flips of \(labelSmoothing) leave no preference to learn")
    (self.beta, self.labelSmoothing, self.divergence) = (beta, labelSmoothing, divergence)
  }

  /// log 2, whatever ε.
  public var lossAtReference: Double? { log(2) }

  /// The loss of each pair's label as it would be without flips.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    let logits = Scalar(beta) * pairs.scoreMargin(divergence)
    let scale = 1 / (1 - 2 * labelSmoothing)
    let clean = Scalar((labelSmoothing - 1) * scale) * logits.logSigmoid()
    return clean + Scalar(labelSmoothing * scale) * (-logits).logSigmoid()
  }
}

extension PreferenceLossKind {
  /// DPO unbiased by flipped labels.
  public static let robust = PreferenceLossKind(
    "robust",
    formula: "(−(1 − ε)·log σ(z) + ε·log σ(−z))/(1 − 2ε) (Chowdhury (2024))",
    reads: PreferenceLossOptions.ofDivergences + [\.labelSmoothing]
  ) {
    RobustDPOLoss(
      beta: $0, labelSmoothing: $1.labelSmoothing ?? 0, divergence: $1.fDivergence)
  }
}
