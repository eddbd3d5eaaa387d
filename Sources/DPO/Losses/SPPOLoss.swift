public import Autograd
import TensorKernels

/// Self-play preference optimisation with hard labels, Wu (2024), equation 4.7.
///
///     L = (log π(y⁺)/π₀(y⁺) − 1/(2β))² + (log π(y⁻)/π₀(y⁻) + 1/(2β))²
///
/// Either log-ratio has a target of its own, and so a finite optimum. The paper's η is 1/β and its
/// win rate is 1 for the chosen and 0 for the rejected completion. TRL's `loss_type: sppo_hard`.
public struct SPPOLoss: PreferenceLoss {
  /// The strength of the pull towards the reference, written β.
  public var beta: Double

  /// Creates the loss; 0.1 is the default of TRL.
  public init(beta: Double = 0.1) { self.beta = beta }

  /// 1/(2β²).
  public var lossAtReference: Double? { 1 / (2 * beta * beta) }

  /// The two squared distances of each pair.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    let target = Scalar(0.5 / beta)
    return (pairs.chosenLogRatio - target).squared() + (pairs.rejectedLogRatio + target).squared()
  }
}

extension PreferenceLossKind {
  /// Self-play preference optimisation with hard labels.
  public static let sppo = PreferenceLossKind(
    "sppo_hard",
    formula: "(log-ratio(c) − ½/β)² + (log-ratio(r) + ½/β)² (Wu (2024))",
    reads: [\.supervisedWeight]
  ) { beta, _ in
    SPPOLoss(beta: beta)
  }
}
