import ArgumentParser
import Datasets
import Foundation
import LanguageModel
import Workbench

/// `tandem score`: what a model thinks of the completions of pairs.
struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Score the completions of preference pairs by a model's own probabilities.",
    discussion: """
      With a reference the score is the implicit reward β·(log π(y|x) − log
      π_ref(y|x)) of the DPO paper; without one it is the mean of log π over the
      tokens of the completion.

      EXAMPLES
        tandem score --model dpo --reference sft --data test.jsonl
        tandem score --model smollm2.gguf --chat --data pairs.jsonl --count 50 --json
      """)

  @Option(help: "The model: a folder, or a .safetensors, .gguf or llama2.c .bin file.")
  var model: String

  @Option(help: "The reference of the implicit reward.")
  var reference: String?

  @Option(help: "The factor β of the implicit reward.")
  var beta = 0.1

  @Option(help: "JSON Lines with prompt, chosen and rejected.")
  var data: String

  @OptionGroup var turns: ConversationOptions

  @Option(help: "The most pairs to score; all of them unless given.")
  var count: Int?

  @OptionGroup var threads: JobOptions

  @Flag(help: "Print one JSON document instead of a table.")
  var json = false

  func validate() throws {
    guard beta > 0, beta.isFinite, count ?? 1 >= 1 else {
      throw ValidationError("--beta must be above 0, --count 1 or more")
    }
  }

  func run() throws {
    let folder = ModelFolder(URL(filePath: model))
    let (policy, tokenizer) = (try folder.policy(), try folder.tokenizer())
    let base = try reference.map { try ModelFolder(URL(filePath: $0)).policy() }
    if let base, let reference { try requireSameVocabulary(policy, base, in: reference) }
    let lengths = [policy, base].compactMap { $0?.configuration.maximumLength }
    let pairs = try turns.pairs(PreferenceFile(contentsOf: URL(filePath: data)), tokenizer)
      .tokenized(by: tokenizer, maximumLength: lengths.min() ?? 0)
    let scores = scorePairs(
      Array(pairs.prefix(count ?? pairs.count)), policy: policy, reference: base, beta: beta,
      workers: threads.jobs)
    try print(json ? jsonText(of: scores) : table(of: scores))
  }

  private func table(of scores: PairScores) -> String {
    let rows = scores.rows.enumerated().map { index, row in
      padded("\(index + 1)", to: 8)
        + [row.chosen, row.rejected, row.chosen - row.rejected]
        .map { padded(String(format: "%.4f", $0), to: 14) }.joined()
    }
    let head = ["pair", "chosen", "rejected", "margin"]
    let titles = padded(head[0], to: 8) + head.dropFirst().map { padded($0, to: 14) }.joined()
    let summary =
      "\(scores.score.rawValue): "
      + String(
        format: "accuracy %.3f and margin %.4f on %d pairs", scores.accuracy, scores.margin,
        scores.pairs)
    return ([titles] + rows + [summary]).joined(separator: "\n")
  }
}
