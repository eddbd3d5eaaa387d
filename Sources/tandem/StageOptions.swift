import ArgumentParser
import Datasets
import ExactTheory
import Foundation
import LanguageModel
import Tokenization
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
  var data: String

  @OptionGroup var turns: ConversationOptions

  @Option(help: "The folder to write the model to; it must be new or empty.")
  var output: String

  @Option(help: "The seed of everything random.")
  var seed: UInt64 = 1

  @OptionGroup var threads: JobOptions

  @Option(help: "A YAML file of settings.")
  var config: String?

  @Flag(help: "Print one JSON document instead of a line.")
  var json = false

  @Flag(name: [.short, .long], help: "No progress.")
  var quiet = false

  @Flag(help: "Replace a model that is in the output folder.")
  var force = false

  @Argument(help: "Settings as key=value, such as beta=0.3; they win over the file.")
  var settings: [String] = []

  /// The settings of the stage: the file's, then those of the command line, over the defaults.
  func read<Settings: StageSettings>(_ type: Settings.Type) throws -> Settings {
    try Settings(file: config.map { URL(filePath: $0) }, overrides: settings)
  }

  /// The pairs as text.
  func pairFile() throws -> PreferenceFile {
    try PreferenceFile(contentsOf: URL(filePath: data))
  }

  /// The folder for the result, checked before anything is trained.
  func outputFolder() throws -> ModelFolder {
    let folder = ModelFolder(URL(filePath: output))
    try folder.requireWritable(replacing: force)
    return folder
  }

  /// Runs a stage on a model's tokenizer and says what came of it.
  ///
  /// What it takes of the memory is said before it begins. Where the number of updates is known, the
  /// first one's gradient tells how long all will take.
  func train(
    _ name: String, tokenizer: any Tokenizer, maximumLength: Int,
    memory: (TrainingStage) -> MemoryPlan,
    updates: ((_ pairs: Int) -> Int)? = nil,
    _ body: @escaping @Sendable (TrainingStage) throws -> Void
  ) async throws {
    let output = try outputFolder()
    let pairs = try turns.pairs(pairFile(), tokenizer)
      .tokenized(by: tokenizer, maximumLength: maximumLength)
    let display = SharedDisplay(
      StageDisplay(name: name, isQuiet: quiet, updates: updates?(pairs.count)))
    let stage = TrainingStage(
      pairs: pairs, tokenizer: tokenizer, output: output, seed: Seed(seed), workers: threads.jobs
    ) { row in display { $0.take(row) } }
    if !quiet { writeError("\(name): \(memory(stage).text)") }
    let advice = "the model of the last whole step goes to \(output.url.relativePath)"
    try await Interruption.cancelling(advice: advice) { try body(stage) }
    let document = StageDocument(
      stage: name, output: output.url.relativePath, pairs: pairs.count, last: display { $0.last })
    try print(json ? jsonText(of: document) : document.text)
  }
}

/// What a stage prints at its end.
struct StageDocument: Encodable {
  var schema = "tandem.stage/1"
  var stage, output: String
  var pairs: Int
  var last: MetricsRow?

  var text: String {
    let values = (last?.values ?? [:]).sorted { $0.key < $1.key }
      .map { padded("  \($0.key)", to: 34) + "\($0.value)" }
    return (["\(stage) on \(pairs) pairs, \(last?.step ?? 0) steps: \(output)"] + values)
      .joined(separator: "\n")
  }
}

/// A stage's steps on stderr.
struct StageDisplay {
  let name: String
  let isQuiet: Bool
  /// The updates there will be, where that is known.
  let updates: Int?
  private(set) var last: MetricsRow?
  private let start = ContinuousClock.now
  private var lastShown: ContinuousClock.Instant?

  init(name: String, isQuiet: Bool, updates: Int? = nil) {
    (self.name, self.isQuiet, self.updates) = (name, isQuiet, updates)
  }

  mutating func take(_ row: MetricsRow) {
    last = row
    guard !isQuiet else { return }
    let now = ContinuousClock.now
    if row.step == 0, let updates { writeError(expectation(updates, probe: now - start)) }
    if let lastShown, now - lastShown < .seconds(2) { return }
    lastShown = now
    let shown = ["loss", "accuracy", "rewards/margins", "objective/scores", "objective/kl"]
    let values = shown.compactMap { key in
      row.values[key].map { "\(key) " + String(format: "%.4g", $0) }
    }
    writeError("\(name) step \(row.step) | " + values.joined(separator: " | "))
  }

  /// How long so many updates take if each takes as long as the gradient measured before the first.
  private func expectation(_ updates: Int, probe: Duration) -> String {
    let seconds = probe / .seconds(1)
    return String(
      format: "\(name): about %.1f minutes for \(updates) updates of %.1f s",
      Double(updates) * seconds / 60, seconds)
  }
}

extension MemoryPlan {
  /// What is planned, and what to do where the machine has less.
  fileprivate var text: String {
    func gigabytes(_ bytes: Int) -> String { String(format: "%.2f", Double(bytes) / 1e9) }
    let plan =
      "takes about \(gigabytes(total)) GB: weights \(gigabytes(parameters)), gradients "
      + "\(gigabytes(gradients)), optimizer \(gigabytes(optimizer)), activations "
      + gigabytes(activations)
    let machine = Int(ProcessInfo.processInfo.physicalMemory)
    guard total > machine else { return plan }
    return plan + "; this machine has \(gigabytes(machine)). Smaller batches and fewer "
      + "gradient_shards take less"
  }
}
