import Foundation
import Testing

/// The road of a user with their own pairs, each stage reading what the one before wrote.
@Suite struct StageCommandTests {
  private func userData() throws -> TandemProcess {
    let tandem = try TandemProcess()
    let lines = (0..<24).map { i in
      #"{"prompt":"the film was","chosen":" good \#(i % 3)","rejected":" bad \#(i % 4)"}"#
    }
    try tandem.write(lines.joined(separator: "\n") + "\n", to: "pairs.jsonl")
    return tandem
  }

  private func object(_ text: String) throws -> [String: any Sendable] {
    let parsed = try JSONSerialization.jsonObject(with: Data(text.utf8))
    return try #require(parsed as? [String: any Sendable])
  }

  private func fineTuned() async throws -> TandemProcess {
    let tandem = try userData()
    let result = try await tandem.run(
      "sft", "--data", "pairs.jsonl", "--output", "sft", "--preset", "tiny", "--vocabulary", "300",
      "--quiet", "max_steps=3", "per_device_train_batch_size=8")
    #expect(result.exitCode == 0, "\(result.errors)")
    return tandem
  }

  @Test func theWholeRoadFromPairsToAnEvaluation() async throws {
    let tandem = try await fineTuned()
    let few = ["num_train_epochs=1", "per_device_train_batch_size=8"]
    let data = "pairs.jsonl"
    let reward = try await tandem.run(
      "reward", "--data", data, "--model", "sft", "--output", "reward", "-q", few[0], few[1])
    #expect(reward.exitCode == 0, "\(reward.errors)")
    let dpo = try await tandem.run(
      "dpo", "--data", data, "--model", "sft", "--output", "dpo", "-q", few[0], few[1])
    #expect(dpo.exitCode == 0, "\(dpo.errors)")
    let ppo = try await tandem.run(
      "ppo", "--data", data, "--model", "sft", "--reward", "reward", "--output", "ppo", "-q",
      "iterations=1", "rollouts_per_iteration=8", "num_mini_batches=1", "gradient_shards=2",
      "response_length=6")
    #expect(ppo.exitCode == 0, "\(ppo.errors)")
    for policy in ["dpo", "ppo"] {
      let evaluation = try await tandem.run(
        "evaluate", "--model", policy, "--reference", "sft", "--data", data, "--prompts", "8",
        "--json")
      #expect(evaluation.exitCode == 0, "\(evaluation.errors)")
      #expect(try !object(evaluation.output).isEmpty)
    }
  }

  @Test func aStageSaysFirstWhatItTakesOfTheMemory() async throws {
    let tandem = try await fineTuned()
    let result = try await tandem.run(
      "dpo", "--data", "pairs.jsonl", "--model", "sft", "--output", "dpo", "num_train_epochs=1")
    let lines = result.errors.split(separator: "\n")
    #expect(lines.first?.wholeMatch(of: /dpo: takes about 0\.0\d GB: weights .*/) != nil)
    #expect(!result.errors.contains("this machine has"))
  }

  @Test func aTrainingThatCannotFitStopsBeforeItBegins() async throws {
    let tandem = try userData()
    // Attention weights of 150,000 tokens are some hundred gigabytes a layer.
    let long = String(repeating: "0123456789 abcdefg ", count: 30_000)
    try tandem.write(
      #"{"prompt": "p", "chosen": " \#(long)", "rejected": " no"}"#, to: "long.jsonl")
    let arguments = ["sft", "--data", "long.jsonl", "--vocabulary", "260", "--output", "out", "-q"]
    let refused = try await tandem.run(arguments + ["--max-length", "600000"])
    #expect(refused.exitCode == 78 && refused.errors.contains("which --max-length cuts"))
    #expect(refused.errors.contains("the longest pair has 540"))
    let cut = try await tandem.run(arguments + ["max_steps=1"])
    #expect(cut.exitCode == 0, "\(cut.errors)")
  }

  @Test func samplingAgainDrawsTheSame() async throws {
    let tandem = try await fineTuned()
    let arguments = ["--prompt", "the film", "--count", "3", "--maximum-tokens", "6", "--json"]
    func sample(_ seed: String) async throws -> String {
      let result = try await tandem.run(
        "sample", "--model", "sft", arguments[0], arguments[1], arguments[2], arguments[3],
        arguments[4], arguments[5], arguments[6], "--seed", seed)
      #expect(result.exitCode == 0, "\(result.errors)")
      return result.output
    }
    let first = try await sample("1")
    #expect(try await sample("1") == first)
    #expect(try await sample("2") != first)
  }

  @Test func aModelIsNotOverwrittenUnasked() async throws {
    let tandem = try await fineTuned()
    let again = try await tandem.run(
      "sft", "--data", "pairs.jsonl", "--output", "sft", "--preset", "tiny", "max_steps=1")
    #expect(again.exitCode == 73)
    #expect(again.errors.contains("--force"), "\(again.errors)")
  }

  @Test func settingsOutOfRangeAreRefused() async throws {
    let tandem = try await fineTuned()
    let result = try await tandem.run(
      "dpo", "--data", "pairs.jsonl", "--model", "sft", "--output", "dpo", "beta=-1")
    #expect(result.exitCode == 78)
    #expect(result.errors.contains("beta"))
  }

  @Test func aLossIsAWordOfTheCommandLine() async throws {
    let tandem = try await fineTuned()
    let trained = try await tandem.run(
      "dpo", "--data", "pairs.jsonl", "--model", "sft", "--output", "dpo", "-q", "loss_type=simpo",
      "beta=2", "num_train_epochs=1", "per_device_train_batch_size=8")
    #expect(trained.exitCode == 0, "\(trained.errors)")
    let unknown = try await tandem.run(
      "dpo", "--data", "pairs.jsonl", "--model", "sft", "--output", "other", "loss_type=simpos")
    #expect(unknown.exitCode == 78 && unknown.errors.contains("did you mean 'simpo'?"))
    let unread = try await tandem.run(
      "dpo", "--data", "pairs.jsonl", "--model", "sft", "--output", "other", "label_smoothing=0.1")
    #expect(unread.exitCode == 78 && unread.errors.contains("cdpo"), "\(unread.errors)")
  }

  @Test func aCheckpointOfAnotherShapeNamesTheTensor() async throws {
    let tandem = try await fineTuned()
    let file = tandem.folder.appending(path: "sft/config.json")
    let text = try String(contentsOf: file, encoding: .utf8)
    let other = text.replacing(/"intermediate_size"\s*:\s*\d+/, with: "\"intermediate_size\":7")
    #expect(other != text)
    try Data(other.utf8).write(to: file)
    let result = try await tandem.run("sample", "--model", "sft", "--prompt", "the")
    #expect(result.exitCode == 65)
    #expect(result.errors.contains("mlp"), "\(result.errors)")
  }
}
