public import Autograd
import TensorKernels

/// The ranking loss of a reward model, Rafailov (2023), equation 2, with an optional margin and an
/// optional centring term.
///
///     L = −log σ(r⁺ − r⁻ − m) + c·(r⁺ + r⁻)²
///
/// log 2 where the scores are equal and there is no margin. Bradley–Terry (1952) leaves a constant
/// per prompt free; the centring of Eisenstein (2023), TRL's `center_rewards_coefficient`, pins it
/// softly. The margin is that of Touvron (2023), equation 2, larger for clearer preferences.
public struct BradleyTerryLoss: Sendable {
  /// The weight c of the centring term; nil leaves it out.
  public var centeringCoefficient: Double?

  /// Creates the loss, without centring unless said otherwise.
  public init(centeringCoefficient: Double? = nil) {
    self.centeringCoefficient = centeringCoefficient
  }

  /// The loss of each pair, a row a pair, from columns of scores and, if wanted, margins m.
  public func pairLosses<Scalar>(
    chosen: Tensor<Scalar>, rejected: Tensor<Scalar>, margins: [Double]? = nil
  ) -> Tensor<Scalar> {
    let differences = chosen - rejected
    let wanted = margins.map { $0.map { -Scalar($0) } }
    let ranking = -(wanted.map(differences.shifted(by:)) ?? differences).logSigmoid()
    guard let centeringCoefficient else { return ranking }
    return ranking + Scalar(centeringCoefficient) * (chosen + rejected).squared()
  }

  /// The mean loss over the pairs.
  public func callAsFunction<Scalar>(
    chosen: Tensor<Scalar>, rejected: Tensor<Scalar>, margins: [Double]? = nil
  ) -> Tensor<Scalar> {
    pairLosses(chosen: chosen, rejected: rejected, margins: margins).mean()
  }
}
