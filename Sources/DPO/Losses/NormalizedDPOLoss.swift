public import Autograd
import Foundation
import TensorKernels

/// DPO on log-ratios per token, the `dpo_norm` of Lambert (2024).
///
///     L = −log σ(β·h̄)      h̄ = log π(y⁺)/π₀(y⁺) / |y⁺| − log π(y⁻)/π₀(y⁻) / |y⁻|
///
/// Since h̄ is smaller than h by about the length, it wants a β larger by about as much: Lambert
/// (2024) takes 5. TRL's `loss_type: sigmoid_norm`.
public struct NormalizedDPOLoss: PreferenceLoss {
  /// The strength of the pull towards the reference, per token.
  public var beta: Double
  /// The divergence from the reference.
  public var divergence: FDivergence

  /// Creates the loss; 0.1 is the default of TRL.
  public init(beta: Double = 0.1, divergence: FDivergence = .reverseKL) {
    (self.beta, self.divergence) = (beta, divergence)
  }

  /// log 2.
  public var lossAtReference: Double? { log(2) }

  /// The reference and the tokens of each completion.
  public var inputs: PreferenceInputs { [.reference, .tokenCounts] }

  /// −log σ(β·h̄) of each pair.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    -(Scalar(beta) * pairs.tokenScoreMargin(divergence)).logSigmoid()
  }
}

extension PreferenceLossKind {
  /// DPO on log-ratios per token.
  public static let sigmoidNorm = PreferenceLossKind(
    "sigmoid_norm",
    formula: "−log σ(β·(score(c)/|c| − score(r)/|r|)) (Lambert (2024))",
    reads: PreferenceLossOptions.ofDivergences
  ) {
    NormalizedDPOLoss(beta: $0, divergence: $1.fDivergence)
  }
}
