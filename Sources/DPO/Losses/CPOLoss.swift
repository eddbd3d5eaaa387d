public import Autograd
import TensorKernels

/// Contrastive Preference Optimization, Xu (2024), equation 3; it has no reference policy.
///
///     L = −log σ(β·log π(y⁺) − β·log π(y⁻))
///
/// The paper adds the negative log-likelihood of the chosen completion: join ``SupervisedTermLoss``
/// with a weight of one, TRL's `cpo_alpha`. `label_smoothing` softens the label as in cDPO.
public struct CPOLoss: PreferenceLoss {
  /// The scale of the log-probabilities.
  public var beta: Double
  /// The chance ε that a label is wrong.
  public var labelSmoothing: Double

  /// Creates the loss with the defaults of TRL.
  public init(beta: Double = 0.1, labelSmoothing: Double = 0) {
    (self.beta, self.labelSmoothing) = (beta, labelSmoothing)
  }

  /// None: there is no reference.
  public var lossAtReference: Double? { nil }

  /// Nothing beside the policy.
  public var inputs: PreferenceInputs { [] }

  /// The logistic loss of the log-probabilities of each pair.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    (Scalar(beta) * (pairs.policyChosen - pairs.policyRejected))
      .logisticLoss(labelSmoothing: labelSmoothing)
  }
}

extension PreferenceLossKind {
  /// CPO, without a reference.
  public static let cpo = PreferenceLossKind(
    "cpo",
    formula: "−log σ(β·(log π(c) − log π(r))) + cpo_alpha·NLL(c) (Xu (2024))",
    reads: [\.cpoAlpha, \.labelSmoothing],
    likelihoodWeight: { $0.cpoAlpha ?? 1 }
  ) {
    CPOLoss(beta: $0, labelSmoothing: $1.labelSmoothing ?? 0)
  }
}
