import Autograd
public import Foundation
public import TensorKernels
import Tokenization

/// A model in the layout of llama2.c: seven int32, then float32 tensors, each for all layers.
///
/// The header gives width, feed-forward width, layers, heads, key and value heads, vocabulary
/// (below zero where the head is not tied) and longest sequence; two tables of rotary angles, which
/// nobody reads, come before an untied head.
public struct Llama2CFile: Sendable {
  /// The file.
  public let url: URL
  /// The sizes of the model.
  public let configuration: ModelConfiguration
  private let bytes: [UInt8]
  private static let headerBytes = 28
  private static let versionMark: UInt32 = 0x616B_3432

  /// Reads a file and holds its length to its header.
  public init(contentsOf url: URL) throws(CheckpointError) {
    self.url = url
    bytes = try fileBytes(url)
    do throws(Llama2CError) {
      configuration = try Self.configuration(bytes)
      let expected = try Self.byteCount(configuration)
      guard bytes.count == expected else {
        throw .wrongLength(expected: expected, found: bytes.count)
      }
    } catch {
      throw .malformedLlama2C(file: url.path, error)
    }
  }

  private static func configuration(
    _ bytes: [UInt8]
  ) throws(Llama2CError) -> ModelConfiguration {
    var reader = ByteReader(bytes)
    let sizes = (0..<7).compactMap { _ in reader.next(Int32.self).map(Int.init) }
    guard sizes.count == 7 else { throw .headerCutOff(bytes: bytes.count) }
    guard sizes[0] != Int(versionMark) else { throw .laterVersion(sizes[1]) }
    guard sizes[3] > 0, sizes[0] % sizes[3] == 0 else {
      throw .unevenHeads(width: sizes[0], heads: sizes[3])
    }
    let configuration = ModelConfiguration(
      layers: sizes[2], hiddenSize: sizes[0], intermediateSize: sizes[1], heads: sizes[3],
      keyValueHeads: sizes[4], vocabularySize: abs(sizes[5]), maximumLength: sizes[6],
      tiedHead: sizes[5] > 0)
    do { try configuration.validate() } catch { throw .impossible(error) }
    return configuration
  }

  /// The bytes of a whole file; sizes come from outside, and so every product is checked.
  private static func byteCount(_ sizes: ModelConfiguration) throws(Llama2CError) -> Int {
    var total = headerBytes
    func add(_ factors: Int...) throws(Llama2CError) {
      var product = 4
      for factor in factors {
        let (next, overflow) = product.multipliedReportingOverflow(by: factor)
        guard !overflow else { throw .overflow }
        product = next
      }
      let (sum, overflow) = total.addingReportingOverflow(product)
      guard !overflow else { throw .overflow }
      total = sum
    }
    let (width, inner) = (sizes.hiddenSize, sizes.intermediateSize)
    try add(sizes.tiedHead ? 1 : 2, sizes.vocabularySize, width)
    try add(sizes.layers, 2 * width, sizes.queryWidth + sizes.keyValueWidth)
    try add(sizes.layers, width, 3 * inner + 2)
    try add(width)
    try add(sizes.maximumLength, sizes.headDimension)
    return total
  }
}

extension Llama2CFile {
  /// The language model, its rotary pairs split into halves as everywhere else here.
  ///
  /// - Throws: `CheckpointError.nonFinite` where a weight is infinite or a NaN.
  public func transformer() throws(CheckpointError) -> Transformer<Float> {
    var numbers = FloatRun(bytes: bytes, position: Self.headerBytes)
    var parameters = ParameterSet<Float>()
    let layout = configuration.transformerLayout
    let shapes = Dictionary(uniqueKeysWithValues: layout.map { ($0.name, $0.shape) })
    for name in storedNames {
      if name == TensorName.head { numbers.skip(angleCount) }
      guard let shape = shapes[name] else { continue }
      let values = numbers.take(shape.count)
      guard values.allSatisfy(\.isFinite) else { throw .nonFinite(file: url.path, tensor: name) }
      parameters.append(name, shape: shape, values: splitHalves(values, of: name))
    }
    do {
      return try Transformer(configuration: configuration, parameters: parameters)
    } catch { throw .mismatch(file: url.path, error) }
  }

  /// Cosines and sines of half a head for every position.
  private var angleCount: Int { configuration.maximumLength * configuration.headDimension }

  /// The tensors in the order of the file, each kind for all layers.
  private var storedNames: [String] {
    let kinds = [
      "input_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
      "self_attn.o_proj", "post_attention_layernorm", "mlp.gate_proj", "mlp.down_proj",
      "mlp.up_proj",
    ]
    let inLayers = kinds.flatMap { kind in
      (0..<configuration.layers).map { TensorName.inLayer($0, kind) }
    }
    return [TensorName.embedding] + inLayers + [TensorName.finalNorm, TensorName.head]
  }

  private func splitHalves(_ values: [Float], of name: String) -> [Float] {
    configuration.rotaryHeads(of: name).map {
      splitRotaryPairs(values, heads: $0, columns: configuration.hiddenSize)
    } ?? values
  }
}

extension ModelConfiguration {
  /// The heads of a projection whose outputs are turned; nil for every other tensor.
  func rotaryHeads(of name: String) -> Int? {
    if name.hasSuffix(".self_attn.q_proj.weight") { return heads }
    return name.hasSuffix(".self_attn.k_proj.weight") ? keyValueHeads : nil
  }
}

/// Single-precision numbers one after another.
private struct FloatRun {
  let bytes: [UInt8]
  var position: Int

  mutating func skip(_ count: Int) { position += 4 * count }

  mutating func take(_ count: Int) -> [Float] {
    defer { skip(count) }
    return littleEndianFloats(bytes, in: position..<position + 4 * count)
  }
}
