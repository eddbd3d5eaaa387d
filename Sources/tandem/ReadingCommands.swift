import ArgumentParser
import Datasets
import Experiments
import Foundation
import LanguageModel
import RewardModeling
import Tokenization

/// `tandem sample`: completions of a model.
struct SampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract: "Sample completions of a model.",
    discussion: """
      EXAMPLES
        tandem sample --model dpo --prompt "food service ="
        tandem sample --model dpo --data pairs.jsonl --count 20 --json
        tandem sample --model sft --prompt "the film" --temperature 0
      """)

  @Option(help: "The model's folder.")
  var model: String

  @Option(help: "A prompt; give the option again for more.")
  var prompt: [String] = []

  @Option(help: "JSON Lines whose prompts are used.")
  var data: String?

  @Option(help: "Completions of each prompt; with --data, prompts.")
  var count = 1

  @Option(help: "Divides the logits; 0 takes the likeliest token always.")
  var temperature = 1.0

  @Option(help: "The most tokens of a completion.")
  var maximumTokens = 48

  @Option(help: "The seed of the draws.")
  var seed: UInt64 = 1

  @Flag(help: "Print JSON Lines instead of text.")
  var json = false

  func validate() throws {
    guard !prompt.isEmpty || data != nil else { throw ValidationError("give --prompt or --data") }
    guard temperature >= 0, count >= 1, maximumTokens >= 1 else {
      throw ValidationError(
        "--temperature must be 0 or more, --count and --maximum-tokens 1 or more")
    }
  }

  func run() throws {
    let folder = ModelFolder(URL(filePath: model))
    let tokenizer = try folder.tokenizer()
    let samples = try sampleTexts(
      from: try folder.policy(), tokenizer: tokenizer, prompts: try prompts(),
      temperature: temperature, maximumTokens: maximumTokens, seed: Seed(seed))
    for sample in samples {
      try print(json ? jsonText(of: sample) : "\(sample.prompt) ⟶ \(sample.completion)")
    }
  }

  private func prompts() throws -> [String] {
    let given = prompt.flatMap { Array(repeating: $0, count: count) }
    guard let data else { return given }
    let file = try PreferenceFile(contentsOf: URL(filePath: data))
    return given + file.pairs.prefix(count).map(\.prompt)
  }
}

/// `tandem evaluate`: a policy against its reference.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a policy against its reference on the pairs of a data file.",
    discussion: """
      Prints the accuracy of the implicit reward on the pairs, the KL to the reference, length and EOS
      rate; with --reward also reward and win rate under the reward model.

      EXAMPLES
        tandem evaluate --model dpo --reference sft --data test.jsonl
        tandem evaluate --model ppo --reference sft --reward reward --data test.jsonl --json
      """)

  @Option(help: "The policy's folder.")
  var model: String

  @Option(help: "The reference's folder.")
  var reference: String

  @Option(help: "The reward model's folder.")
  var reward: String?

  @Option(help: "JSON Lines with prompt, chosen and rejected, held out from training.")
  var data: String

  @Option(help: "The most prompts to sample from.")
  var prompts = 512

  @Option(help: "The seed of the draws.")
  var seed: UInt64 = 1

  @Flag(help: "Print one JSON document instead of a table.")
  var json = false

  func validate() throws {
    guard prompts >= 1 else {
      throw ValidationError("--prompts is \(prompts); allowed is 1 or more")
    }
  }

  func run() throws {
    let folder = ModelFolder(URL(filePath: model))
    let (policy, tokenizer) = (try folder.policy(), try folder.tokenizer())
    let base = try ModelFolder(URL(filePath: reference)).policy()
    let scorer = try reward.map { try ModelFolder(URL(filePath: $0)).rewardModel() }
    try requireSameVocabulary(policy, base, in: reference)
    if let scorer, let reward { try requireSameVocabulary(policy, scorer, in: reward) }
    let length = min(policy.configuration.maximumLength, base.configuration.maximumLength)
    let pairs = try PreferenceFile(contentsOf: URL(filePath: data))
      .tokenized(by: tokenizer, maximumLength: length)
    let result = try measure(
      policy, reference: base, reward: scorer, pairs: pairs, tokenizer: tokenizer,
      promptLimit: prompts, seed: Seed(seed))
    if json { return try print(jsonText(of: result)) }
    for (name, value) in result.values.sorted(by: { $0.key < $1.key }) {
      print(padded(name, to: 34) + "\(value)")
    }
  }
}
