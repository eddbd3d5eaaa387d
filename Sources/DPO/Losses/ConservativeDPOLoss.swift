public import Autograd
import Foundation
import TensorKernels

/// Conservative DPO, Mitchell (2023): DPO's loss when a label is wrong with chance ε.
///
///     L = −(1 − ε)·log σ(β·h) − ε·log σ(−β·h)
///
/// The gradient vanishes at the finite margin h = log((1 − ε)/ε)/β. The official repository's loss
/// with `label_smoothing` and that of TRL's `sigmoid` up to 0.28; from 0.29 on TRL's `sigmoid`
/// ignores ε.
public struct ConservativeDPOLoss: PreferenceLoss {
  /// The strength of the pull towards the reference, written β.
  public var beta: Double
  /// The chance ε that a label is wrong.
  public var labelSmoothing: Double
  /// The divergence from the reference.
  public var divergence: FDivergence

  /// Creates the loss; without smoothing it is DPO's.
  public init(
    beta: Double = 0.1, labelSmoothing: Double, divergence: FDivergence = .reverseKL
  ) {
    (self.beta, self.labelSmoothing, self.divergence) = (beta, labelSmoothing, divergence)
  }

  /// log 2, whatever ε.
  public var lossAtReference: Double? { log(2) }

  /// The cross-entropy of σ(β·h) with the softened label of each pair.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    (Scalar(beta) * pairs.scoreMargin(divergence)).logisticLoss(labelSmoothing: labelSmoothing)
  }
}

extension PreferenceLossKind {
  /// DPO with softened labels; TRL's `sigmoid` with `label_smoothing` up to 0.28.
  public static let conservative = PreferenceLossKind(
    "cdpo",
    formula: "−(1 − ε)·log σ(z) − ε·log σ(−z) (TRL ≤ 0.28 sigmoid)",
    reads: PreferenceLossOptions.ofDivergences + [\.labelSmoothing]
  ) {
    ConservativeDPOLoss(
      beta: $0, labelSmoothing: $1.labelSmoothing ?? 0, divergence: $1.fDivergence)
  }
}
