public import Autograd
import Foundation
import TensorKernels

/// Noise-contrastive alignment of pairs, Chen (2024), for two completions.
///
///     L = −log σ(r⁺) − ½·log σ(−r⁺) − ½·log σ(−r⁻)      r = β·log π/π₀
///
/// It pulls absolute implicit rewards, not only their difference, so that the chosen likelihood does
/// not fall with the margin. TRL's `loss_type: nca_pair`.
public struct NCALoss: PreferenceLoss {
  /// The strength of the pull towards the reference, written β.
  public var beta: Double

  /// Creates the loss; 0.1 is the default of TRL.
  public init(beta: Double = 0.1) { self.beta = beta }

  /// 2·log 2.
  public var lossAtReference: Double? { 2 * log(2) }

  /// The loss of each pair.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    let chosen = Scalar(beta) * pairs.chosenLogRatio
    let rejected = Scalar(beta) * pairs.rejectedLogRatio
    return -chosen.logSigmoid() - 0.5 * (-chosen).logSigmoid() - 0.5 * (-rejected).logSigmoid()
  }
}

extension PreferenceLossKind {
  /// Noise-contrastive alignment.
  public static let nca = PreferenceLossKind(
    "nca_pair",
    formula: "−log σ(c) − ½·log σ(−c) − ½·log σ(−r) of rewards (Chen (2024))",
    reads: [\.supervisedWeight]
  ) { beta, _ in
    NCALoss(beta: beta)
  }
}
