public import Autograd
import TensorKernels

/// Identity Preference Optimization, Azar (2023), equation 17.
///
///     L = (h − 1/(2β))²      h = log π(y⁺)/π₀(y⁺) − log π(y⁻)/π₀(y⁻)
///
/// The paper writes τ for β. The margin has a finite target, so labels without noise do not push
/// it to infinity as in DPO. On sums, as the paper and OpenRLHF; TRL's `ipo` divides each
/// log-probability by its number of tokens and so wants another β.
public struct IPOLoss: PreferenceLoss {
  /// The strength of the pull towards the reference, the paper's τ.
  public var beta: Double

  /// Creates the loss; 0.1 is the default of TRL.
  public init(beta: Double = 0.1) {
    self.beta = beta
  }

  /// (h − 1/(2β))² of each pair.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    (pairs.margin + Scalar(-1 / (2 * beta))).squared()
  }
}
