import ArgumentParser
import Datasets
import Foundation
import LanguageModel
import RewardModeling
import Tokenization
import Workbench

/// `tandem evaluate`: a policy against its reference.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a policy against its reference on the pairs of a data file.",
    discussion: """
      Prints the accuracy of the implicit reward on the pairs, the KL to the
      reference, length and EOS rate; with --reward also reward and win rate under
      the reward model.

      EXAMPLES
        tandem evaluate --model dpo --reference sft --data test.jsonl
        tandem evaluate --model ppo --reference sft --reward reward \\
          --data test.jsonl --json
      """)

  @Option(help: "The policy: a folder or a model's file.")
  var model: String

  @Option(help: "The reference: a folder or a model's file.")
  var reference: String

  @Option(help: "The reward model's folder.")
  var reward: String?

  @Option(help: "JSON Lines with prompt, chosen and rejected, held out from training.")
  var data: String

  @OptionGroup var turns: ConversationOptions

  @Option(help: "The most prompts to sample from.")
  var prompts = 512

  @Option(help: "The seed of the draws.")
  var seed: UInt64 = 1

  @OptionGroup var threads: JobOptions

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
    let file = try PreferenceFile(contentsOf: URL(filePath: data))
    let pairs = try turns.pairs(file, tokenizer)
      .tokenized(by: tokenizer, maximumLength: length)
    let result = try measure(
      policy, reference: base, reward: scorer, pairs: pairs, tokenizer: tokenizer,
      promptLimit: prompts, seed: Seed(seed), workers: threads.jobs)
    if json { return try print(jsonText(of: result)) }
    for (name, value) in result.values.sorted(by: { $0.key < $1.key }) {
      print(padded(name, to: 34) + "\(value)")
    }
  }
}
