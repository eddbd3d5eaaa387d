import Autograd
import LanguageModel

/// Writes GGUF files for tests, from the format's description.
struct GGUFBytes {
  struct Tensor {
    var name: String
    /// Sizes as the file has them: the one that runs fastest first.
    var dimensions: [UInt64]
    var type: UInt32
    var data: [UInt8]
  }

  var keys: [(name: String, value: [UInt8])] = []
  var tensors: [Tensor] = []
  var version: UInt32 = 3
  var alignment = 32

  /// A text with its length before it.
  static func text(_ text: String) -> [UInt8] {
    littleEndian(UInt64(text.utf8.count)) + Array(text.utf8)
  }

  static func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
    (0..<number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  static func integer(_ value: Int) -> [UInt8] {
    littleEndian(UInt32(4)) + littleEndian(UInt32(value))
  }
  static func number(_ value: Float) -> [UInt8] {
    littleEndian(UInt32(6)) + littleEndian(value.bitPattern)
  }
  static func string(_ value: String) -> [UInt8] { littleEndian(UInt32(8)) + text(value) }
  static func boolean(_ value: Bool) -> [UInt8] { littleEndian(UInt32(7)) + [value ? 1 : 0] }
  static func strings(_ values: [String]) -> [UInt8] {
    littleEndian(UInt32(9)) + littleEndian(UInt32(8)) + littleEndian(UInt64(values.count))
      + values.flatMap(text)
  }
  static func integers(_ values: [Int]) -> [UInt8] {
    littleEndian(UInt32(9)) + littleEndian(UInt32(5)) + littleEndian(UInt64(values.count))
      + values.flatMap { littleEndian(Int32($0)) }
  }
  static func numbers(_ values: [Float]) -> [UInt8] {
    littleEndian(UInt32(9)) + littleEndian(UInt32(6)) + littleEndian(UInt64(values.count))
      + values.flatMap { littleEndian($0.bitPattern) }
  }

  static func floats(_ values: [Float]) -> [UInt8] {
    values.flatMap { littleEndian($0.bitPattern) }
  }

  mutating func set(_ name: String, _ value: [UInt8]) {
    keys.removeAll { $0.name == name }
    keys.append((name, value))
  }

  private func padding(_ count: Int) -> [UInt8] {
    [UInt8](repeating: 0, count: (alignment - count % alignment) % alignment)
  }

  var bytes: [UInt8] {
    var header = Array("GGUF".utf8) + Self.littleEndian(version)
    header += Self.littleEndian(UInt64(tensors.count)) + Self.littleEndian(UInt64(keys.count))
    for key in keys { header += Self.text(key.name) + key.value }
    var offset: UInt64 = 0
    var data: [UInt8] = []
    for tensor in tensors {
      header += Self.text(tensor.name) + Self.littleEndian(UInt32(tensor.dimensions.count))
      header += tensor.dimensions.flatMap { Self.littleEndian($0) }
      header += Self.littleEndian(tensor.type) + Self.littleEndian(offset)
      data += tensor.data + padding(tensor.data.count)
      offset = UInt64(data.count)
    }
    return header + padding(header.count) + data
  }

  /// A model's tensors under llama.cpp's names, in the row order that they are in.
  init(_ model: Transformer<Float>) {
    let sizes = model.configuration
    keys = [
      ("general.architecture", Self.string("llama")),
      ("llama.block_count", Self.integer(sizes.layers)),
      ("llama.context_length", Self.integer(sizes.maximumLength)),
      ("llama.embedding_length", Self.integer(sizes.hiddenSize)),
      ("llama.feed_forward_length", Self.integer(sizes.intermediateSize)),
      ("llama.attention.head_count", Self.integer(sizes.heads)),
      ("llama.attention.head_count_kv", Self.integer(sizes.keyValueHeads)),
      ("llama.attention.key_length", Self.integer(sizes.headDimension)),
      ("llama.attention.layer_norm_rms_epsilon", Self.number(Float(sizes.normEpsilon))),
      ("llama.rope.freq_base", Self.number(Float(sizes.ropeTheta))),
    ]
    for (name, shape) in zip(model.parameters.names, model.parameters.shapes) {
      let dimensions = name.contains("norm") ? [shape.columns] : [shape.columns, shape.rows]
      tensors.append(
        Tensor(
          name: Self.name(of: name), dimensions: dimensions.map(UInt64.init), type: 0,
          data: Self.floats(model.parameters[name])))
    }
  }

  static func name(of hub: String) -> String {
    let pairs = [
      ("model.embed_tokens", "token_embd"), ("model.norm", "output_norm"), ("lm_head", "output"),
      ("model.layers", "blk"), ("input_layernorm", "attn_norm"), ("self_attn.q_proj", "attn_q"),
      ("self_attn.k_proj", "attn_k"), ("self_attn.v_proj", "attn_v"),
      ("self_attn.o_proj", "attn_output"), ("post_attention_layernorm", "ffn_norm"),
      ("mlp.gate_proj", "ffn_gate"), ("mlp.up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down"),
    ]
    return pairs.reduce(hub) { $0.replacing($1.0, with: $1.1) }
  }
}
