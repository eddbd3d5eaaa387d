public import Autograd
import TensorKernels

/// Anchored preference optimisation for chosen completions that are better than the model's,
/// D'Oosterlinck (2024), equation 7.
///
///     L = (1 − σ(r⁺)) + σ(r⁻)      r = β·log π/π₀
///
/// It raises the likelihood of chosen and lowers that of rejected completions. TRL's
/// `loss_type: apo_zero`.
public struct APOZeroLoss: PreferenceLoss {
  /// The strength of the pull towards the reference, written β.
  public var beta: Double

  /// Creates the loss; 0.1 is the default of TRL.
  public init(beta: Double = 0.1) { self.beta = beta }

  /// 1.
  public var lossAtReference: Double? { 1 }

  /// (1 − σ(r⁺)) + σ(r⁻) of each pair.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    // 1 − σ(x) is σ(−x).
    (Scalar(-beta) * pairs.chosenLogRatio).sigmoid()
      + (Scalar(beta) * pairs.rejectedLogRatio).sigmoid()
  }
}

/// Anchored preference optimisation for chosen completions that are worse than the model's,
/// D'Oosterlinck (2024), equation 8.
///
///     L = σ(r⁺) + (1 − σ(r⁺ − r⁻))      r = β·log π/π₀
///
/// It lowers both likelihoods, that of rejected completions more. TRL's `loss_type: apo_down`.
public struct APODownLoss: PreferenceLoss {
  /// The strength of the pull towards the reference, written β.
  public var beta: Double

  /// Creates the loss; 0.1 is the default of TRL.
  public init(beta: Double = 0.1) { self.beta = beta }

  /// 1.
  public var lossAtReference: Double? { 1 }

  /// σ(r⁺) + (1 − σ(r⁺ − r⁻)) of each pair.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    (Scalar(beta) * pairs.chosenLogRatio).sigmoid() + (Scalar(-beta) * pairs.margin).sigmoid()
  }
}

extension PreferenceLossKind {
  /// Anchored, for chosen completions better than the model's.
  public static let apoZero = PreferenceLossKind(
    "apo_zero",
    formula: "1 − σ(c) + σ(r) of rewards (D'Oosterlinck (2024), eq. 7)",
    reads: [\.supervisedWeight]
  ) { beta, _ in
    APOZeroLoss(beta: beta)
  }

  /// Anchored, for chosen completions worse than the model's.
  public static let apoDown = PreferenceLossKind(
    "apo_down",
    formula: "σ(c) + 1 − σ(c − r) of rewards (D'Oosterlinck (2024), eq. 8)",
    reads: [\.supervisedWeight]
  ) { beta, _ in
    APODownLoss(beta: beta)
  }
}
