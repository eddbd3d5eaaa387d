public import Autograd
import TensorKernels

/// R-DPO, Park (2024): DPO for a reward that pays α for every token.
///
///     L = −log σ(β·h + α·|y⁺| − α·|y⁻|)
///
/// The optimum of E[r − α·|y|] − β·KL has r = β·log π/π₀ + α·|y| + constant, which replaces the
/// implicit reward. A pair won by the longer completion moves the policy less. Not in TRL; here
/// `loss_type: r_dpo`.
public struct LengthRegularizedDPOLoss: PreferenceLoss {
  /// The strength of the pull towards the reference, written β.
  public var beta: Double
  /// The reward α taken off for every token.
  public var lengthPenalty: Double
  /// The divergence from the reference.
  public var divergence: FDivergence

  /// Creates the loss; a hundredth of a nat a token is a first guess of ours.
  public init(
    beta: Double = 0.1, lengthPenalty: Double = 0.01, divergence: FDivergence = .reverseKL
  ) {
    (self.beta, self.lengthPenalty, self.divergence) = (beta, lengthPenalty, divergence)
  }

  /// None: −log σ(α·|y⁺| − α·|y⁻|) depends on the lengths.
  public var lossAtReference: Double? { nil }

  /// The reference and the tokens of each completion.
  public var inputs: PreferenceInputs { [.reference, .tokenCounts] }

  /// −log σ(β·h + α·(|y⁺| − |y⁻|)) of each pair.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    let logits = Scalar(beta) * pairs.scoreMargin(divergence)
    let lengths = zip(pairs.chosenTokens, pairs.rejectedTokens).map { Scalar($0 - $1) }
    return -logits.shifted(by: lengths.map { Scalar(lengthPenalty) * $0 }).logSigmoid()
  }
}

extension PreferenceLossKind {
  /// DPO with a price on length.
  public static let lengthRegularized = PreferenceLossKind(
    "r_dpo",
    formula: "−log σ(z + α·(|c| − |r|)) (Park (2024))",
    reads: PreferenceLossOptions.ofDivergences + [\.lengthPenalty]
  ) {
    LengthRegularizedDPOLoss(
      beta: $0, lengthPenalty: $1.lengthPenalty ?? 0.01, divergence: $1.fDivergence)
  }
}
