public import Autograd
import Foundation
import TensorKernels

/// Binary classifier optimisation, Jung (2024).
///
///     L = −log σ(r⁺ − δ) − log σ(−(r⁻ − δ))      r = β·log π/π₀
///
/// A classifier of single completions by their implicit reward, which bounds DPO's loss from above.
/// The paper shifts by the running mean δ of all rewards; TRL's `loss_type: bco_pair` of 1.16.0 does
/// not, hence zero unless given.
public struct BCOLoss: PreferenceLoss {
  /// The strength of the pull towards the reference, written β.
  public var beta: Double
  /// The reward δ that separates good from bad.
  public var rewardShift: Double

  /// Creates the loss; 0.1 and no shift are the defaults of TRL.
  public init(beta: Double = 0.1, rewardShift: Double = 0) {
    (self.beta, self.rewardShift) = (beta, rewardShift)
  }

  /// −log σ(−δ) − log σ(δ), 2·log 2 without a shift.
  public var lossAtReference: Double? { 2 * log1p(exp(-abs(rewardShift))) + abs(rewardShift) }

  /// The loss of the two completions of each pair.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    let chosen = Scalar(beta) * pairs.chosenLogRatio - Scalar(rewardShift)
    let rejected = Scalar(beta) * pairs.rejectedLogRatio - Scalar(rewardShift)
    return -chosen.logSigmoid() - (-rejected).logSigmoid()
  }
}

extension PreferenceLossKind {
  /// Binary classifier optimisation.
  public static let bco = PreferenceLossKind(
    "bco_pair",
    formula: "−log σ(c) − log σ(−r) of rewards, no shift (Jung (2024))",
    reads: [\.supervisedWeight]
  ) { beta, _ in
    BCOLoss(beta: beta)
  }
}
