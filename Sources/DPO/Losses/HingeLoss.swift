public import Autograd
import TensorKernels

/// The hinge of SLiC, Zhao (2023), on DPO's margin as in Liu (2023).
///
///     L = max(0, 1 − β·h)
///
/// A pair whose margin has reached 1/β teaches nothing more. TRL's `loss_type: hinge`.
public struct HingeLoss: PreferenceLoss {
  /// The inverse of the margin that is wanted.
  public var beta: Double
  /// The divergence from the reference.
  public var divergence: FDivergence

  /// Creates the loss; 0.1 is the default of TRL.
  public init(beta: Double = 0.1, divergence: FDivergence = .reverseKL) {
    (self.beta, self.divergence) = (beta, divergence)
  }

  /// 1.
  public var lossAtReference: Double? { 1 }

  /// max(0, 1 − β·h) of each pair.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    (1 - Scalar(beta) * pairs.scoreMargin(divergence)).clamped(0, .infinity)
  }
}

extension PreferenceLossKind {
  /// SLiC's hinge.
  public static let hinge = PreferenceLossKind(
    "hinge",
    formula: "max(0, 1 − z) (Zhao (2023))",
    reads: PreferenceLossOptions.ofDivergences
  ) {
    HingeLoss(beta: $0, divergence: $1.fDivergence)
  }
}
