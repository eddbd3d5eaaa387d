package import Foundation
package import LanguageModel
package import RewardModeling
import Tasks
import TensorKernels
package import Tokenization

/// A model with its tokenizer: a folder as transformers' `from_pretrained` reads it, or one file.
///
/// A file is a `.safetensors` beside its `config.json`, a llama2.c `.bin` or a `.gguf`.
package struct ModelFolder: Sendable {
  /// The folder or file.
  package let url: URL
  /// A tokenizer named apart from the model: a `tokenizer.bin` of llama2.c, or a folder.
  private let namedTokenizer: URL?

  /// The model in a folder, which need not exist yet, or in a file.
  package init(_ url: URL, tokenizer: URL? = nil) {
    (self.url, namedTokenizer) = (url, tokenizer)
  }

  /// The file whose hash stands for the model.
  package var weights: URL { checkpoint.weights }

  /// The tokenizer, which must not have more tokens than the model.
  package func tokenizer() throws -> any Tokenizer {
    let (tokenizer, place) = try storedTokenizer()
    let tokens = try configuration().vocabularySize
    guard tokenizer.vocabularySize <= tokens else {
      throw ForeignTokenizer(
        path: place.path, sizes: [tokenizer.vocabularySize, tokens], model: url.path)
    }
    return tokenizer
  }

  /// The language model.
  package func policy() throws -> Transformer<Float> {
    switch try format() {
    case .folder: try checkpoint.transformer()
    case .llama2C: try Llama2CFile(contentsOf: url).transformer()
    case .gguf: try GGUFFile(contentsOf: url).transformer()
    }
  }

  /// The reward model with the constant and the factor that normalise it.
  package func rewardModel() throws -> RewardModel {
    guard try format() == .folder else {
      throw CheckpointError.unsupported(
        file: url.path, reason: "holds a language model; name a folder that `tandem reward` wrote")
    }
    let metadata = try checkpoint.metadata()
    return RewardModel(
      model: try checkpoint.scalarModel(),
      offset: metadata[offsetKey].flatMap(Double.init) ?? 0,
      gain: metadata[gainKey].flatMap(Double.init) ?? 1)
  }

  /// Writes a language model.
  package func write(_ policy: Transformer<Float>, tokenizer: any Tokenizer) throws {
    try Checkpoint(folder: url).write(policy, tokens: tokenizer.specialTokens)
    try describe(tokenizer, maximumLength: policy.configuration.maximumLength)
  }

  /// Writes a reward model; what normalises it is kept beside the weights.
  package func write(_ reward: RewardModel, tokenizer: any Tokenizer) throws {
    var metadata = [offsetKey: "\(reward.offset)"]
    if reward.gain != 1 { metadata[gainKey] = "\(reward.gain)" }
    try Checkpoint(folder: url).write(
      reward.model, tokens: tokenizer.specialTokens, metadata: metadata)
    try describe(tokenizer, maximumLength: reward.model.configuration.maximumLength)
  }

  /// Throws unless the folder can be written without losing anything that is not a model.
  ///
  /// - Parameter replacing: Whether a model that is there already may be replaced.
  /// - Throws: `RunStoreError.cannotCreate` with the reason.
  package func requireWritable(replacing: Bool) throws {
    let contents = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    let isModel = contents.contains(weights.lastPathComponent)
    guard contents.isEmpty || (isModel && replacing) else {
      throw RunStoreError.cannotCreate(
        path: url.path,
        reason: isModel ? "it holds a model; --force replaces it" : "it holds other files")
    }
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw RunStoreError.cannotCreate(path: url.path, reason: plainReason(error))
    }
    let probe = url.appending(path: ".writable")
    do {
      try Data().write(to: probe)
      try FileManager.default.removeItem(at: probe)
    } catch {
      throw RunStoreError.cannotCreate(path: url.path, reason: plainReason(error))
    }
  }

  /// Writes the tokenizer's files; a tokenizer of a caller's own that has no file format has none.
  private func describe(_ tokenizer: any Tokenizer, maximumLength: Int) throws {
    let closed = (tokenizer as? ClosedVocabulary)?.wordVocabulary
    do throws(TokenizationError) {
      try writeTokenizer(closed ?? tokenizer, to: url, maximumLength: maximumLength)
    } catch {
      guard case .unsupportedTokenizer = error else { throw error }
    }
  }
}

