import Foundation
import Subprocess
import Testing

/// Signals, locks and missing programs: what is finished stays, and the exit code says what happened.
@Suite struct InterruptionTests {
  /// An experiment whose first cell takes a moment and whose arm takes minutes.
  private func longExperiment() throws -> TandemProcess {
    let tandem = try TandemProcess()
    let arms = "[{name: PPO, ppo: {iterations: 20000, rollouts_per_iteration: 16}}]"
    try tandem.write(TandemProcess.specification(arms: arms), to: "trial/experiment.yaml")
    return tandem
  }

  private let command = ["run", "trial", "--output", "run", "--jobs", "1"]

  @Test(arguments: [Signal.interrupt, .terminate])
  func signalKeepsFinishedCellsAndDoesNotWaitForTheArm(signal: Signal) async throws {
    let tandem = try longExperiment()
    let result = try await tandem.run(command, untilFile: "run/seed-1/reward/DONE") { send in
      try send(signal)
    }
    // The arm takes minutes: had the command waited for it, there would be its cell and exit code 0.
    #expect(result.exitCode == 75, "\(result.errors)")
    #expect(result.errors.contains("the same command continues"))
    for cell in ["seed-1/sft", "data/seed-1", "seed-1/reward"] {
      #expect(tandem.has("run/\(cell)/DONE"))
    }
    #expect(!tandem.has("run/seed-1/ppo"))
    let manifest = try String(
      contentsOf: tandem.folder.appending(path: "run/manifest.json"), encoding: .utf8)
    #expect(manifest.contains("\"exit\":75"))
  }

  @Test func continuedRunStartsWhereTheFirstStopped() async throws {
    let tandem = try longExperiment()
    _ = try await tandem.run(command, untilFile: "run/seed-1/reward/DONE") { try $0(.interrupt) }
    let cell = tandem.folder.appending(path: "run/seed-1/reward/cell.json").path
    let before = try FileManager.default.attributesOfItem(atPath: cell)[.modificationDate] as? Date
    let plan = try await tandem.run("run", "trial", "--output", "run", "--dry-run")
    #expect(plan.output.components(separatedBy: "finished").count == 4)
    try tandem.write(
      TandemProcess.specification(
        arms: "[{name: PPO, ppo: {iterations: 1, rollouts_per_iteration: 16}}]"),
      to: "trial/experiment.yaml")
    let result = try await tandem.run("run", "trial", "--output", "run", "--quiet")
    #expect([0, 69].contains(result.exitCode), "\(result.errors)")
    let after = try FileManager.default.attributesOfItem(atPath: cell)[.modificationDate] as? Date
    #expect(before != nil && before == after)
  }

  @Test func secondProcessInOneRunFolderIsRefused() async throws {
    let tandem = try longExperiment()
    var second: CommandResult?
    _ = try await tandem.run(command, untilFile: "run/seed-1/sft/DONE") { send in
      second = try await tandem.run("run", "trial", "--output", "run")
      try send(.interrupt)
    }
    #expect(second?.exitCode == 73)
    #expect(second?.errors.contains("in use by another tandem process") == true)
  }

  @Test func interruptedStageKeepsTheModelOfItsLastStep() async throws {
    let tandem = try TandemProcess()
    let lines = (0..<24).map { i in
      #"{"prompt":"the film was","chosen":" good \#(i % 3)","rejected":" bad \#(i % 4)"}"#
    }
    try tandem.write(lines.joined(separator: "\n") + "\n", to: "pairs.jsonl")
    let arguments = [
      "sft", "--data", "pairs.jsonl", "--output", "model", "--vocabulary", "300",
      "max_steps=100000", "per_device_train_batch_size=4",
    ]
    // The output folder is checked, hence made, before the first step.
    let result = try await tandem.run(arguments, untilFile: "model") { send in
      try await Task.sleep(for: .seconds(1))
      try send(.interrupt)
    }
    #expect(result.exitCode == 75, "\(result.errors)")
    let sample = try await tandem.run(
      "sample", "--model", "model", "--prompt", "the film was", "--maximum-tokens", "4")
    #expect(sample.exitCode == 0, "\(sample.errors)")
    #expect(tandem.has("model/metrics.jsonl"))
  }

  @Test func withoutGnuplotDataAreWrittenAndTheCodeIs69() async throws {
    let tandem = try TandemProcess()
    try tandem.write(TandemProcess.specification(), to: "trial/experiment.yaml")
    let result = try await tandem.runWithoutTools("run", "trial", "--output", "run", "--quiet")
    #expect(result.exitCode == 69, "\(result.errors)")
    #expect(result.errors.contains("apt-get install gnuplot-nox"))
    for file in ["summary.json", "curves.csv", "report.html", "gold-by-step.gp", "manifest.json"] {
      #expect(tandem.has("run/results/\(file)"), "\(file)")
    }
  }
}
