public import Foundation
public import TensorKernels
import Autograd

/// A llama model in a GGUF file, version 3, with its tokenizer.
///
/// Weights may be quantised; they are read as the numbers that their blocks stand for. llama.cpp
/// keeps the rows of query and key projections in the order of neighbouring rotary pairs, which
/// reading undoes.
public struct GGUFFile: Sendable {
  /// The file.
  public let url: URL
  /// The sizes of the model.
  public let configuration: ModelConfiguration
  let header: GGUFHeader
  private let bytes: [UInt8]
  private let places: [String: Int]

  /// Reads a file and holds its header to every rule of the format.
  public init(contentsOf url: URL) throws(CheckpointError) {
    self.url = url
    bytes = try fileBytes(url)
    do throws(GGUFError) {
      header = try GGUFHeader(bytes)
      let named = header.tensors.enumerated().map { (hubName(of: $1.name), $0) }
      places = Dictionary(named) { first, _ in first }
      configuration = try ModelConfiguration(gguf: header)
    } catch {
      throw .malformedGGUF(file: url.path, error)
    }
    do { try configuration.validate() } catch { throw .mismatch(file: url.path, error) }
  }

  /// The language model in single precision.
  ///
  /// - Throws: The first tensor that is missing, too many, of another shape, or not finite.
  public func transformer() throws(CheckpointError) -> Transformer<Float> {
    let parameters = try parameters(configuration, \.transformerLayout)
    do {
      return try Transformer(configuration: configuration, parameters: parameters)
    } catch { throw .mismatch(file: url.path, error) }
  }
}

extension GGUFFile: TensorFile {
  var path: String { url.path }

  var tensorNames: [String] { header.tensors.map { hubName(of: $0.name) } }

  func shape(of name: String) -> [Int]? { places[name].map { header.tensors[$0].shape } }

  func floats(_ name: String) throws(CheckpointError) -> [Float] {
    guard let place = places[name] else { throw .mismatch(file: path, .missingTensor(name)) }
    let tensor = header.tensors[place]
    let values = tensor.type.floats(bytes, in: tensor.range)
    guard let heads = configuration.rotaryHeads(of: name),
      tensor.shape == [heads * configuration.headDimension, configuration.hiddenSize]
    else { return values }
    return splitRotaryPairs(values, heads: heads, columns: configuration.hiddenSize)
  }
}

/// The name in transformers of a tensor of llama.cpp; other names stay as they are.
private func hubName(of name: String) -> String {
  let outer = [
    "token_embd.weight": TensorName.embedding, "output_norm.weight": TensorName.finalNorm,
    "output.weight": TensorName.head,
  ]
  let inner = [
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
  ]
  if let known = outer[name] { return known }
  let parts = name.split(separator: ".", omittingEmptySubsequences: false)
  guard parts.count == 4, parts[0] == "blk", parts[3] == "weight", let layer = Int(parts[1]),
    let known = inner[String(parts[2])], "\(layer)" == parts[1]
  else { return name }
  return TensorName.inLayer(layer, known)
}

extension GGUFHeader {
  func integer(_ key: String) -> Int? {
    if case .integer(let value) = metadata[key] { value } else { nil }
  }

  func number(_ key: String) -> Double? {
    if case .number(let value) = metadata[key] { value } else { nil }
  }

  func text(_ key: String) -> String? {
    if case .text(let value) = metadata[key] { value } else { nil }
  }

  func boolean(_ key: String) -> Bool? {
    if case .boolean(let value) = metadata[key] { value } else { nil }
  }
}

extension ModelConfiguration {
  /// The sizes that the keys of a GGUF file state, or what is missing or not supported.
  fileprivate init(gguf header: GGUFHeader) throws(GGUFError) {
    let architecture = header.text("general.architecture") ?? "nothing"
    guard architecture == "llama" else {
      throw .unsupported(key: "general.architecture", value: architecture)
    }
    func integer(_ key: String) throws(GGUFError) -> Int {
      guard let value = header.integer("llama.\(key)") else { throw .missingKey("llama.\(key)") }
      return value
    }
    let (heads, width) = (try integer("attention.head_count"), try integer("embedding_length"))
    guard heads > 0, width > 0 else {
      throw .unsupported(key: "llama.attention.head_count", value: "\(heads)")
    }
    guard let epsilon = header.number("llama.attention.layer_norm_rms_epsilon") else {
      throw .missingKey("llama.attention.layer_norm_rms_epsilon")
    }
    guard let embedding = header.tensors.first(where: { $0.name == "token_embd.weight" }) else {
      throw .missingKey("token_embd.weight")
    }
    self.init(
      layers: try integer("block_count"), hiddenSize: width,
      intermediateSize: try integer("feed_forward_length"), heads: heads,
      keyValueHeads: header.integer("llama.attention.head_count_kv") ?? heads,
      headDimension: header.integer("llama.attention.key_length") ?? width / heads,
      vocabularySize: embedding.shape[0], maximumLength: try integer("context_length"),
      ropeTheta: header.number("llama.rope.freq_base") ?? 1e4, normEpsilon: epsilon.asPrinted,
      tiedHead: !header.tensors.contains { $0.name == "output.weight" })
    try refuseOthers(header)
  }

  /// Throws where a key asks for something that the decoder here does not do.
  private func refuseOthers(_ header: GGUFHeader) throws(GGUFError) {
    let turned = header.integer("llama.rope.dimension_count") ?? headDimension
    guard turned == headDimension else {
      throw .unsupported(key: "llama.rope.dimension_count", value: "\(turned)")
    }
    let values = header.integer("llama.attention.value_length") ?? headDimension
    guard values == headDimension else {
      throw .unsupported(key: "llama.attention.value_length", value: "\(values)")
    }
    let scaling = header.text("llama.rope.scaling.type") ?? "none"
    guard scaling == "none" else {
      throw .unsupported(key: "llama.rope.scaling.type", value: scaling)
    }
    for key in ["llama.rope.scale_linear", "llama.rope.scaling.factor"] {
      guard header.number(key) ?? 1 == 1 else { throw .unsupported(key: key, value: "not 1") }
    }
    let experts = header.integer("llama.expert_count") ?? 0
    guard experts == 0 else { throw .unsupported(key: "llama.expert_count", value: "\(experts)") }
  }
}

extension Double {
  /// The shortest decimal of the single-precision number, since GGUF keeps 1e-5 as one of those.
  fileprivate var asPrinted: Double { Double("\(Float(self))") ?? self }
}
