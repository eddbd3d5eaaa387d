package import Datasets
import Foundation
package import LanguageModel
package import RewardModeling
import Tasks
import TensorKernels
package import Tokenization

/// A sampled completion as text.
package struct SampledText: Codable, Sendable, Equatable {
  /// The prompt.
  package var prompt: String
  /// What the model added.
  package var completion: String
  /// Whether it ended by itself.
  package var ended: Bool
  /// The log-probability of the completion under the sampling temperature.
  package var logProbability: Double
}

/// Samples one completion for each prompt, which so many threads share.
package func sampleTexts(
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
package struct MissingRoom: Error, Equatable, CustomStringConvertible {
  /// The positions that the model has.
  package var positions: Int

  /// A model that is full.
  package init(positions: Int) { self.positions = positions }

  /// The sentence for people.
  package var description: String {
    "a prompt fills the model's \(positions) positions; shorten it"
  }
}

/// Two models that cannot read the same tokens.
package struct VocabularyMismatch: Error, Equatable, CustomStringConvertible {
  /// The folder of the second model.
  package var folder: String
  /// The number of tokens of either model.
  package var sizes: [Int]

  /// A mismatch of the vocabularies' sizes.
  package init(folder: String, sizes: [Int]) { (self.folder, self.sizes) = (folder, sizes) }

  /// The sentence for people.
  package var description: String {
    "\(folder) holds a model of \(sizes[1]) tokens, but the policy has \(sizes[0]); "
      + "use models that grew from the same `tandem sft`"
  }
}

/// Throws unless another policy reads the same tokens.
package func requireSameVocabulary(
  _ policy: Transformer<Float>, _ other: Transformer<Float>, in folder: String
) throws {
  try requireSameVocabulary(policy.configuration, other.configuration, in: folder)
}

/// Throws unless a reward model reads the same tokens.
package func requireSameVocabulary(
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

extension VocabularyMismatch: ErrorWithExitStatus {
  /// Models that do not belong together.
  package var exitStatus: ExitStatus { .data }
}

extension MissingRoom: ErrorWithExitStatus {
  /// A prompt that does not fit.
  package var exitStatus: ExitStatus { .data }
}
