public import Autograd
import TensorKernels

/// The ranking loss of a reward model, Rafailov (2023), equation 2, with an optional centring term.
///
///     L = −log σ(r⁺ − r⁻) + c·(r⁺ + r⁻)²
///
/// log 2 where the scores are equal. Bradley–Terry (1952) leaves a constant per prompt free; the
/// centring of Eisenstein (2023), TRL's `center_rewards_coefficient`, pins it softly.
public struct BradleyTerryLoss: Sendable {
  /// The weight c of the centring term; nil leaves it out.
  public var centeringCoefficient: Double?

  /// Creates the loss, without centring unless said otherwise.
  public init(centeringCoefficient: Double? = nil) {
    self.centeringCoefficient = centeringCoefficient
  }

  /// The loss of each pair, a row a pair, from columns of scores.
  public func pairLosses<Scalar>(
    chosen: Tensor<Scalar>, rejected: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    let ranking = -(chosen - rejected).logSigmoid()
    guard let centeringCoefficient else { return ranking }
    return ranking + Scalar(centeringCoefficient) * (chosen + rejected).squared()
  }

  /// The mean loss over the pairs.
  public func callAsFunction<Scalar>(
    chosen: Tensor<Scalar>, rejected: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    pairLosses(chosen: chosen, rejected: rejected).mean()
  }
}
