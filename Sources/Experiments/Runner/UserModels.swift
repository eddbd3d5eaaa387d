public import Datasets
import Foundation
public import LanguageModel
public import RewardModeling
public import TensorKernels
public import Tokenization

/// A new model for a user's texts, with a byte-level BPE trained on them.
public func newModel(
  for pairs: [TextPair], preset: ModelPreset, vocabularySize: Int, seed: Seed
) -> (model: Transformer<Float>, tokenizer: any Tokenizer) {
  let texts = pairs.flatMap { [$0.prompt + $0.chosen, $0.prompt + $0.rejected] }
  let tokenizer = BytePairEncoding.train(on: texts, vocabularySize: vocabularySize)
  // Prompt and completion are encoded apart, begin and end token come on top.
  let longest = pairs.map { pair in
    tokenizer.encode(pair.prompt).count + 2
      + max(tokenizer.encode(pair.chosen).count, tokenizer.encode(pair.rejected).count)
  }
  var generator = seed.generator(for: "model.initialization")
  let model = Transformer<Float>(
    configuration: preset.configuration(
      vocabularySize: tokenizer.vocabularySize, maximumLength: max(128, longest.max() ?? 0)),
    using: &generator)
  return (model, tokenizer)
}

/// A sampled completion as text.
public struct SampledText: Codable, Sendable, Equatable {
  /// The prompt.
  public var prompt: String
  /// What the model added.
  public var completion: String
  /// Whether it ended by itself.
  public var ended: Bool
  /// The log-probability of the completion under the sampling temperature.
  public var logProbability: Double
}

/// Samples one completion for each prompt, which so many threads share.
public func sampleTexts(
  from model: Transformer<Float>, tokenizer: any Tokenizer, prompts: [String],
  temperature: Double, maximumTokens: Int, seed: Seed, workers: Int = 1
) throws -> [SampledText] {
  let encoded = try prompts.map { try tokenizer.encodePrompt($0) }
  let room = model.configuration.maximumLength - (encoded.map(\.count).max() ?? 0)
  guard room >= 1 else {
    throw MissingRoom(positions: model.configuration.maximumLength)
  }
  let uniform = UniformStream(seed: seed, purpose: "sample")
  var sampler = Sampler(model, temperature: temperature, workers: workers)
  let samples = sampler.sample(
    prompts: encoded, maximumTokens: min(maximumTokens, room), endToken: tokenizer.endToken
  ) { uniform($0, $1) }
  return zip(prompts, samples).map { prompt, sample in
    SampledText(
      prompt: prompt,
      completion: tokenizer.continuation(
        of: sample.sequence.prompt, by: sample.sequence.completion),
      ended: sample.ended, logProbability: sample.logProbabilities.reduce(0, +))
  }
}

/// A prompt that fills the model.
public struct MissingRoom: Error, Equatable, CustomStringConvertible {
  /// The positions that the model has.
  public var positions: Int

  /// A model that is full.
  public init(positions: Int) { self.positions = positions }

  /// The sentence for people.
  public var description: String {
    "a prompt fills the model's \(positions) positions; shorten it"
  }
}

/// Two models that cannot read the same tokens.
public struct VocabularyMismatch: Error, Equatable, CustomStringConvertible {
  /// The folder of the second model.
  public var folder: String
  /// The number of tokens of either model.
  public var sizes: [Int]

  /// A mismatch of the vocabularies' sizes.
  public init(folder: String, sizes: [Int]) { (self.folder, self.sizes) = (folder, sizes) }

  /// The sentence for people.
  public var description: String {
    "\(folder) holds a model of \(sizes[1]) tokens, but the policy has \(sizes[0]); "
      + "use models that grew from the same `tandem sft`"
  }
}

/// Throws unless another policy reads the same tokens.
public func requireSameVocabulary(
  _ policy: Transformer<Float>, _ other: Transformer<Float>, in folder: String
) throws {
  try requireSameVocabulary(policy.configuration, other.configuration, in: folder)
}

/// Throws unless a reward model reads the same tokens.
public func requireSameVocabulary(
  _ policy: Transformer<Float>, _ reward: RewardModel, in folder: String
) throws {
  try requireSameVocabulary(policy.configuration, reward.model.configuration, in: folder)
}

private func requireSameVocabulary(
  _ first: ModelConfiguration, _ second: ModelConfiguration, in folder: String
) throws {
  let sizes = [first.vocabularySize, second.vocabularySize]
  guard sizes[0] == sizes[1] else { throw VocabularyMismatch(folder: folder, sizes: sizes) }
}
