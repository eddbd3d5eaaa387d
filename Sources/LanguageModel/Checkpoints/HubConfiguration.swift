import Foundation

/// The ids of special tokens, as a model's configuration carries them.
public struct SpecialTokens: Hashable, Sendable {
  /// Opens every prompt.
  public var begin: Int
  /// Closes a completion.
  public var end: Int
  /// Fills up rows; differs from `end`, so that a reward model's score stays at the end token.
  public var pad: Int

  /// The ids of special tokens.
  public init(begin: Int, end: Int, pad: Int) {
    self.begin = begin
    self.end = end
    self.pad = pad
  }
}

extension ModelConfiguration {
  /// The `config.json` that transformers reads, in its versions 4 and 5.
  func hubConfiguration(_ kind: CheckpointKind, _ tokens: SpecialTokens) -> JSONValue {
    let common: KeyValuePairs<String, JSONValue> = [
      "architectures": .array([.string(kind.rawValue)]), "model_type": .string("llama"),
      "hidden_size": .integer(hiddenSize), "intermediate_size": .integer(intermediateSize),
      "num_hidden_layers": .integer(layers), "num_attention_heads": .integer(heads),
      "num_key_value_heads": .integer(keyValueHeads), "head_dim": .integer(headDimension),
      "max_position_embeddings": .integer(maximumLength), "vocab_size": .integer(vocabularySize),
      "rms_norm_eps": .fraction(normEpsilon), "rope_theta": .fraction(ropeTheta),
      "rope_parameters": .members([
        "rope_theta": .fraction(ropeTheta), "rope_type": .string("default"),
      ]),
      "hidden_act": .string("silu"), "attention_bias": .boolean(false),
      "mlp_bias": .boolean(false), "attention_dropout": .fraction(0),
      "tie_word_embeddings": .boolean(tiedHead), "bos_token_id": .integer(tokens.begin),
      "eos_token_id": .integer(tokens.end), "pad_token_id": padToken(kind, tokens),
      "dtype": .string("float32"), "torch_dtype": .string("float32"),
    ]
    guard case .object(let members) = JSONValue.members(common),
      case .object(let labels) = kind.labels
    else { return .null }
    return .object(members + labels)
  }

  /// A reward model is read at the last token that is not the pad token: with a pad token that ends
  /// texts too, that would be the one before the end, and so it has none, and reads single texts.
  private func padToken(_ kind: CheckpointKind, _ tokens: SpecialTokens) -> JSONValue {
    kind == .rewardModel && tokens.pad == tokens.end ? .null : .integer(tokens.pad)
  }

  /// The configuration in a `config.json`, or why this code does not compute that model.
  ///
  /// Omitted keys take the defaults of transformers' `LlamaConfig`.
  init(hub json: JSONValue, file: String) throws(CheckpointError) {
    let reader = HubReader(json: json, file: file)
    try reader.refuseOtherModels()
    let heads = try reader.integer("num_attention_heads")
    let hiddenSize = try reader.integer("hidden_size")
    self.init(
      layers: try reader.integer("num_hidden_layers"), hiddenSize: hiddenSize,
      intermediateSize: try reader.integer("intermediate_size"), heads: heads,
      keyValueHeads: try reader.integer("num_key_value_heads", default: heads),
      headDimension: try reader.integer("head_dim", default: hiddenSize / max(heads, 1)),
      vocabularySize: try reader.integer("vocab_size"),
      maximumLength: try reader.integer("max_position_embeddings", default: 2048),
      ropeTheta: try reader.ropeTheta(),
      normEpsilon: try reader.number("rms_norm_eps", default: 1e-6),
      tiedHead: try reader.boolean("tie_word_embeddings", default: false))
    do { try validate() } catch { throw .mismatch(file: file, error) }
  }
}

/// Typed access to the keys of a `config.json`; a null counts as an omitted key.
private struct HubReader {
  let json: JSONValue
  let file: String

  private func value(_ key: String) -> JSONValue? {
    json[key].flatMap { $0 == .null ? nil : $0 }
  }

  private func refusal(_ reason: String) -> CheckpointError {
    .unsupported(file: file, reason: reason)
  }

  func integer(_ key: String, default fallback: Int? = nil) throws(CheckpointError) -> Int {
    guard let value = value(key) else {
      guard let fallback else { throw refusal("key '\(key)' is missing") }
      return fallback
    }
    guard let integer = value.integer else { throw refusal("key '\(key)' is not an integer") }
    return integer
  }

  func number(_ key: String, default fallback: Double) throws(CheckpointError) -> Double {
    guard let value = value(key) else { return fallback }
    guard let number = value.double else { throw refusal("key '\(key)' is not a number") }
    return number
  }

  func boolean(_ key: String, default fallback: Bool) throws(CheckpointError) -> Bool {
    guard let value = value(key) else { return fallback }
    guard let boolean = value.boolean else { throw refusal("key '\(key)' is not true or false") }
    return boolean
  }

  /// θ of version 5, `rope_parameters.rope_theta`, or else of version 4, `rope_theta`.
  func ropeTheta() throws(CheckpointError) -> Double {
    guard let parameters = value("rope_parameters") else {
      return try number("rope_theta", default: 1e4)
    }
    return try HubReader(json: parameters, file: file).number("rope_theta", default: 1e4)
  }

  /// Throws where a key asks for something that the decoder here does not do.
  func refuseOtherModels() throws(CheckpointError) {
    guard case .object = json else { throw refusal("not a JSON object") }
    for (key, allowed) in [("model_type", ["llama"]), ("hidden_act", ["silu", "swish"])] {
      let found = value(key) ?? .string(allowed[0])
      guard let name = found.string, allowed.contains(name) else {
        throw refusal("\(key) is \(found.compact); only \"\(allowed[0])\" is supported")
      }
    }
    for key in ["attention_bias", "mlp_bias"] {
      guard try !boolean(key, default: false) else { throw refusal("\(key) is not supported") }
    }
    for key in ["rope_scaling", "rope_parameters"] {
      let rope = value(key) ?? .object([])
      let kind = rope["rope_type"] ?? rope["type"] ?? .string("default")
      guard kind == .string("default") else {
        throw refusal(
          "rotary positions of type \(kind.compact) are not supported; only \"default\" is")
      }
      guard rope["partial_rotary_factor"]?.double ?? 1 == 1 else {
        throw refusal("partial_rotary_factor is not supported; only whole heads turn")
      }
    }
  }
}
