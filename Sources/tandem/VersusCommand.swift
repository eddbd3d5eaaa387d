import ArgumentParser
import Foundation
import LanguageModel
import Tasks
import Workbench

/// `tandem versus`: RLHF and DPO on a user's own pairs.
struct VersusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "versus",
    abstract: "Compare PPO and DPO on your own pairs: reference, reward model, both arms, report.",
    discussion: """
      The prompts of PAIRS are split: most are learned from, some are held out, and
      some train a referee, a reward model that no arm sees and that judges both.
      With --score your own command judges instead. Every seed trains its own reward
      model, PPO and DPO.

      Settings are words such as beta=0.3, dpo.learning_rate=1e-5, ppo.iterations=40
      or sft.max_steps=200. OUTPUT/config.yaml has all of them; edit it and run
      `tandem run` on it for more.

      EXAMPLES
        tandem versus pairs.jsonl --seeds 3
        tandem versus pairs.jsonl --model SmolLM2-135M --test test.jsonl
        tandem versus pairs.jsonl --score "python3 score.py" beta=0.3 \\
          ppo.iterations=40
      """)

  @Argument(help: "JSON Lines with prompt, chosen and rejected.")
  var pairs: String

  @Argument(help: "Settings as key=value or part.key=value.")
  var settings: [String] = []

  @Option(help: "The model to start from: a folder or a file; without it a new one is trained.")
  var model: String?

  @Option(help: "The size of a new model: tiny, small or medium.", transform: namedPreset)
  var preset = ModelPreset.tiny

  @Flag(
    inversion: .prefixedNo,
    help:
      "Fine-tune the model on chosen completions first (default: unless it has a chat template).")
  var sft: Bool?

  @Option(help: "JSON Lines of held-out pairs (default: a tenth of the prompts of PAIRS).")
  var test: String?

  @Option(help: "The share of the prompts that only the referee learns from; 0 for no referee.")
  var referee = 0.2

  @Option(
    help: "A command that reads {\"prompt\", \"completion\"} lines and writes a number for each.")
  var score: String?

  @OptionGroup var turns: ConversationOptions

  @OptionGroup var lengths: LengthOptions

  @Option(help: "The number of seeds.")
  var seeds = 3

  @Option(help: "The run folder.")
  var output = "runs/versus"

  @OptionGroup var threads: JobOptions

  @Flag(help: "A few steps of a tiny model: a trial of the machinery.")
  var quick = false

  @Flag(help: "Print what would run, and what it costs.")
  var dryRun = false

  @Flag(help: "Print one JSON document instead of a table.")
  var json = false

  @Flag(name: [.short, .long], help: "No progress.")
  var quiet = false

  func validate() throws {
    guard 1...999 ~= seeds else {
      throw ValidationError("--seeds is \(seeds); allowed is 1 to 999")
    }
  }

  func run() async throws {
    var specification = try VersusSpecification(
      pairs: pairSettings(), checkpoint: model, preset: preset, isTuned: sft.map { !$0 },
      seeds: seeds
    ).specification(overrides: settings)
    if quick { specification = specification.quickTrial() }
    let runner = try ExperimentRunner(specification, folder: URL(filePath: output))
    if dryRun { return try printPlan(of: runner, json: json) }
    if !quiet { for note in runner.task.labelledPairs?.notes ?? [] { writeError(note) } }
    try await carryOut(runner, jobs: threads.jobs, isQuiet: quiet, json: json)
  }

  private func pairSettings() -> PairsTask.Settings {
    var settings = PairsTask.Settings()
    (settings.train, settings.test) = (pairs, test)
    (settings.referee, settings.score) = (referee, score)
    (settings.chat, settings.system) = (turns.chat, turns.system)
    settings.maximumLength = lengths.maxLength
    return settings
  }
}
