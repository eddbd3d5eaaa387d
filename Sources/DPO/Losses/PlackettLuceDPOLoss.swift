public import Autograd
import Foundation
import TensorKernels

/// DPO over rankings of K completions, Rafailov (2023), equation 20.
///
///     L = −Σₖ (rₖ − log Σ_{j≥k} e^{rⱼ})      rₖ = β·log π(yₖ)/π₀(yₖ), the best completion first
///
/// Plackett (1975) and Luce (1959) draw the places one after another, each among those that are
/// left. Two completions give DPO's loss, and log K! holds where the policy is the reference. TRL
/// has no full ranking; here `loss_type: plackett_luce`.
public struct PlackettLuceDPOLoss: Sendable {
  /// The strength of the pull towards the reference, written β.
  public var beta: Double

  /// Creates the loss; 0.1 is DPO's default.
  public init(beta: Double = 0.1) { self.beta = beta }

  /// log K!, the loss of every ranking of K completions where the policy is the reference.
  public func lossAtReference(places: Int) -> Double {
    (1...max(1, places)).reduce(0) { $0 + log(Double($1)) }
  }

  /// The loss of each ranking, a row a ranking; `logRatios` holds a column for each place.
  public func rankingLosses<Scalar>(_ logRatios: [Tensor<Scalar>]) -> Tensor<Scalar> {
    precondition(logRatios.count >= 2, "a ranking of \(logRatios.count) completions")
    let rewards = logRatios.map { Scalar(beta) * $0 }
    var loss = -(rewards[rewards.count - 2] - rewards[rewards.count - 1]).logSigmoid()
    var remaining = logSumExp(rewards[rewards.count - 2], rewards[rewards.count - 1])
    for reward in rewards.dropLast(2).reversed() {
      // −(r − log(eʳ + eˢ)) = −log σ(r − s), where s is the log-sum of what is left.
      loss = loss - (reward - remaining).logSigmoid()
      remaining = logSumExp(reward, remaining)
    }
    return loss
  }

  /// log(eᵃ + eᵇ) = a − log σ(a − b), without overflow.
  private func logSumExp<Scalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
    a - (a - b).logSigmoid()
  }
}

extension PreferenceLossKind {
  /// DPO over rankings of two or more completions; as a loss of pairs that of two places.
  public static let plackettLuce = PreferenceLossKind(
    "plackett_luce",
    labels: .rankings,
    formula: "−log σ(z) for two completions (Rafailov (2023), eq. 20)"
  ) {
    DPOLoss(beta: $0, divergence: $1.fDivergence)
  }
}
