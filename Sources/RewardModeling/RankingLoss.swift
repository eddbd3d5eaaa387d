public import Autograd
import TensorKernels

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
