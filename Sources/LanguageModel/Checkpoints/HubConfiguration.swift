import JSON

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
      "architectures": [.string(kind.rawValue)], "model_type": "llama",
      "hidden_size": .whole(hiddenSize), "intermediate_size": .whole(intermediateSize),
      "num_hidden_layers": .whole(layers), "num_attention_heads": .whole(heads),
      "num_key_value_heads": .whole(keyValueHeads), "head_dim": .whole(headDimension),
      "max_position_embeddings": .whole(maximumLength), "vocab_size": .whole(vocabularySize),
      "rms_norm_eps": .number(normEpsilon), "rope_theta": .number(ropeTheta),
      "rope_parameters": ["rope_theta": .number(ropeTheta), "rope_type": "default"],
      "hidden_act": "silu", "attention_bias": false, "mlp_bias": false, "attention_dropout": 0.0,
      "tie_word_embeddings": .boolean(tiedHead), "bos_token_id": .whole(tokens.begin),
      "eos_token_id": .whole(tokens.end), "pad_token_id": padToken(kind, tokens),
      "dtype": "float32", "torch_dtype": "float32",
    ]
    return .object(common.map { .init(key: $0.key, value: $0.value) } + kind.labels)
  }

  /// A reward model is read at the last token that is not the pad token: with a pad token that ends
  /// texts too, that would be the one before the end, and so it has none, and reads single texts.
  private func padToken(_ kind: CheckpointKind, _ tokens: SpecialTokens) -> JSONValue {
    kind == .rewardModel && tokens.pad == tokens.end ? .null : .whole(tokens.pad)
  }

  /// The configuration in a `config.json`, or why this code does not compute that model.
  ///
  /// Omitted keys take the defaults of transformers' `LlamaConfig`.
  init(hub document: JSONValue, file: String) throws(CheckpointError) {
    do throws(JSONError) {
      try self.init(hub: JSONField(document))
    } catch {
      throw .unsupported(file: file, reason: error.reason)
    }
    do { try validate() } catch { throw .mismatch(file: file, error) }
  }

  private init(hub document: JSONField) throws(JSONError) {
    try refuseOtherModels(document)
    func whole(_ key: String, default fallback: Int? = nil) throws(JSONError) -> Int {
      if let value = try document.member(key) { return try value.integer }
      guard let fallback else { throw JSONError(.missing(path: key)) }
      return fallback
    }
    let (heads, hiddenSize) = (try whole("num_attention_heads"), try whole("hidden_size"))
    // θ of version 5 is in `rope_parameters`, that of version 4 beside the other keys.
    let rope = try document.member("rope_parameters") ?? document
    self.init(
      layers: try whole("num_hidden_layers"), hiddenSize: hiddenSize,
      intermediateSize: try whole("intermediate_size"), heads: heads,
      keyValueHeads: try whole("num_key_value_heads", default: heads),
      headDimension: try whole("head_dim", default: hiddenSize / max(heads, 1)),
      vocabularySize: try whole("vocab_size"),
      maximumLength: try whole("max_position_embeddings", default: 2048),
      ropeTheta: try rope.member("rope_theta")?.double ?? 1e4,
      normEpsilon: try document.member("rms_norm_eps")?.double ?? 1e-6,
      tiedHead: try document.member("tie_word_embeddings")?.boolean ?? false)
  }
}

/// Throws where a key of a `config.json` asks for something that the decoder here does not do.
private func refuseOtherModels(_ document: JSONField) throws(JSONError) {
  for (key, allowed) in [("model_type", ["llama"]), ("hidden_act", ["silu", "swish"])] {
    guard let found = try document.member(key) else { continue }
    guard let name = found.value.string, allowed.contains(name) else {
      throw found.invalid("is \(found.value.compact); only \"\(allowed[0])\" is supported")
    }
  }
  for key in ["attention_bias", "mlp_bias"] {
    guard let bias = try document.member(key), try bias.boolean else { continue }
    throw bias.invalid("is true; only false is supported")
  }
  for key in ["rope_scaling", "rope_parameters"] {
    guard let rope = try document.member(key) else { continue }
    for name in ["rope_type", "type"] {
      guard let kind = try rope.member(name), kind.value != "default" else { continue }
      throw kind.invalid("is \(kind.value.compact); only \"default\" is supported")
    }
    if let factor = try rope.member("partial_rotary_factor"), factor.value.double != 1 {
      throw factor.invalid("is \(factor.value.compact); only 1 is supported: whole heads turn")
    }
  }
}
