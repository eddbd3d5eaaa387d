public import Autograd
import TensorKernels

/// Simple Preference Optimization, Meng (2024), equation 6; it has no reference policy.
///
///     L = −log σ(β/|y⁺|·log π(y⁺) − β/|y⁻|·log π(y⁻) − γ)
///
/// TRL's CPO trainer with `loss_type: simpo` and `cpo_alpha: 0`; its `label_smoothing` softens the
/// label as in cDPO.
public struct SimPOLoss: PreferenceLoss {
  /// The scale of the mean log-probabilities; the paper's grid is 2 to 10.
  public var beta: Double
  /// The margin γ that the chosen completion is to have; TRL's `simpo_gamma`.
  public var margin: Double
  /// The chance ε that a label is wrong.
  public var labelSmoothing: Double

  /// Creates the loss; 2 is the least of the paper's grid, 0.5 and 0 are the defaults of TRL.
  public init(beta: Double = 2, margin: Double = 0.5, labelSmoothing: Double = 0) {
    (self.beta, self.margin, self.labelSmoothing) = (beta, margin, labelSmoothing)
  }

  /// None: there is no reference.
  public var lossAtReference: Double? { nil }

  /// The tokens of each completion, and no reference.
  public var inputs: PreferenceInputs { .tokenCounts }

  /// The logistic loss of the mean log-probabilities of each pair.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    let means =
      pairs.perChosenToken(pairs.policyChosen) - pairs.perRejectedToken(pairs.policyRejected)
    return (Scalar(beta) * means - Scalar(margin)).logisticLoss(labelSmoothing: labelSmoothing)
  }
}

extension PreferenceLossKind {
  /// SimPO, without a reference.
  public static let simPO = PreferenceLossKind(
    "simpo",
    formula: "−log σ(β·(log π(c)/|c| − log π(r)/|r|) − γ), label smoothed (Meng (2024))",
    reads: [\.simPOMargin, \.cpoAlpha, \.labelSmoothing],
    likelihoodWeight: { $0.cpoAlpha ?? 0 }
  ) {
    SimPOLoss(
      beta: $0, margin: $1.simPOMargin ?? 0.5, labelSmoothing: $1.labelSmoothing ?? 0)
  }
}
