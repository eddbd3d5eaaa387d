import ArgumentParser
import Datasets
import ExactTheory
import Foundation
import LanguageModel
import Tasks
import Tokenization
import Training
import Workbench

/// Prompts as turns of a conversation.
struct ConversationOptions: ParsableArguments {
  @Flag(help: "Make each prompt a user's turn in ChatML, for models tuned on conversations.")
  var chat = false

  @Option(help: "With --chat, what the system turn says; there is none without it.")
  var system: String?

  func validate() throws {
    guard system == nil || chat else { throw ValidationError("--system needs --chat") }
  }

  /// The conversation, where one is asked for.
  func conversation(_ tokenizer: any Tokenizer) throws -> Conversation? {
    chat ? try Conversation(system: system, tokenizer: tokenizer) : nil
  }

  /// The pairs of a file, as turns where that is asked for.
  func pairs(_ file: PreferenceFile, _ tokenizer: any Tokenizer) throws -> PreferenceFile {
    try conversation(tokenizer).map { file.asTurns(of: $0) } ?? file
  }
}

/// How long sequences of the data may be.
struct LengthOptions: ParsableArguments {
  @Option(
    help:
      "The most tokens of a prompt with its completion; longer completions are cut at their end.")
  var maxLength = PairsTask.Settings().maximumLength

  func validate() throws {
    guard maxLength >= 2 else {
      throw ValidationError("--max-length is \(maxLength); allowed is 2 or more")
    }
  }
}

/// How many threads share the work of a command.
struct JobOptions: ParsableArguments {
  @Option(
    help: "Threads that share the work; one per core unless given. Results do not depend on them.")
  var jobs = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    guard jobs >= 1 else { throw ValidationError("--jobs is \(jobs); allowed is 1 or more") }
  }
}

/// What every single stage takes.
struct StageOptions: ParsableArguments {
  @Option(
    help: "JSON Lines with prompt, chosen and rejected; margin, a number, is for reward models.")
  var data: String?

  @Option(help: "JSON Lines of held-out pairs; the policy is measured on them while it learns.")
  var test: String?

  @Option(help: "The share of the prompts to hold out where there is no --test; 0 for none.")
  var holdOut = 0.0

  @OptionGroup var turns: ConversationOptions

  @OptionGroup var lengths: LengthOptions

  @Option(help: "The run folder, which the model is written to as well; new, empty, or this run's.")
  var output: String?

  @Option(help: "The seed of everything random, 0 to 999999.")
  var seed = 1

  @OptionGroup var threads: JobOptions

  @Option(help: "A YAML file of settings.")
  var config: String?

  @Flag(name: .customLong("settings"), help: "List every setting with its default, and stop.")
  var listsSettings = false

  @Flag(help: "Print one JSON document instead of a line.")
  var json = false

  @Flag(name: [.short, .long], help: "No progress.")
  var quiet = false

  @Flag(help: "Replace a model or another run that is in the output folder.")
  var force = false

  @Argument(help: "Settings as key=value, such as beta=0.3; they win over the file.")
  var settings: [String] = []

  func validate() throws {
    guard 0...999_999 ~= seed else {
      throw ValidationError("--seed is \(seed); allowed is 0 to 999999")
    }
    guard 0..<1 ~= holdOut else {
      throw ValidationError("--hold-out is \(holdOut); allowed is 0 or more and less than 1")
    }
    guard !listsSettings else { return }
    for (name, value) in [("data", data), ("output", output)] where value == nil {
      throw ValidationError("Missing expected argument '--\(name) <\(name)>'")
    }
  }

  /// The settings of the stage: the file's, then those of the command line, over the defaults.
  func read<Settings: StageSettings>(_ type: Settings.Type) throws -> Settings {
    try Settings(file: config.map { URL(filePath: $0) }, overrides: settings)
  }

  /// Where the pairs are and how they are cut; a stage has no referee.
  func pairs(vocabulary: Int = 512) -> PairsTask.Settings {
    var pairs = PairsTask.Settings()
    (pairs.train, pairs.test, pairs.heldOut) = (data ?? "", test, holdOut)
    (pairs.chat, pairs.system, pairs.vocabulary) = (turns.chat, turns.system, vocabulary)
    pairs.maximumLength = lengths.maxLength
    return pairs
  }

  /// Runs a stage as an experiment of its own, leaves its model in the run folder, and says what came of it.
  func train(
    _ stage: SingleStage, from model: ModelSpecification, vocabulary: Int = 512,
    memory: (TrainingMemory, ModelConfiguration) throws -> MemoryPlan
  ) async throws {
    let specification = try ExperimentSpecification(
      stage, pairs: pairs(vocabulary: vocabulary), model: model, seed: seed)
    let folder = URL(filePath: output ?? "")
    let runner = try ExperimentRunner(specification, folder: folder)
    let run = StageRun(stage, runner, seed: seed)
    try run.requireFolder(replacing: force)
    let pairs = runner.task.labelledPairs?.train ?? []
    let sizes = runner.specification.model.configuration(
      vocabularySize: runner.task.tokenizer.vocabularySize)
    let plan = try memory(TrainingMemory(pairs: pairs, workers: threads.jobs), sizes)
    if !quiet {
      writeError("\(stage.name): \(plan.text)")
      for note in runner.task.labelledPairs?.notes ?? [] { writeError(note) }
    }
    try plan.requireRoom(
      of: ProcessInfo.processInfo.physicalMemory, longest: pairs.map(\.tokenCount).max() ?? 0)
    let document = try await run.carryOut(jobs: threads.jobs, isQuiet: quiet)
    try print(json ? jsonText(of: document) : document.text)
    try run.requireNumbers()
  }
}

extension MemoryPlan {
  /// What is planned.
  fileprivate var text: String {
    "takes about \(gigabytes(total)) GB: weights \(gigabytes(parameters)), gradients "
      + "\(gigabytes(gradients)), optimizer \(gigabytes(optimizer)), activations "
      + gigabytes(activations)
  }

  /// Throws where the machine has less than is planned, with what would take less.
  fileprivate func requireRoom(of machine: UInt64, longest: Int) throws(ConfigurationError) {
    guard total > Int(machine) else { return }
    throw .contradiction(
      "it takes about \(gigabytes(total)) GB, but this machine has \(gigabytes(Int(machine))); the longest "
        + "pair has \(longest) tokens with both completions, which --max-length cuts; smaller batches and "
        + "fewer gradient_shards take less too")
  }

  private func gigabytes(_ bytes: Int) -> String { String(format: "%.2f", Double(bytes) / 1e9) }
}
