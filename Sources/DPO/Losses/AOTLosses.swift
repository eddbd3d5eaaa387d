public import Autograd
import Foundation
import TensorKernels

/// Alignment by optimal transport on pairs, Melnyk (2024).
///
///     L = −(1 − ε)·log σ(β·δᵢ) − ε·log σ(−β·δᵢ)      δ = sort(log π(y⁺) − log π(y⁻)) − sort(log π₀(y⁺) − log π₀(y⁻))
///
/// The policy's margins as a distribution are to dominate the reference's: both are sorted over the
/// batch, so that a row compares quantiles and belongs to no pair. TRL's `loss_type: aot`.
public struct AOTLoss: PreferenceLoss {
  /// The strength of the pull towards the reference, written β.
  public var beta: Double
  /// The chance ε that a label is wrong.
  public var labelSmoothing: Double

  /// Creates the loss with the defaults of TRL.
  public init(beta: Double = 0.1, labelSmoothing: Double = 0) {
    (self.beta, self.labelSmoothing) = (beta, labelSmoothing)
  }

  /// log 2.
  public var lossAtReference: Double? { log(2) }

  /// The reference, and all pairs at once.
  public var inputs: PreferenceInputs { [.reference, .wholeBatch] }

  /// The loss of each quantile, the lowest first.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    let policy = (pairs.policyChosen - pairs.policyRejected).sorted()
    let reference = (pairs.referenceChosen - pairs.referenceRejected).sorted()
    return (Scalar(beta) * (policy - reference)).logisticLoss(labelSmoothing: labelSmoothing)
  }
}

/// Alignment by optimal transport on unpaired completions, Melnyk (2024).
///
///     L = −(1 − ε)·log σ(β·δᵢ) − ε·log σ(−β·δᵢ)      δ = sort(log π(y⁺)/π₀(y⁺)) − sort(log π(y⁻)/π₀(y⁻))
///
/// The log-ratios of chosen completions are to dominate those of rejected ones, quantile by quantile.
/// TRL's `loss_type: aot_unpaired`.
public struct AOTUnpairedLoss: PreferenceLoss {
  /// The strength of the pull towards the reference, written β.
  public var beta: Double
  /// The chance ε that a label is wrong.
  public var labelSmoothing: Double

  /// Creates the loss with the defaults of TRL.
  public init(beta: Double = 0.1, labelSmoothing: Double = 0) {
    (self.beta, self.labelSmoothing) = (beta, labelSmoothing)
  }

  /// log 2.
  public var lossAtReference: Double? { log(2) }

  /// The reference, and all pairs at once.
  public var inputs: PreferenceInputs { [.reference, .wholeBatch] }

  /// The loss of each quantile, the lowest first.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    let margins = pairs.chosenLogRatio.sorted() - pairs.rejectedLogRatio.sorted()
    return (Scalar(beta) * margins).logisticLoss(labelSmoothing: labelSmoothing)
  }
}

extension Tensor {
  /// The rows of a column in ascending order; equal ones keep theirs.
  fileprivate func sorted() -> Tensor {
    let values = values
    return rows(values.indices.sorted { (values[$0], $0) < (values[$1], $1) })
  }
}

extension PreferenceLossKind {
  /// Optimal transport between margins.
  public static let aot = PreferenceLossKind(
    "aot",
    formula: "cDPO on sorted policy less sorted reference margins (Melnyk (2024))",
    reads: [\.labelSmoothing, \.supervisedWeight]
  ) {
    AOTLoss(beta: $0, labelSmoothing: $1.labelSmoothing ?? 0)
  }

  /// Optimal transport between log-ratios.
  public static let aotUnpaired = PreferenceLossKind(
    "aot_unpaired",
    formula: "cDPO on sorted c less sorted r log-ratios (Melnyk (2024))",
    reads: [\.labelSmoothing, \.supervisedWeight]
  ) {
    AOTUnpairedLoss(beta: $0, labelSmoothing: $1.labelSmoothing ?? 0)
  }
}
