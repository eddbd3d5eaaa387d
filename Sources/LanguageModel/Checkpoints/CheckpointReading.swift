import Autograd
import Foundation
import JSON
public import TensorKernels

extension Checkpoint {
  /// The sizes that `config.json` states.
  public func configuration() throws(CheckpointError) -> ModelConfiguration {
    let file = folder.appending(path: Self.configurationFile)
    return try ModelConfiguration(hub: try jsonDocument(file), file: file.path)
  }

  /// What kind of model the checkpoint holds.
  public func kind() throws(CheckpointError) -> CheckpointKind {
    let file = folder.appending(path: Self.configurationFile)
    let names = try jsonDocument(file)["architectures"]?.array?.compactMap(\.string) ?? []
    guard names.count == 1, let kind = CheckpointKind(rawValue: names[0]) else {
      throw .unsupported(file: file.path, reason: "architectures \(names) are not supported")
    }
    return kind
  }

  /// The special tokens that `config.json` states; without a pad token the end token fills up rows.
  public func specialTokens() throws(CheckpointError) -> SpecialTokens {
    let file = folder.appending(path: Self.configurationFile)
    let document = try jsonDocument(file)
    let ids = ["bos_token_id", "eos_token_id", "pad_token_id"].map { document[$0]?.integer() }
    guard let begin = ids[0], let end = ids[1] else {
      throw .unsupported(
        file: file.path, reason: "bos_token_id and eos_token_id must be integers")
    }
    return SpecialTokens(begin: begin, end: end, pad: ids[2] ?? end)
  }

  /// The strings kept beside the weights.
  public func metadata() throws(CheckpointError) -> [String: String] {
    guard !isSharded else { return [:] }
    return try SafetensorsWeights(contentsOf: weights).file.metadata
  }

  /// Whether the weights are in several files, which an index lists.
  public var isSharded: Bool {
    let files = FileManager.default
    return !files.fileExists(atPath: weights.path) && files.fileExists(atPath: indexFile.path)
  }

  private var indexFile: URL { folder.appending(path: ShardedWeights.indexFile) }

  /// The language model of the checkpoint.
  ///
  /// - Parameter allowsNonFinite: Whether a NaN or an infinite weight is let through.
  /// - Returns: The model, with every tensor present and of the right shape.
  /// - Throws: The first rule that the files break.
  public func transformer(
    allowsNonFinite: Bool = false
  ) throws(CheckpointError) -> Transformer<Float> {
    let configuration = try configuration()
    let parameters = try parameters(configuration, \.transformerLayout, allowsNonFinite)
    do {
      return try Transformer(configuration: configuration, parameters: parameters)
    } catch { throw .mismatch(file: weights.path, error) }
  }

  /// The reward or value model of the checkpoint.
  ///
  /// - Parameter allowsNonFinite: Whether a NaN or an infinite weight is let through.
  /// - Returns: The model, with every tensor present and of the right shape.
  /// - Throws: The first rule that the files break.
  public func scalarModel(
    allowsNonFinite: Bool = false
  ) throws(CheckpointError) -> ScalarModel<Float> {
    let configuration = try configuration()
    let parameters = try parameters(configuration, \.scalarModelLayout, allowsNonFinite)
    do {
      return try ScalarModel(configuration: configuration, parameters: parameters)
    } catch { throw .mismatch(file: weights.path, error) }
  }

  /// The tensors of a layout, from one file or from several.
  private func parameters(
    _ configuration: ModelConfiguration, _ layout: (ModelConfiguration) -> [TensorLayout],
    _ allowsNonFinite: Bool
  ) throws(CheckpointError) -> ParameterSet<Float> {
    let file: any TensorFile =
      isSharded
      ? try ShardedWeights(folder: folder) : try SafetensorsWeights(contentsOf: weights)
    return try file.parameters(configuration, layout, allowsNonFinite: allowsNonFinite)
  }
}

/// Named tensors of a file of any format, under the names of transformers.
protocol TensorFile {
  /// The file or folder that messages name.
  var path: String { get }
  /// The names of all tensors.
  var tensorNames: [String] { get }
  /// The sizes of a tensor's dimensions; nil where there is none of that name.
  func shape(of name: String) -> [Int]?
  /// The values of a tensor that is there, in single precision.
  func floats(_ name: String) throws(CheckpointError) -> [Float]
}

extension TensorFile {
  /// The tensors of a model, with the shapes that its configuration calls for, and no others.
  ///
  /// - Parameters:
  ///   - configuration: The sizes of the model.
  ///   - layout: Which of its tensors are wanted.
  ///   - allowsNonFinite: Whether a NaN or an infinite weight is let through.
  /// - Returns: The tensors in the order of the layout.
  /// - Throws: The first tensor that is missing, of another shape or type, not finite, or too many.
  func parameters(
    _ configuration: ModelConfiguration, _ layout: (ModelConfiguration) -> [TensorLayout],
    allowsNonFinite: Bool = false
  ) throws(CheckpointError) -> ParameterSet<Float> {
    // Before the layout of millions of layers is written down.
    guard configuration.layers <= tensorNames.count else {
      let name = TensorName.inLayer(tensorNames.count, "input_layernorm")
      throw .mismatch(file: path, .missingTensor(name))
    }
    let layout = layout(configuration)
    try requireNoOthers(than: layout, tiedHead: configuration.tiedHead)
    var parameters = ParameterSet<Float>()
    for tensor in layout {
      guard let found = shape(of: tensor.name) else {
        throw .mismatch(file: path, .missingTensor(tensor.name))
      }
      guard found == tensor.fileShape else {
        throw .mismatch(
          file: path,
          .shapeMismatch(tensor: tensor.name, expected: tensor.fileShape, found: found))
      }
      let values = try floats(tensor.name)
      guard allowsNonFinite || values.allSatisfy(\.isFinite) else {
        throw .nonFinite(file: path, tensor: tensor.name)
      }
      parameters.append(tensor.name, shape: tensor.shape, values: values)
    }
    return parameters
  }

  /// Tensors that old exports hold although they can be computed.
  private static var computedSuffix: String { ".rotary_emb.inv_freq" }

  private func requireNoOthers(
    than layout: [TensorLayout], tiedHead: Bool
  ) throws(CheckpointError) {
    let known = Set(layout.map(\.name))
    for name in tensorNames where !known.contains(name) && !name.hasSuffix(Self.computedSuffix) {
      guard name == TensorName.head, tiedHead, known.contains(TensorName.embedding) else {
        throw .mismatch(file: path, .unexpectedTensor(name))
      }
      guard shape(of: name) == shape(of: TensorName.embedding),
        try floats(name) == floats(TensorName.embedding)
      else { throw .untiedHead(file: path) }
    }
  }
}

/// A safetensors file with its place.
struct SafetensorsWeights: TensorFile {
  let path: String
  let file: SafetensorsFile

  var tensorNames: [String] { file.entries.map(\.name) }

  func shape(of name: String) -> [Int]? { file[name]?.shape }

  func floats(_ name: String) throws(CheckpointError) -> [Float] {
    guard let values = file.floats(name) else {
      throw .wrongType(file: path, tensor: name, type: file[name]?.type ?? "nothing")
    }
    return values
  }
}
