public import Training

/// The settings of losses beside β; a loss reads those that its kind names.
///
/// Keys and defaults are TRL's 1.16.0 where TRL has them. A setting that is nil has its default.
public struct PreferenceLossOptions: SettingsTable {
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

  /// Every setting at its default.
  public init() {}

  /// The divergence with its α.
  public var fDivergence: FDivergence {
    (divergence ?? .reverseKL).divergence(alpha: divergenceAlpha ?? 0.5)
  }

  /// What every loss on differences of scores reads.
  static let ofDivergences: [PreferenceLossKind.Option] = [
    \.divergence, \.divergenceAlpha, \.isReferenceFree, \.supervisedWeight,
  ]

  /// The table of the settings; what no value stands for may depend on the loss.
  public static let settings: [Setting<Self>] = divergenceSettings + weightSettings

  private static let divergenceSettings: [Setting<Self>] = [
    Setting(
      "label_smoothing", \.labelSmoothing,
      .optional(AllowedValues("0 ≤ ε < 0.5") { 0..<0.5 ~= $0 }, none: "0; 0.001 for exo_pair"),
      "The chance ε that a label is wrong."),
    Setting(
      "f_divergence_type", \.divergence, .optional(.choice, none: "reverse_kl"),
      "The divergence from the reference."),
    Setting(
      "f_alpha_divergence_coef", \.divergenceAlpha, .optional(.finite, none: "0.5"),
      "The α of alpha_divergence."),
    Setting(
      "reference_free", \.isReferenceFree, .optional(.flag, none: "false"),
      "Whether the loss ignores the reference."),
    Setting(
      "discopop_tau", \.discoPOPTemperature,
      .optional(AllowedValues("0 < τ < ∞") { $0 > 0 && $0.isFinite }, none: "0.05"),
      "The temperature τ of discopop."),
    Setting(
      "simpo_gamma", \.simPOMargin, .optional(.finite, none: "0.5"), "The margin γ of simpo."),
  ]

  private static let weightSettings: [Setting<Self>] = [
    Setting(
      "cpo_alpha", \.cpoAlpha, .optional(.notNegative, none: "1 for cpo, 0 for simpo"),
      "The weight of the likelihood of the chosen completion in cpo and simpo."),
    Setting(
      "desirable_weight", \.desirableWeight, .optional(.positive, none: "1"),
      "The weight of chosen completions in kto."),
    Setting(
      "undesirable_weight", \.undesirableWeight, .optional(.positive, none: "1"),
      "The weight of rejected completions in kto."),
    Setting(
      "length_penalty", \.lengthPenalty, .optional(.finite, none: "0.01"),
      "The reward that r_dpo takes off for every token.", trl: .absent),
    Setting(
      "unlikelihood_alpha", \.unlikelihoodWeight, .optional(.notNegative, none: "0.1"),
      "The weight α of the rejected completion in unlikelihood.", trl: .absent),
    Setting(
      "rpo_alpha", \.supervisedWeight, .optional(.notNegative, none: "none"),
      "The weight of an added likelihood of the chosen completion."),
  ]

  /// Throws where the loss does not read a setting that has a value.
  func validate(for kind: PreferenceLossKind) throws(ConfigurationError) {
    for setting in Self.settings where setting.hasValue(in: self) && !kind.reads(setting.path) {
      throw unread(setting.key, by: kind)
    }
    if divergenceAlpha != nil, divergence != .alpha {
      throw .contradiction(
        "f_alpha_divergence_coef belongs to f_divergence_type: alpha_divergence; set that or "
          + "remove it")
    }
  }

  private func unread(_ key: String, by kind: PreferenceLossKind) -> ConfigurationError {
    if key == "label_smoothing", kind == .sigmoid {
      return .contradiction(
        "loss_type: sigmoid ignores label_smoothing, in TRL since 0.29; use loss_type: cdpo for "
          + "the softened label of TRL 0.28, or robust")
    }
    let read = Self.settings.filter { kind.reads($0.path) }.map(\.key).sorted()
    return .contradiction(
      "loss_type: \(kind.rawValue) does not read \(key); remove it"
        + (read.isEmpty ? "" : " (it reads \(read.joined(separator: ", ")))"))
  }
}
