import Foundation
import Testing

@Suite struct RunCommandTests {
  private static let arms =
    "[{name: PPO, ppo: {iterations: 1, rollouts_per_iteration: 8, num_ppo_epochs: 1, "
    + "num_mini_batches: 1, gradient_shards: 2}}, {name: DPO, dpo: {num_train_epochs: 1}}]"

  private func trial() throws -> TandemProcess {
    let tandem = try TandemProcess()
    let text = TandemProcess.specification(arms: Self.arms, extra: "seeds: 2")
      .replacing("seeds: 1\n", with: "")
    try tandem.write(text, to: "trial/experiment.yaml")
    return tandem
  }

  private func bytes(_ path: String, of tandem: TandemProcess) throws -> Data {
    try Data(contentsOf: tandem.folder.appending(path: path))
  }

  @Test func theSameBytesForAnyNumberOfJobs() async throws {
    let tandem = try trial()
    for jobs in ["1", "2"] {
      let result = try await tandem.run(
        "run", "trial", "--output", "run\(jobs)", "--jobs", jobs, "--quiet")
      #expect(result.exitCode == 0 || result.exitCode == 69, "\(result.errors)")
    }
    for name in ["summary.json", "curves.csv"] {
      let one = try bytes("run1/results/\(name)", of: tandem)
      #expect(one.count > 100)
      #expect(try one == bytes("run2/results/\(name)", of: tandem), "\(name)")
    }
  }

  @Test func aDryRunWritesNothing() async throws {
    let tandem = try trial()
    let result = try await tandem.run("run", "trial", "--output", "run", "--dry-run")
    #expect(result.exitCode == 0)
    #expect(result.output.contains("seed-2/ppo"))
    #expect(!FileManager.default.fileExists(atPath: tandem.folder.appending(path: "run").path))
  }

  @Test func compareRefusesOtherDataAndNamesTheLine() async throws {
    let tandem = try trial()
    for run in ["a", "b"] {
      let result = try await tandem.run("run", "trial", "--output", run, "--quiet")
      #expect(result.exitCode == 0 || result.exitCode == 69, "\(result.errors)")
    }
    let file = tandem.folder.appending(path: "b/data/seed-1/train.jsonl")
    var lines = try String(contentsOf: file, encoding: .utf8).split(
      separator: "\n", omittingEmptySubsequences: false)
    lines[2] =
      lines[2].replacing("\"chosen\"", with: "\"swapped\"")
      .replacing("\"rejected\"", with: "\"chosen\"").replacing("\"swapped\"", with: "\"rejected\"")[
        ...]
    try Data(lines.joined(separator: "\n").utf8).write(to: file)
    let result = try await tandem.run("compare", "a", "b", "--output", "both")
    #expect(result.exitCode == 65)
    #expect(result.errors.contains("train.jsonl:3"), "\(result.errors)")
    let hashes = result.errors.matches(of: /[0-9a-f]{64}/)
    #expect(Set(hashes.map { String($0.output) }).count == 2)
  }

  @Test func aSecondRunSkipsWhatIsFinished() async throws {
    let tandem = try trial()
    _ = try await tandem.run("run", "trial", "--output", "run", "--quiet")
    let cell = "run/seed-1/dpo/cell.json"
    let path = tandem.folder.appending(path: cell).path
    let before = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    let result = try await tandem.run("run", "trial", "--output", "run", "--quiet")
    let after = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    #expect(result.exitCode == 0 || result.exitCode == 69)
    #expect(before != nil)
    #expect(before == after)
  }
}
