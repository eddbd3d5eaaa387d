import Foundation
import Subprocess
import Testing

/// What commands print: a table for people or one JSON document with a schema; progress goes to stderr.
@Suite struct DocumentTests {
  private func trial(name: String = "trial") throws -> TandemProcess {
    let tandem = try TandemProcess()
    try tandem.write(TandemProcess.specification(), to: "experiments/\(name)/experiment.yaml")
    return tandem
  }

  @Test func listNamesEveryExperiment() async throws {
    let tandem = try trial()
    try tandem.write("no experiment", to: "experiments/notes/README.md")
    let table = try await tandem.run("list")
    #expect(table.exitCode == 0)
    #expect(table.output.contains("trial") && table.output.contains("A trial"))
    #expect(!table.output.contains("notes"))
    let document = try TandemProcess.object(try await tandem.run("list", "--json").output)
    #expect(document?["schema"] as? String == "tandem.list/1")
    #expect((document?["experiments"] as? [NSObject])?.count == 1)
  }

  @Test func listOfAMissingFolderIsExitCode66() async throws {
    let result = try await TandemProcess().run("list", "nowhere")
    #expect(result.exitCode == 66)
    #expect(result.output.isEmpty)
  }

  @Test func planIsOneDocumentWithEveryCell() async throws {
    let tandem = try trial()
    let result = try await tandem.run(
      "run", "experiments/trial", "--dry-run", "--json", "--seeds", "2")
    let document = try TandemProcess.object(result.output)
    #expect(document?["schema"] as? String == "tandem.plan/1")
    let cells = try #require(document?["cells"] as? [[String: NSObject]])
    #expect(
      Set(cells.compactMap { $0["cell"] as? String }) == [
        "seed-1/sft", "data/seed-1", "seed-1/dpo", "seed-2/sft", "data/seed-2", "seed-2/dpo",
      ])
    #expect(cells.count == 6 && cells.allSatisfy { $0["finished"] as? Bool == false })
  }

  @Test func resultsAreOneDocumentOnStdoutAndProgressGoesToStderr() async throws {
    let tandem = try trial()
    let result = try await tandem.run("run", "experiments/trial", "--output", "run", "--json")
    // `make setup` installs gnuplot; without it this test says so instead of passing.
    try #require(result.exitCode == 0, "\(result.errors)")
    let document = try TandemProcess.object(result.output)
    #expect((document?["schema"] as? String)?.hasPrefix("tandem.summary/") == true)
    #expect(result.errors.contains("cells |"))
    #expect(!result.errors.contains("\u{1B}"))
    let written = try Data(
      contentsOf: tandem.folder.appending(path: "run/results/summary.json"))
    let reported = try await tandem.run("report", "run", "--results", "again", "--json")
    #expect(reported.exitCode == 0, "\(reported.errors)")
    #expect(
      try Data(contentsOf: tandem.folder.appending(path: "again/summary.json")) == written)
  }

  @Test func tableShowsEveryArmAndTheWholeCertificate() async throws {
    let tandem = try trial()
    let result = try await tandem.run(
      "run", "experiments/trial", "--output", "run", "--quiet", "--seed", "4")
    // `make setup` installs gnuplot; without it this test says so instead of passing.
    try #require(result.exitCode == 0, "\(result.errors)")
    #expect(result.errors.isEmpty, "\(result.errors)")
    #expect(result.output.contains("DPO") && result.output.contains("step-0 certificate"))
    #expect(result.output.contains("passed  DPO loss (ln 2)") && !result.output.contains("FAILED"))
    #expect(tandem.has("run/seed-4/dpo/DONE") && !tandem.has("run/seed-1"))
  }

  @Test func runsOfTheSameDataShareCurves() async throws {
    let tandem = try trial()
    let other = TandemProcess.specification(
      arms: "[{name: DPO slow, dpo: {num_train_epochs: 1, learning_rate: 1e-5}}]")
    try tandem.write(other, to: "experiments/slow/experiment.yaml")
    for name in ["trial", "slow"] {
      _ = try await tandem.run("run", "experiments/\(name)", "--output", name, "--quiet")
    }
    let result = try await tandem.run("compare", "trial", "slow", "--output", "both")
    #expect([0, 69].contains(result.exitCode), "\(result.errors)")
    let curves = try String(
      contentsOf: tandem.folder.appending(path: "both/curves.csv"), encoding: .utf8)
    #expect(curves.contains("DPO slow,") && curves.contains("DPO,"))
  }

  @Test func samplesAreJSONLines() async throws {
    let tandem = try TandemProcess()
    try tandem.write(#"{"prompt":"a","chosen":" b","rejected":" c"}"# + "\n", to: "pairs.jsonl")
    let trained = try await tandem.run(
      "sft", "--data", "pairs.jsonl", "--output", "model", "--json", "--vocabulary", "260",
      "max_steps=1", "per_device_train_batch_size=1")
    #expect(trained.exitCode == 0, "\(trained.errors)")
    let stage = try TandemProcess.object(trained.output)
    #expect(stage?["schema"] as? String == "tandem.stage/1")
    #expect(stage?["pairs"] as? Int == 1)
    let result = try await tandem.run(
      "sample", "--model", "model", "--prompt", "a", "--prompt", "b", "--count", "2", "--json",
      "--maximum-tokens", "3")
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 4)
    let prompts = try lines.map { try TandemProcess.object(String($0))?["prompt"] as? String }
    #expect(prompts == ["a", "a", "b", "b"])
  }

  @Test(arguments: [
    ["run", "x", "--jobs", "0"], ["run", "x", "--seed", "1", "--seeds", "2"],
    ["run", "x", "--seeds", "one"], ["run", "x", "--seeds", "0"], ["compare"],
    ["sample", "--model", "x", "--max-tokens", "0"], ["sft", "--data", "x"],
    ["sft", "--data", "x", "--output", "y", "--preset", "huge"],
    ["sft", "--data", "x", "--output", "y", "--vocabulary", "9"],
    ["evaluate", "--model", "x", "--reference", "y", "--data", "z", "--prompts", "0"],
  ])
  func wrongUseIsExitCode64(words: [String]) async throws {
    let tandem = try TandemProcess()
    let result = try await tandem.run(words, untilFile: "") { _ in }
    #expect(result.exitCode == 64, "\(words): \(result.errors)")
    #expect(result.output.isEmpty)
  }
}
