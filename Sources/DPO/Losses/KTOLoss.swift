public import Autograd
public import TensorKernels

/// What KTO measures a completion's implicit reward against.
public enum KTOReferencePoint: Sendable, Equatable {
  /// The divergence of the policy from the reference, estimated on mismatched pairs.
  case divergence
  /// Zero: TRL's `apo_zero_unpaired`.
  case zero
}

/// Kahneman–Tversky optimisation, Ethayarajh (2024), on completions without a partner.
///
///     L⁺ = λ⁺·(1 − σ(β·(log π(y⁺)/π₀(y⁺) − z)))      z = max(0, mean log π(y′|x)/π₀(y′|x))
///     L⁻ = λ⁻·(1 − σ(β·(z − log π(y⁻)/π₀(y⁻))))
///
/// y′ is a completion of another prompt, so that z estimates KL(π‖π₀) from the batch at hand; no
/// gradient flows through it. The loss of a pair is the mean of its completions' losses, hence that
/// of a batch the mean over all completions, as in TRL's KTO trainer.
public struct KTOLoss: PreferenceLoss, Equatable {
  /// The strength of the pull towards the reference, written β.
  public var beta: Double
  /// The weight λ⁺ of chosen completions.
  public var desirableWeight: Double
  /// The weight λ⁻ of rejected completions.
  public var undesirableWeight: Double
  /// What the log-ratios are measured against.
  public var referencePoint: KTOReferencePoint

  /// Creates the loss with the defaults of TRL.
  public init(
    beta: Double = 0.1, desirableWeight: Double = 1, undesirableWeight: Double = 1,
    referencePoint: KTOReferencePoint = .divergence
  ) {
    (self.beta, self.referencePoint) = (beta, referencePoint)
    (self.desirableWeight, self.undesirableWeight) = (desirableWeight, undesirableWeight)
  }

  /// (λ⁺ + λ⁻)/4: a half for weights of one.
  public var lossAtReference: Double? { (desirableWeight + undesirableWeight) / 4 }

  /// The reference, and mismatched pairs where the divergence is wanted.
  public var inputs: PreferenceInputs {
    referencePoint == .divergence ? [.reference, .mismatchedPairs] : .reference
  }

  /// z of these pairs.
  public func divergence<Scalar: TensorScalar>(_ logRatios: [Scalar]) -> Scalar {
    guard referencePoint == .divergence else { return 0 }
    precondition(!logRatios.isEmpty, "KTO needs log-ratios of mismatched pairs")
    return max(0, logRatios.reduce(0, +) / Scalar(logRatios.count))
  }

  /// λ⁺·σ(β·(z − log-ratio)) of each chosen completion.
  public func chosenLosses<Scalar>(
    _ logRatios: Tensor<Scalar>, divergence z: Scalar
  ) -> Tensor<Scalar> {
    Scalar(desirableWeight) * (Scalar(beta) * (z - logRatios)).sigmoid()
  }

  /// λ⁻·σ(β·(log-ratio − z)) of each rejected completion.
  public func rejectedLosses<Scalar>(
    _ logRatios: Tensor<Scalar>, divergence z: Scalar
  ) -> Tensor<Scalar> {
    Scalar(undesirableWeight) * (Scalar(beta) * (logRatios - z)).sigmoid()
  }

  /// The mean of the two losses of each pair.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    let z = divergence(pairs.mismatchedLogRatios)
    return 0.5
      * (chosenLosses(pairs.chosenLogRatio, divergence: z)
        + rejectedLosses(pairs.rejectedLogRatio, divergence: z))
  }
}

extension PreferenceLossKind {
  /// Kahneman–Tversky optimisation on single completions.
  public static let kto = PreferenceLossKind(
    "kto",
    labels: .completions,
    formula: "λ·(1 − σ(±β·(log-ratio − KL))) (Ethayarajh (2024))",
    reads: [\.desirableWeight, \.undesirableWeight, \.supervisedWeight]
  ) {
    KTOLoss(
      beta: $0, desirableWeight: $1.desirableWeight ?? 1,
      undesirableWeight: $1.undesirableWeight ?? 1)
  }

  /// KTO measured against zero.
  public static let apoZeroUnpaired = PreferenceLossKind(
    "apo_zero_unpaired",
    labels: .completions,
    formula: "λ·(1 − σ(±β·(log-ratio − KL))) (Ethayarajh (2024))",
    reads: [\.desirableWeight, \.undesirableWeight, \.supervisedWeight]
  ) {
    KTOLoss(
      beta: $0, desirableWeight: $1.desirableWeight ?? 1,
      undesirableWeight: $1.undesirableWeight ?? 1, referencePoint: .zero)
  }
}
