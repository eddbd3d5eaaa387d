import ArgumentParser
import Datasets
import Foundation
import Workbench

/// `tandem sample`: completions of a model.
struct SampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract: "Sample completions of a model.",
    discussion: """
      Without --prompt and --data the text begins from nothing, at the begin token.

      EXAMPLES
        tandem sample --model dpo --prompt "food service ="
        tandem sample --model dpo --data pairs.jsonl --count 20 --json
        tandem sample --model sft --prompt "the film" --greedy
        tandem sample --model stories260K.bin --greedy --max-tokens 256
        tandem sample --model smollm2.gguf --chat \\
          --prompt "What is the capital of France?" --greedy
      """)

  @Option(help: "The model: a folder, or a .safetensors, .gguf or llama2.c .bin file.")
  var model: String

  @Option(help: "Its tokenizer, where it is not beside the model: a folder or a tokenizer.bin.")
  var tokenizer: String?

  @Option(help: "A prompt; give the option again for more.")
  var prompt: [String] = []

  @Option(help: "JSON Lines whose prompts are used.")
  var data: String?

  @OptionGroup var turns: ConversationOptions

  @Option(help: "Completions of each prompt; with --data, prompts.")
  var count = 1

  @Option(help: "Sampling temperature; 0 is greedy decoding.")
  var temperature = 1.0

  @Flag(help: "Greedy decoding, as --temperature 0.")
  var greedy = false

  @Option(
    name: [.customLong("max-tokens"), .customLong("maximum-tokens")],
    help: "The most tokens of a completion.")
  var maximumTokens = 48

  @Option(help: "The seed of the draws.")
  var seed: UInt64 = 1

  @OptionGroup var threads: JobOptions

  @Flag(help: "Print JSON Lines instead of text.")
  var json = false

  func validate() throws {
    guard temperature >= 0, temperature.isFinite, count >= 1, maximumTokens >= 1 else {
      throw ValidationError(
        "--temperature must be 0 or more, --count and --max-tokens 1 or more")
    }
  }

  func run() throws {
    let folder = ModelFolder(
      URL(filePath: model), tokenizer: tokenizer.map { URL(filePath: $0) })
    let tokenizer = try folder.tokenizer()
    let prompts = try prompts()
    let conversation = try turns.conversation(tokenizer)
    let samples = try sampleTexts(
      from: try folder.policy(), tokenizer: tokenizer,
      prompts: prompts.map { conversation?.prompt($0) ?? $0 },
      temperature: greedy ? 0 : temperature, maximumTokens: maximumTokens, seed: Seed(seed),
      workers: threads.jobs)
    for (prompt, var sample) in zip(prompts, samples) {
      sample.prompt = prompt
      try print(json ? jsonText(of: sample) : text(of: sample))
    }
  }

  private func text(of sample: SampledText) -> String {
    sample.prompt.isEmpty ? sample.completion : "\(sample.prompt) ⟶ \(sample.completion)"
  }

  private func prompts() throws -> [String] {
    let typed = prompt.isEmpty && data == nil ? [""] : prompt
    let given = typed.flatMap { Array(repeating: $0, count: count) }
    guard let data else { return given }
    let file = try PreferenceFile(contentsOf: URL(filePath: data))
    return given + file.pairs.prefix(count).map(\.prompt)
  }
}