extension ModelFolder {
  private enum Format { case folder, llama2C, gguf }

  /// What kind of model there is, or an error that names what is missing.
  private func format() throws -> Format {
    let format: Format =
      switch url.pathExtension {
      case "bin" where !isFolder(url): .llama2C
      case "gguf" where !isFolder(url): .gguf
      default: .folder
      }
    let needed = format == .folder ? weights : url
    if format == .folder, checkpoint.isSharded { return format }
    guard FileManager.default.fileExists(atPath: needed.path) else {
      throw MissingInput(
        path: needed.path,
        remedy: "name a folder that `tandem sft` or `tandem run` wrote, or a model's file")
    }
    return format
  }

  private var checkpoint: Checkpoint {
    isWeightsFile
      ? Checkpoint(folder: url.deletingLastPathComponent(), weightsFile: url.lastPathComponent)
      : Checkpoint(folder: url)
  }

  private var isWeightsFile: Bool { url.pathExtension == "safetensors" && !isFolder(url) }

  /// The sizes of the model, without reading its weights.
  func configuration() throws -> ModelConfiguration {
    switch try format() {
    case .folder: try checkpoint.configuration()
    case .llama2C: try Llama2CFile(contentsOf: url).configuration
    case .gguf: try GGUFFile(contentsOf: url).configuration
    }
  }

  /// The tokenizer and where it was found.
  private func storedTokenizer() throws -> (any Tokenizer, URL) {
    let format = try format()
    if let named = namedTokenizer {
      return (isFolder(named) ? try readTokenizer(from: named) : try readPieces(from: named), named)
    }
    switch format {
    case .folder: return (try readTokenizer(from: checkpoint.folder), checkpoint.folder)
    case .llama2C:
      let file = try piecesBesideModel()
      return (try readPieces(from: file), file)
    case .gguf: return (try GGUFFile(contentsOf: url).tokenizer(), url)
    }
  }

  /// `tokN.bin` for a vocabulary of N tokens, or else `tokenizer.bin`.
  private func piecesBesideModel() throws -> URL {
    let names = ["tok\(try configuration().vocabularySize).bin", "tokenizer.bin"]
    let places = names.map { url.deletingLastPathComponent().appending(path: $0) }
    guard let file = places.first(where: { FileManager.default.fileExists(atPath: $0.path) }) else {
      throw MissingInput(
        path: places[0].path, remedy: "put it beside the model, or name it with --tokenizer")
    }
    return file
  }
}

private func isFolder(_ url: URL) -> Bool {
  (try? url.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory ?? false
}

/// A tokenizer that belongs to another model.
package struct ForeignTokenizer: Error, Equatable, CustomStringConvertible {
  /// Where the tokenizer is.
  package var path: String
  /// The tokens of the tokenizer and of the model.
  package var sizes: [Int]
  /// Where the model is.
  package var model: String

  /// A tokenizer with more tokens than a model.
  package init(path: String, sizes: [Int], model: String) {
    (self.path, self.sizes, self.model) = (path, sizes, model)
  }

  /// The sentence for people.
  package var description: String {
    "\(path) has \(sizes[0]) tokens, but \(model) only \(sizes[1]); "
      + "use the tokenizer that the model was trained with"
  }
}

private let offsetKey = "tandem_reward_offset"
private let gainKey = "tandem_reward_gain"

extension Tokenizer {
  /// The special tokens as a model's configuration states them.
  var specialTokens: SpecialTokens {
    SpecialTokens(begin: beginToken, end: endToken, pad: padToken)
  }
}

extension ForeignTokenizer: ErrorWithExitStatus {
  /// A tokenizer that does not belong to the model.
  package var exitStatus: ExitStatus { .data }
}
