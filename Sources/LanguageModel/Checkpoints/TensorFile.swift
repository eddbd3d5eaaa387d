import Autograd
import TensorKernels

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
