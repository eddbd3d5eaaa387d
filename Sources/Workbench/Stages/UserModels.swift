package import Datasets
import Foundation
package import LanguageModel
package import RewardModeling
package import Tasks
import TensorKernels
package import Tokenization

/// A new model for a user's texts, with a byte-level BPE trained on them.
package func newModel(
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

/// A user's own prompts as a task: what a reward model scores stands where the gold would be.
package struct UserPrompts: PreferenceTask {
  /// The task's name in results.
  package let name = "your-data"
  /// The tokenizer of the models.
  package let tokenizer: any Tokenizer
  /// The most tokens of a completion.
  package let maximumCompletionLength: Int
  /// Only the reward's score.
  package let goldTermNames = ["reward"]
  /// All prompts are of one kind.
  package let supportedSplits: [Split] = [.test]
  /// Nobody lists what a user's model can say.
  package let allCompletions: [[Int]]? = nil
  private let given: [[Int]]
  private let demonstrated: [TokenSequence]
  private let reward: RewardModel?

  /// The prompts of pairs, as often as they occur; without a reward model every completion scores zero.
  package init(
    pairs: [PreferencePair], tokenizer: any Tokenizer, maximumCompletionLength: Int,
    reward: RewardModel?
  ) {
    given = pairs.map(\.prompt)
    demonstrated = pairs.map(\.chosenSequence)
    (self.tokenizer, self.maximumCompletionLength) = (tokenizer, maximumCompletionLength)
    self.reward = reward
  }

  /// The first chosen completions; nothing is drawn.
  package func demonstrations(count: Int, seed: Seed) -> [TokenSequence] {
    Array(demonstrated.prefix(count))
  }

  /// The first prompts; nothing is drawn.
  package func prompts(count: Int, split: Split, seed: Seed) -> [[Int]] {
    Array(given.prefix(count))
  }

  /// The score of the reward model.
  package func gold(_ sequence: TokenSequence) -> GoldReward {
    let score = reward?.rewards(of: [sequence])[0] ?? 0
    return GoldReward([GoldTerm(name: "reward", value: score)])
  }

  /// All prompts are one group.
  package func group(of prompt: [Int]) -> String { "all" }
}
