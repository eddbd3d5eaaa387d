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

/// How a reward model learns from the completions of one prompt at once.
public enum RankingLoss: String, Codable, Sendable, CaseIterable {
  /// The mean of the Bradley–Terry losses of all K·(K − 1)/2 pairs, Ouyang (2022), equation 1.
  case pairs
  /// The Plackett–Luce loss of the whole order, Rafailov (2023), equation 18.
  case plackettLuce = "plackett_luce"

  /// The loss of each ranking, a row a ranking; `scores` holds a column for each place, the best
  /// first.
  ///
  ///     pairs           2/(K·(K − 1))·Σ_{i<j} −log σ(rᵢ − rⱼ)
  ///     plackett_luce   −Σₖ (rₖ − log Σ_{j≥k} e^{rⱼ})
  ///
  /// Two completions give the Bradley–Terry loss either way. Where all scores are equal they are
  /// log 2 and log K!.
  public func rankingLosses<Scalar>(_ scores: [Tensor<Scalar>]) -> Tensor<Scalar> {
    precondition(scores.count >= 2, "a ranking of \(scores.count) completions")
    switch self {
    case .pairs: return meanPairLosses(scores)
    case .plackettLuce: return orderLosses(scores)
    }
  }

  private func meanPairLosses<Scalar>(_ scores: [Tensor<Scalar>]) -> Tensor<Scalar> {
    var losses: [Tensor<Scalar>] = []
    for (place, better) in scores.enumerated() {
      losses += scores[(place + 1)...].map { -(better - $0).logSigmoid() }
    }
    return (1 / Scalar(losses.count)) * losses.dropFirst().reduce(losses[0], +)
  }

  private func orderLosses<Scalar>(_ scores: [Tensor<Scalar>]) -> Tensor<Scalar> {
    var remaining = scores[scores.count - 1]
    var loss: Tensor<Scalar>?
    for score in scores.dropLast().reversed() {
      // −(r − log(eʳ + eˢ)) = −log σ(r − s), where s is the log-sum of what is left.
      let choice = -(score - remaining).logSigmoid()
      loss = loss.map { $0 + choice } ?? choice
      remaining = score - (score - remaining).logSigmoid()
    }
    return loss ?? remaining
  }
}
