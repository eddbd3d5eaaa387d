/// The preference losses that a specification can name: TRL's names where TRL has them.
public enum PreferenceLossKind: String, Codable, Sendable, CaseIterable {
  /// DPO, Rafailov (2023), equation 7.
  case sigmoid
  /// DPO with softened labels; TRL's `sigmoid` with `label_smoothing` up to 0.28.
  case conservative = "cdpo"
  /// DPO unbiased by flipped labels.
  case robust
  /// IPO on log-ratios per token, TRL's dialect.
  case ipo
  /// IPO on sums, the dialect of the official repository and of OpenRLHF.
  case ipoSum = "ipo_sum"
  /// SLiC's hinge.
  case hinge
  /// DPO on log-ratios per token.
  case sigmoidNorm = "sigmoid_norm"
  /// DPO with a price on length.
  case lengthRegularized = "r_dpo"
  /// Efficient exact optimisation.
  case exo = "exo_pair"
  /// Noise-contrastive alignment.
  case nca = "nca_pair"
  /// Binary classifier optimisation.
  case bco = "bco_pair"
  /// Self-play preference optimisation with hard labels.
  case sppo = "sppo_hard"
  /// Optimal transport between margins.
  case aot
  /// Optimal transport between log-ratios.
  case aotUnpaired = "aot_unpaired"
  /// Anchored, for chosen completions better than the model's.
  case apoZero = "apo_zero"
  /// Anchored, for chosen completions worse than the model's.
  case apoDown = "apo_down"
  /// The discovered loss.
  case discoPOP = "discopop"
  /// Kahneman–Tversky optimisation on single completions.
  case kto
  /// KTO measured against zero.
  case apoZeroUnpaired = "apo_zero_unpaired"
  /// SimPO, without a reference.
  case simPO = "simpo"
  /// CPO, without a reference.
  case cpo
  /// ORPO, without a reference.
  case orpo
  /// Preferred-FT: the likelihood of chosen completions.
  case sft
  /// Preferred-FT and the rejected likelihood pushed down.
  case unlikelihood
  /// DPO over rankings of two or more completions.
  case plackettLuce = "plackett_luce"
}
