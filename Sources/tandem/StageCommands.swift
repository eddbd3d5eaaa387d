import ArgumentParser
import DPO
import Datasets
import Foundation
import LanguageModel
import PPO
import RewardModeling
import SupervisedFineTuning
import Tokenization
import Workbench

/// `tandem sft`: a reference model from chosen completions.
struct SFTCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sft",
    abstract: "Fine-tune a model on the chosen completions of a data file.",
    discussion: """
      Without --model a byte-level BPE is trained on the texts of the file, and a model from nothing.

      EXAMPLES
        tandem sft --data pairs.jsonl --output sft
        tandem sft --data pairs.jsonl --output sft --preset small --vocabulary 1024 max_steps=1200
        tandem sft --data pairs.jsonl --model base --output sft learning_rate=1e-4 --seed 7
      """)

  @OptionGroup var options: StageOptions

  @Option(help: "A model to start from: a folder or a model's file.")
  var model: String?

  @Option(help: "The size of a new model: tiny, small or medium.", transform: namedPreset)
  var preset = ModelPreset.tiny

  @Option(help: "The tokens of a new vocabulary, 260 to 4096.")
  var vocabulary = 512

  func validate() throws {
    guard 260...4096 ~= vocabulary else {
      throw ValidationError("--vocabulary is \(vocabulary); allowed is 260 to 4096")
    }
  }

  func run() async throws {
    let settings = try options.read(SFTConfiguration.self)
    let start = try startingPoint()
    try await options.train(
      "sft", tokenizer: start.tokenizer, maximumLength: start.model.configuration.maximumLength,
      memory: { $0.memory(start.model.configuration, settings) }
    ) { try $0.fineTune(start.model, settings) }
  }

  private func startingPoint() throws -> (model: Transformer<Float>, tokenizer: any Tokenizer) {
    if let model {
      let folder = ModelFolder(URL(filePath: model))
      return (try folder.policy(), try folder.tokenizer())
    }
    return newModel(
      for: try options.pairFile().pairs, preset: preset, vocabularySize: vocabulary,
      seed: Seed(options.seed))
  }
}

/// `tandem reward`: a reward model from pairs.
struct RewardCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reward",
    abstract: "Fit a Bradley–Terry reward model to the pairs of a data file.",
    discussion: """
      EXAMPLES
        tandem reward --data pairs.jsonl --model sft --output reward
        tandem reward --data pairs.jsonl --model sft --output reward num_train_epochs=1 --json
      """)

  @OptionGroup var options: StageOptions

  @Option(help: "The model whose backbone it starts from: a folder or a model's file.")
  var model: String

  func run() async throws {
    let settings = try options.read(RewardConfiguration.self)
    let folder = ModelFolder(URL(filePath: model))
    let reference = try folder.policy()
    try await options.train(
      "reward", tokenizer: try folder.tokenizer(),
      maximumLength: reference.configuration.maximumLength,
      memory: { $0.memory(reference.configuration, settings) }
    ) { try $0.trainReward(from: reference, settings) }
  }
}

/// `tandem dpo`: a policy from pairs.
struct DPOCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dpo",
    abstract: "Train a policy by direct preference optimisation on the pairs of a data file.",
    discussion: """
      EXAMPLES
        tandem dpo --data pairs.jsonl --model sft --output dpo
        tandem dpo --data pairs.jsonl --model sft --output dpo beta=0.3 learning_rate=5e-4
        tandem dpo --data pairs.jsonl --model sft --output dpo --config dpo.yaml --seed 3
        tandem dpo --data pairs.jsonl --model smollm2.gguf --chat --output dpo learning_rate=1e-6
      """)

  @OptionGroup var options: StageOptions

  @Option(help: "The model to start from, which is the reference too: a folder or a model's file.")
  var model: String

  func run() async throws {
    let settings = try options.read(DPOConfiguration.self)
    let folder = ModelFolder(URL(filePath: model))
    let reference = try folder.policy()
    try await options.train(
      "dpo", tokenizer: try folder.tokenizer(),
      maximumLength: reference.configuration.maximumLength,
      memory: { $0.memory(reference.configuration, settings) },
      updates: { settings.epochs * max(1, $0 / settings.batchSize) }
    ) { try $0.trainDPO(from: reference, settings) }
  }
}

/// `tandem ppo`: a policy from prompts and a reward model.
struct PPOCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ppo",
    abstract: "Train a policy by PPO on a reward model, from the prompts of a data file.",
    discussion: """
      EXAMPLES
        tandem ppo --data pairs.jsonl --model sft --reward reward --output ppo
        tandem ppo --data pairs.jsonl --model sft --reward reward --output ppo kl_coef=0.3 iterations=40
      """)

  @OptionGroup var options: StageOptions

  @Option(help: "The model to start from, which is the reference too: a folder or a model's file.")
  var model: String

  @Option(help: "The folder of the reward model.")
  var reward: String

  func run() async throws {
    let settings = try options.read(PPOConfiguration.self)
    let folder = ModelFolder(URL(filePath: model))
    let (reference, scorer) = (
      try folder.policy(), try ModelFolder(URL(filePath: reward)).rewardModel()
    )
    try requireSameVocabulary(reference, scorer, in: reward)
    try await options.train(
      "ppo", tokenizer: try folder.tokenizer(),
      maximumLength: reference.configuration.maximumLength,
      memory: {
        $0.memory(reference.configuration, reward: scorer.model.configuration, settings)
      }
    ) { try $0.trainPPO(from: reference, reward: scorer, settings) }
  }
}

/// The preset of a name.
private func namedPreset(_ name: String) throws -> ModelPreset {
  guard let preset = ModelPreset(rawValue: name) else {
    let known = ModelPreset.allCases.map(\.rawValue).joined(separator: ", ")
    throw ValidationError("unknown preset '\(name)'; known: \(known)")
  }
  return preset
}
