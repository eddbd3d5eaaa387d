/// The settings of losses beside β; a loss reads those that its kind names.
///
/// Keys and defaults are TRL's 1.16.0 where TRL has them. A setting that is nil has its default.
public struct PreferenceLossOptions: Codable, Equatable, Sendable {
  /// The chance ε that a label is wrong; 0, and 10⁻³ for `exo_pair`.
  public var labelSmoothing: Double?
  /// The divergence from the reference; `reverse_kl`.
  public var divergence: FDivergenceKind?
  /// The α of `alpha_divergence`; 0.5.
  public var divergenceAlpha: Double?
  /// Whether the loss ignores the reference, as the official repository's switch; false.
  public var isReferenceFree: Bool?
  /// The temperature τ of `discopop`; 0.05.
  public var discoPOPTemperature: Double?
  /// The margin γ of `simpo`; 0.5.
  public var simPOMargin: Double?
  /// The weight of the likelihood in `cpo` and `simpo`; 1 and, as the SimPO paper, 0.
  public var cpoAlpha: Double?
  /// The weight of chosen completions in `kto`; 1.
  public var desirableWeight: Double?
  /// The weight of rejected completions in `kto`; 1.
  public var undesirableWeight: Double?
  /// The reward that `r_dpo` takes off for every token; 0.01.
  public var lengthPenalty: Double?
  /// The weight α of the rejected completion in `unlikelihood`; 0.1.
  public var unlikelihoodWeight: Double?
  /// The weight of an added likelihood of the chosen completion, with any loss; none.
  public var supervisedWeight: Double?

  /// The names of the settings in a specification.
  public enum CodingKeys: String, CodingKey, CaseIterable {
    case labelSmoothing = "label_smoothing"
    case divergence = "f_divergence_type"
    case divergenceAlpha = "f_alpha_divergence_coef"
    case isReferenceFree = "reference_free"
    case discoPOPTemperature = "discopop_tau"
    case simPOMargin = "simpo_gamma"
    case cpoAlpha = "cpo_alpha"
    case desirableWeight = "desirable_weight"
    case undesirableWeight = "undesirable_weight"
    case lengthPenalty = "length_penalty"
    case unlikelihoodWeight = "unlikelihood_alpha"
    case supervisedWeight = "rpo_alpha"
  }

  /// Every setting at its default.
  public init() {}

  /// The divergence with its α.
  public var fDivergence: FDivergence {
    (divergence ?? .reverseKL).divergence(alpha: divergenceAlpha ?? 0.5)
  }
}
