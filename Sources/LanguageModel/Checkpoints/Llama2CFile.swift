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

/// The rule of llama2.c's model files that a file breaks.
public enum Llama2CError: Error, Equatable, CustomStringConvertible {
  /// Fewer than the seven numbers of the header.
  case headerCutOff(bytes: Int)
  /// A file of a later version of the format, which begins with `ak42`.
  case laterVersion(Int)
  /// Sizes that no model has.
  case impossible(ModelError)
  /// A size that is not the width of all heads together.
  case unevenHeads(width: Int, heads: Int)
  /// Sizes whose product overflows the number of bytes.
  case overflow
  /// Another number of bytes than the header's sizes call for.
  case wrongLength(expected: Int, found: Int)

  /// The mistake as a sentence.
  public var description: String {
    switch self {
    case .headerCutOff(let bytes): "\(bytes) bytes are too few for the header's seven numbers"
    case .laterVersion(let version):
      "llama2.c's version \(version) is not read; export the model with --version 0"
    case .impossible(let error): "\(error)"
    case .unevenHeads(let width, let heads): "\(heads) heads do not divide a width of \(width)"
    case .overflow: "its sizes call for more bytes than there can be"
    case .wrongLength(let expected, let found):
      "its sizes call for \(expected) bytes and the file has \(found); download it again"
    }
  }
}

/// The rows of a query or key projection, moved from neighbouring rotary pairs to split halves.
///
/// llama2.c and GGUF turn the coordinates (2i, 2i + 1) of a head together, transformers and this
/// library (i, i + d/2). Row 2i + p of a head of width d thus becomes row i + p·d/2; queries and
/// keys move alike, and so their products stay what they were.
///
/// - Parameters:
///   - matrix: heads·d rows of `columns` numbers.
///   - heads: The heads of this projection.
///   - columns: The width of a row.
/// - Returns: The same rows in the other order.
func splitRotaryPairs(_ matrix: [Float], heads: Int, columns: Int) -> [Float] {
  let width = matrix.count / columns / heads
  precondition(
    heads * width * columns == matrix.count && width % 2 == 0,
    "\(matrix.count) numbers for \(heads) heads of \(columns) columns")
  var result: [Float] = []
  result.reserveCapacity(matrix.count)
  for head in 0..<heads {
    for row in 0..<width {
      let source = head * width + 2 * (row % (width / 2)) + row / (width / 2)
      result += matrix[source * columns..<(source + 1) * columns]
    }
  }
  return result
}
