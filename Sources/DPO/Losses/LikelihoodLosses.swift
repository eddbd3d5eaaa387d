public import Autograd
import TensorKernels

/// Preferred-FT, Rafailov (2023), section 6: supervised fine-tuning on the chosen completions.
///
///     L = −log π(y⁺) / mean |y⁺|
///
/// The mean over a batch is the cross-entropy of a chosen token. TRL's `loss_type: sft`.
public struct PreferredFTLoss: PreferenceLoss {
  /// The scale of the logged implicit rewards; the loss does not read it.
  public var beta: Double

  /// Creates the loss.
  public init(beta: Double = 0.1) { self.beta = beta }

  /// None: there is no reference.
  public var lossAtReference: Double? { nil }

  /// The tokens of each completion, and no reference.
  public var inputs: PreferenceInputs { .tokenCounts }

  /// The cross-entropy of each chosen completion, in units of the mean length.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    pairs.tokenCrossEntropies
  }
}

/// Unlikelihood, Rafailov (2023), appendix C.3, after Welleck (2019).
///
///     L = −log π(y⁺) + α·log π(y⁻)
///
/// DPO's gradient without its weight, which lets the model degenerate (their table 3): nothing
/// bounds the loss from below. The paper's sweep takes α of 0.05 to 1. No public trainer has it;
/// here `loss_type: unlikelihood`.
public struct UnlikelihoodLoss: PreferenceLoss {
  /// The scale of the logged implicit rewards; the loss does not read it.
  public var beta: Double
  /// The weight α of the rejected completion.
  public var weight: Double

  /// Creates the loss; the weight is one of the paper's sweep.
  public init(beta: Double = 0.1, weight: Double = 0.1) {
    (self.beta, self.weight) = (beta, weight)
  }

  /// None: there is no reference.
  public var lossAtReference: Double? { nil }

  /// Nothing beside the policy.
  public var inputs: PreferenceInputs { [] }

  /// −log π(y⁺) + α·log π(y⁻) of each pair.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    Scalar(weight) * pairs.policyRejected - pairs.policyChosen
  }
}

extension PreferenceLossKind {
  /// Preferred-FT: the likelihood of chosen completions.
  public static let sft = PreferenceLossKind(
    "sft",
    formula: "NLL(c) = −log π(c)/mean |c| (Preferred-FT)"
  ) { beta, _ in
    PreferredFTLoss(beta: beta)
  }

  /// Preferred-FT and the rejected likelihood pushed down.
  public static let unlikelihood = PreferenceLossKind(
    "unlikelihood",
    formula: "−log π(c) + α·log π(r) (Rafailov (2023), app. C.3)",
    reads: [\.unlikelihoodWeight]
  ) {
    UnlikelihoodLoss(beta: $0, weight: $1.unlikelihoodWeight ?? 0.1)
  }
}
