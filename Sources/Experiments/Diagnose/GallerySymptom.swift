/// What a run may suffer from; the raw value is the folder of its gallery entry.
public enum GallerySymptom: String, Codable, Sendable, CaseIterable {
  /// No penalty holds the policy near the reference.
  case klCoefficientZero = "kl-coefficient-zero"
  /// Updates go further than one batch of rollouts can tell.
  case learningRateTooHigh = "learning-rate-too-high"
  /// The value loss drowns the policy.
  case valueCoefficientWrong = "value-coefficient-wrong"
  /// Advantages enter the loss with their mean.
  case noAdvantageWhitening = "no-advantage-whitening"
  /// The reference is the policy itself.
  case aliasedReference = "aliased-reference"
  /// Rollouts and updates do not divide logits by the same temperature.
  case temperatureMismatch = "temperature-mismatch"
  /// Padding and end token are one token.
  case padIsEnd = "pad-is-end"
  /// Two passes over the same rollouts give different log-probabilities.
  case noisyLogProbabilities = "noisy-log-probabilities"
  /// Labels without noise let DPO's margin grow without bound.
  case deterministicLabels = "deterministic-labels"
  /// The chosen completions lose probability, too.
  case chosenFalling = "chosen-log-probability-falling"

  /// The symptom in words.
  public var sentence: String {
    switch self {
    case .klCoefficientZero: "no KL penalty: nothing holds the policy near the reference"
    case .learningRateTooHigh: "the learning rate is too high: updates leave the clip range"
    case .valueCoefficientWrong:
      "the value loss drowns the policy: its coefficient is wrong"
    case .noAdvantageWhitening: "advantages are not whitened: their mean drives the loss"
    case .aliasedReference: "the reference is the policy itself: the KL is zero whatever it does"
    case .temperatureMismatch: "rollouts and updates use different temperatures"
    case .padIsEnd: "padding and end token are the same token"
    case .noisyLogProbabilities: "log-probabilities have noise, as with dropout left on"
    case .deterministicLabels: "deterministic labels: the margin grows without bound"
    case .chosenFalling: "the chosen completions lose probability (likelihood displacement)"
    }
  }

  /// What to do about it.
  public var remedy: String {
    switch self {
    case .klCoefficientZero: "set kl_coef (0.05 in TRL), or watch the gold reward and stop early"
    case .learningRateTooHigh: "divide learning_rate by 3 to 10, or set target_kl"
    case .valueCoefficientWrong: "set vf_coef to 0.1, or give the value model a trunk of its own"
    case .noAdvantageWhitening: "whiten advantages, or centre the reward on the reference"
    case .aliasedReference: "load the reference apart from the policy, and compare their weights"
    case .temperatureMismatch: "divide logits by the sampling temperature in every log-probability"
    case .padIsEnd: "give the tokenizer a pad token of its own"
    case .noisyLogProbabilities: "turn dropout off in policy and reference (disable_dropout)"
    case .deterministicLabels: "sample labels, stop early, or take IPO or label smoothing"
    case .chosenFalling: "add an SFT term, raise beta, or filter pairs of similar completions"
    }
  }

  /// The gallery entry, from the root of the project.
  public var entry: String { "experiments/gallery/README.md#\(rawValue)" }
}
