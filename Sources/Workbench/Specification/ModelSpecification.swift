package import LanguageModel
import Training

/// The policy's size: a preset, or every size by itself.
package struct ModelSpecification: Codable, Equatable, Sendable, DefaultedSettings {
  /// A size by name; leave it out where the sizes below are given.
  package var preset: ModelPreset?
  /// Decoder layers.
  package var layers: Int?
  /// Width of the residual stream.
  package var hiddenSize: Int?
  /// Width of the feed-forward block; three times the width unless given.
  package var intermediateSize: Int?
  /// Query heads.
  package var heads: Int?
  /// Key and value heads; as many as query heads unless given.
  package var keyValueHeads: Int?
  /// A pretrained model in the task's folder, which is the reference instead of one that SFT makes; its
  /// sizes must be those above.
  package var checkpoint: String?
  /// Whether the checkpoint is the reference as it is; false fine-tunes it first.
  ///
  /// On a user's pairs nil stands for what its folder says: a model with a chat template was tuned.
  package var isTuned: Bool?
  /// The tokens of the vocabulary; nil for those of the task's tokenizer.
  package var vocabularySize: Int?
  /// The longest sequence, prompt and completion together.
  package var maximumLength = 128

  /// The names of the settings; transformers' where the meaning is the same.
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case preset
    case layers = "num_hidden_layers"
    case hiddenSize = "hidden_size"
    case intermediateSize = "intermediate_size"
    case heads = "num_attention_heads"
    case keyValueHeads = "num_key_value_heads"
    case checkpoint
    case isTuned = "tuned"
    case vocabularySize = "vocab_size"
    case maximumLength = "max_length"
  }

  /// The small preset, once resolved.
  package init() {}

  /// A preset.
  package init(_ preset: ModelPreset) { self.preset = preset }

  /// How a report names the model.
  package var name: String {
    if let checkpoint { return checkpoint }
    return preset?.rawValue ?? "\(layers ?? 0) layers of width \(hiddenSize ?? 0)"
  }

  /// The shape of the model over a vocabulary.
  package func configuration(vocabularySize tokens: Int) -> ModelConfiguration {
    let vocabularySize = vocabularySize ?? tokens
    guard let layers, let hiddenSize, let heads else {
      return (preset ?? .small).configuration(
        vocabularySize: vocabularySize, maximumLength: maximumLength)
    }
    return ModelConfiguration(
      layers: layers, hiddenSize: hiddenSize,
      intermediateSize: intermediateSize ?? 3 * hiddenSize, heads: heads,
      keyValueHeads: keyValueHeads, vocabularySize: vocabularySize, maximumLength: maximumLength)
  }

  /// Throws the first constraint that the values break.
  func validate() throws(ConfigurationError) {
    let sizes = [layers, hiddenSize, heads]
    let isExplicit = sizes.contains { $0 != nil }
    guard !(isExplicit && preset != nil) else {
      throw .contradiction("a model has a preset or sizes of its own, not both; remove one")
    }
    guard !isExplicit || sizes.allSatisfy({ $0 != nil }) else {
      throw .contradiction(
        "a model without a preset needs num_hidden_layers, hidden_size and num_attention_heads")
    }
    guard maximumLength >= 2 else {
      throw .outOfRange("max_length", "\(maximumLength)", allowed: "n ≥ 2")
    }
    do {
      try configuration(vocabularySize: 3).validate()
    } catch {
      throw .contradiction("\(error)")
    }
  }
}
