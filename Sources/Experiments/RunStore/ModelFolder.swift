public import Foundation
public import LanguageModel
public import RewardModeling
public import TensorKernels
public import Tokenization

/// A folder with a model and its tokenizer, as transformers' `from_pretrained` reads it.
public struct ModelFolder: Sendable {
  /// The folder.
  public let url: URL

  /// The model in a folder, which need not exist yet.
  public init(_ url: URL) { self.url = url }

  /// The file whose hash stands for the model.
  public var weights: URL { Checkpoint(folder: url).weights }

  /// The tokenizer.
  public func tokenizer() throws -> any Tokenizer {
    try requireFolder()
    return try readTokenizer(from: url)
  }

  /// The language model.
  public func policy() throws -> Transformer<Float> {
    try requireFolder()
    return try Checkpoint(folder: url).transformer()
  }

  /// The reward model with the constant and the factor that normalise it.
  public func rewardModel() throws -> RewardModel {
    try requireFolder()
    let checkpoint = Checkpoint(folder: url)
    let metadata = try checkpoint.metadata()
    return RewardModel(
      model: try checkpoint.scalarModel(),
      offset: metadata[offsetKey].flatMap(Double.init) ?? 0,
      gain: metadata[gainKey].flatMap(Double.init) ?? 1)
  }

  /// Writes a language model.
  public func write(_ policy: Transformer<Float>, tokenizer: any Tokenizer) throws {
    try Checkpoint(folder: url).write(policy, tokens: tokenizer.specialTokens)
    try describe(tokenizer, maximumLength: policy.configuration.maximumLength)
  }

  /// Writes a reward model; what normalises it is kept beside the weights.
  public func write(_ reward: RewardModel, tokenizer: any Tokenizer) throws {
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
  public func requireWritable(replacing: Bool) throws {
    let contents = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    let isModel = contents.contains(weights.lastPathComponent)
    guard contents.isEmpty || (isModel && replacing) else {
      throw RunStoreError.cannotCreate(
        path: url.path,
        reason: isModel ? "it holds a model; --force replaces it" : "it holds other files")
    }
    try CellStore(folder: url).make()
    let probe = url.appending(path: ".writable")
    do {
      try Data().write(to: probe)
      try FileManager.default.removeItem(at: probe)
    } catch {
      throw RunStoreError.cannotCreate(path: url.path, reason: plainReason(error))
    }
  }

  /// Writes the tokenizer's files, where its kind has any: the closed vocabulary of the enumerable
  /// language has none.
  private func describe(_ tokenizer: any Tokenizer, maximumLength: Int) throws {
    do {
      try writeTokenizer(tokenizer, to: url, maximumLength: maximumLength)
    } catch TokenizationError.unsupportedTokenizer {
      return
    }
  }

  private func requireFolder() throws {
    guard FileManager.default.fileExists(atPath: weights.path) else {
      throw MissingInput(
        path: weights.path, remedy: "name a folder that `tandem sft` or `tandem run` wrote")
    }
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
