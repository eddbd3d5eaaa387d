public import Datasets
import Training

/// What every seed draws before it learns: demonstrations, prompts and labelled pairs.
public struct DataSpecification: Codable, Equatable, Sendable, DefaultedSettings {
  /// Reference texts for supervised fine-tuning.
  public var demonstrations = 8000
  /// Labelled pairs to learn from.
  public var pairs = 8000
  /// Labelled pairs on which the reward model is judged.
  public var testPairs = 1000
  /// Completions sampled from the reference per prompt; n of them give n·(n − 1)/2 pairs.
  public var completionsPerPrompt = 2
  /// Who labels the pairs.
  public var annotator = AnnotatorSpecification()

  /// The names of the settings.
  public enum CodingKeys: String, CodingKey, CaseIterable {
    case demonstrations, pairs
    case testPairs = "test_pairs"
    case completionsPerPrompt = "completions_per_prompt"
    case annotator
  }

  /// The documented defaults.
  public init() {}

  /// The pairs that the completions of one prompt give.
  public var pairsPerPrompt: Int { completionsPerPrompt * (completionsPerPrompt - 1) / 2 }

  /// Throws the first constraint that the values break.
  func validate() throws(ConfigurationError) {
    for (key, value) in [("demonstrations", demonstrations), ("pairs", pairs)] where value < 2 {
      throw .outOfRange(key, "\(value)", allowed: "n ≥ 2")
    }
    guard testPairs >= 2 else {
      throw .outOfRange("test_pairs", "\(testPairs)", allowed: "n ≥ 2")
    }
    guard 2...16 ~= completionsPerPrompt else {
      throw .outOfRange("completions_per_prompt", "\(completionsPerPrompt)", allowed: "2 ≤ n ≤ 16")
    }
    try annotator.validate()
  }
}

/// The Bradley–Terry annotator's knobs.
public struct AnnotatorSpecification: Codable, Equatable, Sendable, DefaultedSettings {
  /// Divides the gold difference; the annotator's logits are gold ÷ temperature.
  public var temperature = 1.0
  /// The share of labels turned round at random.
  public var flipRate = 0.0
  /// Logits that one extra token is worth to the annotator.
  public var lengthBias = 0.0
  /// Whether labels are sampled or the likelier one is taken.
  public var labels = LabelMode.sampled

  /// The names of the settings.
  public enum CodingKeys: String, CodingKey, CaseIterable {
    case temperature
    case flipRate = "flip_rate"
    case lengthBias = "length_bias"
    case labels
  }

  /// An honest annotator whose logits are the gold difference.
  public init() {}

  /// Throws the first constraint that the values break.
  func validate() throws(ConfigurationError) {
    guard temperature > 0, temperature.isFinite else {
      throw .outOfRange("temperature", "\(temperature)", allowed: "0 < T < ∞")
    }
    guard 0..<0.5 ~= flipRate else {
      throw .outOfRange("flip_rate", "\(flipRate)", allowed: "0 ≤ rate < 0.5")
    }
    guard lengthBias.isFinite else {
      throw .outOfRange("length_bias", "\(lengthBias)", allowed: "a finite number")
    }
  }
}
