import ArgumentParser
import DPO
import Datasets
import Foundation
import LanguageModel
import PPO
import RewardModeling
import SupervisedFineTuning
import Tokenization
import Training
import Workbench

/// `tandem sft`: a reference model from chosen completions.
struct SFTCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sft",
    abstract: "Fine-tune a model on the chosen completions of a data file.",
    discussion: """
      Without --model a byte-level BPE is trained on the texts of the file, and a
      model from nothing.

      EXAMPLES
        tandem sft --data pairs.jsonl --output sft
        tandem sft --data pairs.jsonl --output sft --preset small --vocabulary 1024 \\
          max_steps=1200
        tandem sft --data pairs.jsonl --model base --output sft learning_rate=1e-4 \\
          --seed 7
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
    if options.listsSettings { return print(settingsText(SFTConfiguration.self)) }
    let settings = try options.read(SFTConfiguration.self)
    var start = ModelSpecification(preset)
    if let model { start = .checkpoint(model, isTuned: false) }
    try await options.train(.sft(settings), from: start, vocabulary: vocabulary) {
      $0.plan($1, settings)
    }
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
        tandem reward --data pairs.jsonl --model sft --output reward \\
          num_train_epochs=1 --json
      """)

  @OptionGroup var options: StageOptions

  @Option(help: "The model whose backbone it starts from: a folder or a model's file.")
  var model: String?

  func run() async throws {
    if options.listsSettings { return print(settingsText(RewardConfiguration.self)) }
    let settings = try options.read(RewardConfiguration.self)
    guard settings.ensembleSize ?? 1 == 1 else {
      throw ConfigurationError.contradiction(
        "a folder holds one reward model; train members with other seeds, or use `tandem run`")
    }
    try await options.train(.reward(settings), from: .checkpoint(try required(model, "model"))) {
      $0.plan($1, settings)
    }
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
        tandem dpo --data pairs.jsonl --model sft --output dpo beta=0.3 \\
          learning_rate=5e-4
        tandem dpo --data pairs.jsonl --model sft --output dpo --config dpo.yaml \\
          --seed 3
        tandem dpo --data pairs.jsonl --model smollm2.gguf --chat --output dpo \\
          learning_rate=1e-6
      """)

  @OptionGroup var options: StageOptions

  @Option(help: "The model to start from, which is the reference too: a folder or a model's file.")
  var model: String?

  func run() async throws {
    if options.listsSettings { return print(settingsText(DPOConfiguration.self)) }
    let settings = try options.read(DPOConfiguration.self)
    try await options.train(
      .arm(.dpo(settings), rewardCheckpoint: nil), from: .checkpoint(try required(model, "model"))
    ) { $0.plan($1, settings) }
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
        tandem ppo --data pairs.jsonl --model sft --reward reward --output ppo \\
          kl_coef=0.3 iterations=40
      """)

  @OptionGroup var options: StageOptions

  @Option(help: "The model to start from, which is the reference too: a folder or a model's file.")
  var model: String?

  @Option(help: "The folder of the reward model.")
  var reward: String?

  func run() async throws {
    if options.listsSettings { return print(settingsText(PPOConfiguration.self)) }
    let settings = try options.read(PPOConfiguration.self)
    let (model, reward) = (try required(model, "model"), try required(reward, "reward"))
    let scorer = try ModelFolder(URL(filePath: reward)).rewardModel()
    try requireSameVocabulary(try ModelFolder(URL(filePath: model)).policy(), scorer, in: reward)
    try await options.train(
      .arm(.ppo(settings, reward: .learned), rewardCheckpoint: reward), from: .checkpoint(model)
    ) { $0.plan($1, reward: scorer.model.configuration, settings) }
  }
}

/// The preset of a name.
func namedPreset(_ name: String) throws -> ModelPreset {
  guard let preset = ModelPreset(rawValue: name) else {
    let known = ModelPreset.allCases.map(\.rawValue).joined(separator: ", ")
    throw ValidationError("unknown preset '\(name)'; known: \(known)")
  }
  return preset
}

extension ModelSpecification {
  /// A model that is there, the reference as it is unless it is to be fine-tuned first.
  fileprivate static func checkpoint(_ path: String, isTuned: Bool = true) -> ModelSpecification {
    var model = ModelSpecification()
    (model.checkpoint, model.isTuned) = (path, isTuned)
    return model
  }
}

/// A value that may be left out only where settings are listed.
private func required(_ value: String?, _ name: String) throws -> String {
  guard let value else { throw ValidationError("Missing expected argument '--\(name) <\(name)>'") }
  return value
}

/// Every setting of a method, a line each.
private func settingsText<Settings: SettingsTable>(_ type: Settings.Type) -> String {
  Settings.descriptions.plainText
}
