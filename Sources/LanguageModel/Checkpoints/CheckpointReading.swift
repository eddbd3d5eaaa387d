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
