public import Autograd
import TensorKernels

/// Identity Preference Optimization on sums, Azar (2023), equation 17.
///
///     L = (h − 1/(2β))²      h = log π(y⁺)/π₀(y⁺) − log π(y⁻)/π₀(y⁻)
///
/// The paper writes τ for β. The margin has a finite target, so labels without noise do not push
/// it to infinity as in DPO. The dialect of the official repository and of OpenRLHF, here
/// `loss_type: ipo_sum`; TRL's `ipo` is ``MeanIPOLoss``.
public struct IPOLoss: PreferenceLoss {
  /// The strength of the pull towards the reference, the paper's τ.
  public var beta: Double
  /// The divergence from the reference.
  public var divergence: FDivergence

  /// Creates the loss; 0.1 is the default of TRL.
  public init(beta: Double = 0.1, divergence: FDivergence = .reverseKL) {
    (self.beta, self.divergence) = (beta, divergence)
  }

  /// 1/(4β²).
  public var lossAtReference: Double? { 1 / (4 * beta * beta) }

  /// (h − 1/(2β))² of each pair.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    (pairs.scoreMargin(divergence) + Scalar(-1 / (2 * beta))).squared()
  }
}

/// Identity Preference Optimization per token, TRL's `loss_type: ipo`.
///
///     L = (h̄ − 1/(2β))²      h̄ = log π(y⁺)/π₀(y⁺) / |y⁺| − log π(y⁻)/π₀(y⁻) / |y⁻|
///
/// The dialect of TRL 1.16.0 and LLaMA-Factory. Dividing by the number of tokens makes β depend on
/// the length no more, and another β suits than on sums.
public struct MeanIPOLoss: PreferenceLoss {
  /// The strength of the pull towards the reference, the paper's τ.
  public var beta: Double
  /// The divergence from the reference.
  public var divergence: FDivergence

  /// Creates the loss; 0.1 is the default of TRL.
  public init(beta: Double = 0.1, divergence: FDivergence = .reverseKL) {
    (self.beta, self.divergence) = (beta, divergence)
  }

  /// 1/(4β²).
  public var lossAtReference: Double? { 1 / (4 * beta * beta) }

  /// The reference and the tokens of each completion.
  public var inputs: PreferenceInputs { [.reference, .tokenCounts] }

  /// (h̄ − 1/(2β))² of each pair.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    (pairs.tokenScoreMargin(divergence) + Scalar(-1 / (2 * beta))).squared()
  }
}

extension PreferenceLossKind {
  /// IPO on log-ratios per token, TRL's dialect.
  public static let ipo = PreferenceLossKind(
    "ipo",
    formula: "(score(c)/|c| − score(r)/|r| − 1/(2β))² (TRL's dialect of Azar (2023))",
    reads: PreferenceLossOptions.ofDivergences
  ) {
    MeanIPOLoss(beta: $0, divergence: $1.fDivergence)
  }

  /// IPO on sums, the dialect of the official repository and of OpenRLHF.
  public static let ipoSum = PreferenceLossKind(
    "ipo_sum",
    formula: "(z/β − 1/(2β))² (Azar (2023), eq. 17)",
    reads: PreferenceLossOptions.ofDivergences
  ) {
    IPOLoss(beta: $0, divergence: $1.fDivergence)
  }
}
