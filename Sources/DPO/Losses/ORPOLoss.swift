public import Autograd
import TensorKernels

/// Odds-ratio preference optimisation, Hong (2024), equation 6; it has no reference policy.
///
///     L = NLL(y⁺) − β·log σ(log odds(y⁺) − log odds(y⁻))
///     log odds(y) = ℓ − log(1 − e^ℓ)      ℓ = log π(y)/|y|
///
/// The paper writes λ for β. NLL is the cross-entropy of a chosen token; TRL's ORPO trainer counts
/// the tokens of the prompt in it, the paper does not, and neither does this. Infinite where a mean
/// log-probability is zero.
public struct ORPOLoss: PreferenceLoss {
  /// The weight of the odds ratio against the likelihood, the paper's λ.
  public var beta: Double

  /// Creates the loss; 0.1 is the default of TRL.
  public init(beta: Double = 0.1) { self.beta = beta }

  /// None: there is no reference.
  public var lossAtReference: Double? { nil }

  /// The tokens of each completion, and no reference.
  public var inputs: PreferenceInputs { .tokenCounts }

  /// log odds(y⁺) − log odds(y⁻) of each pair.
  public func logOddsRatios<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    logOdds(pairs.perChosenToken(pairs.policyChosen))
      - logOdds(pairs.perRejectedToken(pairs.policyRejected))
  }

  /// β·log σ of the log odds ratio of each pair: TRL's `losses`, which it subtracts from the NLL.
  public func oddsRatioTerms<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    Scalar(beta) * logOddsRatios(pairs).logSigmoid()
  }

  /// The likelihood and the odds ratio of each pair.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    pairs.tokenCrossEntropies - oddsRatioTerms(pairs)
  }

  private func logOdds<Scalar>(_ means: Tensor<Scalar>) -> Tensor<Scalar> {
    means - (1 - means.exponential()).logarithm()
  }
}

extension PreferenceLossKind {
  /// ORPO, without a reference.
  public static let orpo = PreferenceLossKind(
    "orpo",
    formula: "NLL(c) − β·log σ(log odds(c) − log odds(r)) (Hong (2024))"
  ) { beta, _ in
    ORPOLoss(beta: beta)
  }
}
