import Autograd
import Foundation
public import TensorKernels

extension Checkpoint {
  /// The sizes that `config.json` states.
  public func configuration() throws(CheckpointError) -> ModelConfiguration {
    let file = folder.appending(path: Self.configurationFile)
    return try ModelConfiguration(hub: try hubDocument(), file: file.path)
  }

  /// What kind of model the checkpoint holds.
  public func kind() throws(CheckpointError) -> CheckpointKind {
    let file = folder.appending(path: Self.configurationFile)
    let names = try hubDocument()["architectures"]?.array?.compactMap(\.string) ?? []
    guard names.count == 1, let kind = CheckpointKind(rawValue: names[0]) else {
      throw .unsupported(file: file.path, reason: "architectures \(names) are not supported")
    }
    return kind
  }

  /// The special tokens that `config.json` states.
  public func specialTokens() throws(CheckpointError) -> SpecialTokens {
    let document = try hubDocument()
    let ids = ["bos_token_id", "eos_token_id", "pad_token_id"].map { document[$0]?.integer }
    guard let begin = ids[0], let end = ids[1], let pad = ids[2] else {
      throw .unsupported(
        file: folder.appending(path: Self.configurationFile).path,
        reason: "bos_token_id, eos_token_id and pad_token_id must all be integers")
    }
    return SpecialTokens(begin: begin, end: end, pad: pad)
  }

  /// The strings kept beside the weights.
  public func metadata() throws(CheckpointError) -> [String: String] {
    try safetensors().metadata
  }

  /// The language model of the checkpoint.
  ///
  /// - Parameter allowsNonFinite: Whether a NaN or an infinite weight is let through.
  /// - Returns: The model, with every tensor present and of the right shape.
  /// - Throws: The first rule that the files break.
  public func transformer(
    allowsNonFinite: Bool = false
  ) throws(CheckpointError) -> Transformer<Float> {
    let configuration = try configuration()
    let parameters = try parameters(configuration.transformerLayout, allowsNonFinite)
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
    let parameters = try parameters(configuration.scalarModelLayout, allowsNonFinite)
    do {
      return try ScalarModel(configuration: configuration, parameters: parameters)
    } catch { throw .mismatch(file: weights.path, error) }
  }

  /// The tensors of a layout, with the shapes it states, and no others.
  private func parameters(
    _ layout: [TensorLayout], _ allowsNonFinite: Bool
  ) throws(CheckpointError) -> ParameterSet<Float> {
    let file = try safetensors()
    let entries = Dictionary(uniqueKeysWithValues: file.entries.map { ($0.name, $0) })
    for entry in file.entries where !layout.contains(where: { $0.name == entry.name }) {
      throw .mismatch(file: weights.path, .unexpectedTensor(entry.name))
    }
    var parameters = ParameterSet<Float>()
    for tensor in layout {
      guard let entry = entries[tensor.name] else {
        throw .mismatch(file: weights.path, .missingTensor(tensor.name))
      }
      guard entry.shape == tensor.fileShape else {
        throw .mismatch(
          file: weights.path,
          .shapeMismatch(tensor: tensor.name, expected: tensor.fileShape, found: entry.shape))
      }
      guard let values = file.floats(tensor.name) else {
        throw .wrongType(file: weights.path, tensor: tensor.name, type: entry.type)
      }
      guard allowsNonFinite || values.allSatisfy(\.isFinite) else {
        throw .nonFinite(file: weights.path, tensor: tensor.name)
      }
      parameters.append(tensor.name, shape: tensor.shape, values: values)
    }
    return parameters
  }

  private func safetensors() throws(CheckpointError) -> SafetensorsFile {
    let bytes = try fileBytes(weights)
    do { return try SafetensorsFile(bytes: bytes) } catch {
      throw .malformed(file: weights.path, error)
    }
  }

  private func hubDocument() throws(CheckpointError) -> JSONValue {
    let file = folder.appending(path: Self.configurationFile)
    let bytes = try fileBytes(file)
    do { return try JSONParser.parse(bytes) } catch {
      switch error {
      case .duplicateKey(let key):
        throw .unsupported(file: file.path, reason: "key '\(key)' occurs twice")
      case .syntax(let byte, let reason):
        throw .unsupported(file: file.path, reason: "not JSON: \(reason) at byte \(byte)")
      }
    }
  }
}
