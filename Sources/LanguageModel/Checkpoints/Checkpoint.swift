import Autograd
public import Foundation
import JSON
public import TensorKernels

/// What a checkpoint holds, by the name of the class that reads it in transformers.
public enum CheckpointKind: String, Sendable, CaseIterable {
  /// A language model.
  case languageModel = "LlamaForCausalLM"
  /// A reward model: one label, read at the last token that is not padding.
  case rewardModel = "LlamaForSequenceClassification"

  var labels: [JSONValue.Member] {
    switch self {
    case .languageModel: []
    case .rewardModel:
      [
        .init(key: "id2label", value: ["0": "reward"]),
        .init(key: "label2id", value: ["reward": 0]),
      ]
    }
  }
}

/// A folder with a model in the layout of transformers.
///
/// It holds `model.safetensors`, `config.json` and, for a language model,
/// `generation_config.json`. The same model always gives the same bytes.
public struct Checkpoint: Sendable {
  /// The folder of the model's files.
  public let folder: URL
  /// The name of the file with the weights.
  public let weightsFile: String

  /// The name that a file with weights has in every model of transformers.
  public static let standardWeightsFile = "model.safetensors"
  /// The name of the file with the model's sizes.
  public static let configurationFile = "config.json"
  /// The name of the file that says how to sample: from the model's own distribution.
  public static let generationFile = "generation_config.json"
  /// The version of the layout, kept in the metadata of the weights.
  public static let formatVersion = 1

  /// The checkpoint in a folder, which need not exist yet.
  public init(folder: URL, weightsFile: String = standardWeightsFile) {
    self.folder = folder
    self.weightsFile = weightsFile
  }

  /// The weights' file.
  public var weights: URL { folder.appending(path: weightsFile) }

  /// Writes a language model; the folder appears whole or stays as it was.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - tokens: The special tokens of its vocabulary.
  ///   - metadata: Strings to keep beside the weights.
  ///   - files: More files of the same folder, for example the tokenizer's.
  /// - Throws: `CheckpointError.unwritable`.
  public func write(
    _ model: Transformer<Float>, tokens: SpecialTokens, metadata: [String: String] = [:],
    files: [String: [UInt8]] = [:]
  ) throws(CheckpointError) {
    let layout = model.configuration.transformerLayout
    var files = files
    files[Self.generationFile] = JSONWriter.indented(generationConfiguration(tokens))
    try write(
      model.parameters, as: layout, model.configuration, .languageModel, tokens, metadata, files)
  }

  /// Writes a reward or value model; the folder appears whole or stays as it was.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - tokens: The special tokens of its vocabulary.
  ///   - metadata: Strings to keep beside the weights.
  ///   - files: More files of the same folder, for example the tokenizer's.
  /// - Throws: `CheckpointError.unwritable`.
  public func write(
    _ model: ScalarModel<Float>, tokens: SpecialTokens, metadata: [String: String] = [:],
    files: [String: [UInt8]] = [:]
  ) throws(CheckpointError) {
    let layout = model.configuration.scalarModelLayout
    try write(
      model.parameters, as: layout, model.configuration, .rewardModel, tokens, metadata, files)
  }

  private func write(
    _ parameters: ParameterSet<Float>, as layout: [TensorLayout],
    _ configuration: ModelConfiguration, _ kind: CheckpointKind, _ tokens: SpecialTokens,
    _ metadata: [String: String], _ files: [String: [UInt8]]
  ) throws(CheckpointError) {
    let tensors = layout.map {
      SafetensorsFile.Tensor(name: $0.name, shape: $0.fileShape, values: parameters[$0.name])
    }
    let allMetadata = metadata.merging(
      ["format": "pt", "tandem_format_version": "\(Self.formatVersion)"]
    ) { $1 }
    var contents = files
    contents[weightsFile] = SafetensorsFile.encode(tensors, metadata: allMetadata)
    contents[Self.configurationFile] = JSONWriter.indented(
      configuration.hubConfiguration(kind, tokens))
    try AtomicFolder(folder).write(contents)
  }

  /// Sampling from the policy itself: transformers' defaults would cut it to 50 tokens.
  private func generationConfiguration(_ tokens: SpecialTokens) -> JSONValue {
    [
      "do_sample": true, "temperature": 1.0, "top_k": 0, "top_p": 1.0,
      "bos_token_id": .whole(tokens.begin), "eos_token_id": .whole(tokens.end),
      "pad_token_id": .whole(tokens.pad),
    ]
  }
}

/// Why a checkpoint cannot be read or written.
public enum CheckpointError: Error, Equatable, CustomStringConvertible {
  /// A file that is missing or cannot be read.
  case unreadable(file: String, reason: String)
  /// A file or folder that cannot be written.
  case unwritable(file: String, reason: String)
  /// A weights file that breaks a rule of the safetensors format.
  case malformed(file: String, SafetensorsError)
  /// An index of weights that breaks a rule.
  case malformedIndex(file: String, ShardIndexError)
  /// A file that breaks a rule of GGUF.
  case malformedGGUF(file: String, GGUFError)
  /// An output head beside an embedding that `config.json` says is the head.
  case untiedHead(file: String)
  /// A file that breaks a rule of llama2.c's layout.
  case malformedLlama2C(file: String, Llama2CError)
  /// A `config.json` that is not JSON, or that describes a model this code does not compute.
  case unsupported(file: String, reason: String)
  /// Tensors that are not those of the model.
  case mismatch(file: String, ModelError)
  /// A tensor whose elements are not floating-point numbers of 16 or 32 bits.
  case wrongType(file: String, tensor: String, type: String)
  /// A tensor with an infinite value or a NaN.
  case nonFinite(file: String, tensor: String)

  /// What is wrong with which file, as a sentence.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file): cannot be read: \(reason)"
    case .unwritable(let file, let reason): "\(file): cannot be written: \(reason)"
    case .malformed(let file, let error): "\(file): \(error); download or export it again"
    case .malformedIndex(let file, let error): "\(file): \(error); download all of its files again"
    case .malformedGGUF(let file, let error): "\(file): \(error)"
    case .untiedHead(let file):
      "\(file): tie_word_embeddings is true, but 'lm_head.weight' is not the embedding; "
        + "set it to false in config.json"
    case .malformedLlama2C(let file, let error): "\(file): not a model of llama2.c: \(error)"
    case .unsupported(let file, let reason): "\(file): \(reason)"
    case .mismatch(let file, let error): "\(file): \(error)"
    case .wrongType(let file, let tensor, let type):
      "\(file): tensor '\(tensor)' is stored as \(type); weights are read from F32, F16 and BF16"
    case .nonFinite(let file, let tensor):
      "\(file): tensor '\(tensor)' holds a NaN or an infinite value; the training that wrote it failed"
    }
  }
}
