public import Autograd
import Foundation
import TensorKernels

/// Efficient Exact Optimization on pairs, Ji (2024), equation 16.
///
///     L = KL(p‖t) = p⁺·(log p⁺ − log(1 − ε)) + p⁻·(log p⁻ − log ε)      p⁺ = σ(β·h) = 1 − p⁻
///
/// The divergence of the policy's preference from a label t = (1 − ε, ε), in the direction that
/// RLHF minimises. TRL's `loss_type: exo_pair`, which wants ε > 0 and takes 10⁻³ for 0.
public struct EXOLoss: PreferenceLoss {
  /// The strength of the pull towards the reference, the paper's βπ.
  public var beta: Double
  /// The chance ε that a label is wrong, above zero.
  public let labelSmoothing: Double
  /// The divergence from the reference.
  public var divergence: FDivergence

  /// Creates the loss; an ε of zero becomes 10⁻³, as in TRL.
  public init(
    beta: Double = 0.1, labelSmoothing: Double = 1e-3, divergence: FDivergence = .reverseKL
  ) {
    (self.beta, self.divergence) = (beta, divergence)
    self.labelSmoothing = labelSmoothing > 0 ? labelSmoothing : 1e-3
  }

  /// −log 2 − ½·log(ε·(1 − ε)).
  public var lossAtReference: Double? {
    -log(2) - 0.5 * log(labelSmoothing * (1 - labelSmoothing))
  }

  /// KL(p‖t) of each pair.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    let logits = Scalar(beta) * pairs.scoreMargin(divergence)
    let (won, lost) = (logits.logSigmoid(), (-logits).logSigmoid())
    return won.exponential() * (won - Scalar(log1p(-labelSmoothing)))
      + lost.exponential() * (lost - Scalar(log(labelSmoothing)))
  }
}

extension PreferenceLossKind {
  /// Efficient exact optimisation.
  public static let exo = PreferenceLossKind(
    "exo_pair",
    formula: "KL((σ(z), σ(−z)) ‖ (1 − ε, ε)), ε = 0.001 for 0 (Ji (2024), eq. 16)",
    reads: PreferenceLossOptions.ofDivergences + [\.labelSmoothing]
  ) {
    EXOLoss(beta: $0, labelSmoothing: $1.labelSmoothing ?? 0, divergence: $1.fDivergence)
  }
}
