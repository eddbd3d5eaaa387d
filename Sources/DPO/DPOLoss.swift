public import Autograd
import TensorKernels

/// Direct Preference Optimization, Rafailov (2023), equation 7.
///
///     L = −log σ(β·h)      h = log π(y⁺)/π₀(y⁺) − log π(y⁻)/π₀(y⁻)
///     ∂L/∂log π(y⁺) = −β·σ(−β·h) = −∂L/∂log π(y⁻)                        (section 4)
///
/// log 2 where the policy equals the reference, and invariant to a constant added to both
/// log-ratios. TRL's `loss_type: sigmoid`.
public struct DPOLoss: PreferenceLoss {
  /// The strength of the pull towards the reference, written β.
  public var beta: Double

  /// Creates the loss; 0.1 is the default of the paper and of TRL.
  public init(beta: Double = 0.1) {
    self.beta = beta
  }

  /// −log σ(β·h) of each pair.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    -(Scalar(beta) * pairs.margin).logSigmoid()
  }
}
