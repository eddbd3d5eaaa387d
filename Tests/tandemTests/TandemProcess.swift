import Foundation
import Subprocess
import SystemPackage
import TestSupport

/// What a run of the command left behind.
struct CommandResult {
  let exitCode: Int32
  let output: String
  let errors: String
}

/// The built command beside the test bundle, in a folder of its own.
struct TandemProcess {
  private let temporary: TemporaryFolder
  /// A fresh folder in which the command runs.
  var folder: URL { temporary.url }

  init() throws { temporary = try TemporaryFolder() }

  static var executable: FilePath {
    let bundle = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    return FilePath(bundle.appending(path: "tandem").path)
  }

  /// Writes a file that a command reads.
  func write(_ text: String, to name: String) throws {
    let file = folder.appending(path: name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  /// Runs the command to its end.
  func run(_ arguments: String...) async throws -> CommandResult { try await run(arguments) }

  /// Runs the command to its end.
  func run(_ arguments: [String]) async throws -> CommandResult {
    let result = try await Subprocess.run(
      .path(Self.executable), arguments: Arguments(arguments),
      workingDirectory: FilePath(folder.path), output: .string(limit: 1 << 20),
      error: .string(limit: 1 << 20))
    var code: Int32 = -1
    if case .exited(let exited) = result.terminationStatus { code = exited }
    return CommandResult(
      exitCode: code, output: result.standardOutput, errors: result.standardError)
  }

  /// A specification that trains in a second: the enumerable language and a model of a few hundred parameters.
  static func specification(
    beta: String = "0.3", arms: String = "[{name: DPO, dpo: {num_train_epochs: 1}}]",
    extra: String = ""
  ) -> String {
    """
    title: A trial
    question: Does it run?
    expectation: It does.
    task: aspect-reviews
    model: {num_hidden_layers: 1, hidden_size: 16, intermediate_size: 16, num_attention_heads: 2, num_key_value_heads: 1, max_length: 64}
    seeds: 1
    beta: \(beta)
    data: {demonstrations: 64, pairs: 32, test_pairs: 16}
    sft: {max_steps: 2}
    reward: {num_train_epochs: 1}
    arms: \(arms)
    evaluation: {prompts: 8, checkpoints: 1}
    \(extra)

    """
  }
}
