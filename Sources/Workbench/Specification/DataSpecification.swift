package import Datasets
package import Tasks
import Training

/// What every seed draws before it learns: demonstrations, prompts and labelled pairs.
package struct DataSpecification: Codable, Equatable, Sendable, DefaultedSettings {
  /// Reference texts for supervised fine-tuning.
  package var demonstrations = 8000
  /// Labelled pairs to learn from.
  package var pairs = 8000
  /// Labelled pairs on which the reward model is judged.
  package var testPairs = 1000
  /// Completions sampled from the reference per prompt; n of them give n·(n − 1)/2 pairs.
  package var completionsPerPrompt = 2
  /// Who labels the pairs.
  package var annotator = AnnotatorSpecification()

  /// The names of the settings.
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case demonstrations, pairs
    case testPairs = "test_pairs"
    case completionsPerPrompt = "completions_per_prompt"
    case annotator
  }

  /// The documented defaults.
  package init() {}

  /// The pairs that the completions of one prompt give.
  package var pairsPerPrompt: Int { completionsPerPrompt * (completionsPerPrompt - 1) / 2 }

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
package struct AnnotatorSpecification: Codable, Equatable, Sendable, DefaultedSettings {
  /// Divides the gold difference; the annotator's logits are gold ÷ temperature.
  package var temperature = 1.0
  /// The share of labels turned round at random.
  package var flipRate = 0.0
  /// Logits that one extra token is worth to the annotator.
  package var lengthBias = 0.0
  /// Whether labels are sampled or the likelier one is taken.
  package var labels = LabelMode.sampled

  /// The names of the settings.
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case temperature
    case flipRate = "flip_rate"
    case lengthBias = "length_bias"
    case labels
  }

  /// An honest annotator whose logits are the gold difference.
  package init() {}

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

/// How every policy is judged: the same prompts and sampling seeds for all arms of a seed.
package struct EvaluationSpecification: Codable, Equatable, Sendable, DefaultedSettings {
  /// Held-out prompts; a KL needs 512 or more of them.
  package var prompts = 512
  /// The split that the prompts come from.
  package var split = Split.test
  /// Evaluations after the one at step 0, evenly spaced to the last step.
  package var checkpoints = 8
  /// Lighter evaluations after step 0, evenly spaced, from which stability and the path over KL are read;
  /// nil for none but the checkpoints.
  ///
  /// Six checkpoints miss most of what a training does between them.
  package var pathPoints: Int?
  /// The first prompts, on which those are made; nil for 128.
  package var pathPrompts: Int?
  /// Completions kept side by side with the reference's.
  package var samples = 8
  /// Whether evaluations measure the exact noise of gradients; on the enumerable language only.
  package var gradients = false

  /// The names of the settings.
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case prompts, split, checkpoints
    case pathPoints = "path_points"
    case pathPrompts = "path_prompts"
    case samples, gradients
  }

  /// The documented defaults.
  package init() {}

  /// Throws the first constraint that the values break.
  func validate() throws(ConfigurationError) {
    guard prompts >= 2 || prompts == 0 else {
      throw .outOfRange("prompts", "\(prompts)", allowed: "n ≥ 2, or 0 to sample nothing")
    }
    guard checkpoints >= 1 else {
      throw .outOfRange("checkpoints", "\(checkpoints)", allowed: "n ≥ 1")
    }
    guard pathPoints.map({ $0 >= 1 }) ?? true else {
      throw .outOfRange("path_points", "\(pathPoints ?? 0)", allowed: "n ≥ 1")
    }
    guard pathPrompts.map({ 2...max(2, prompts) ~= $0 }) ?? true else {
      throw .outOfRange("path_prompts", "\(pathPrompts ?? 0)", allowed: "2 ≤ n ≤ prompts")
    }
    guard 0...prompts ~= samples else {
      throw .outOfRange("samples", "\(samples)", allowed: "0 ≤ n ≤ prompts")
    }
  }

  /// The prompts of a light evaluation.
  package var promptsOfPath: Int { min(prompts, pathPrompts ?? 128) }

  /// The steps at which a training of `total` steps is evaluated: 0, …, total, evenly spaced.
  package func steps(of total: Int) -> [Int] { steps(of: total, in: checkpoints) }

  /// The steps of the lighter evaluations, evenly spaced as well; none unless they are asked for.
  package func pathSteps(of total: Int) -> [Int] {
    pathPoints.map { steps(of: total, in: $0) } ?? []
  }

  private func steps(of total: Int, in parts: Int) -> [Int] {
    let spaced = (0...parts).map { (Double($0 * total) / Double(parts)).rounded() }
    return Array(Set(spaced.map { Int($0) })).sorted()
  }
}
