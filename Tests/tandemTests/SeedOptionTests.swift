import Foundation
import Testing

/// `--seed` and `--seeds`, which win over the specification and are held to the same rules.
@Suite struct SeedOptionTests {
  private func plan(_ options: String...) async throws -> CommandResult {
    let tandem = try TandemProcess()
    try tandem.write(TandemProcess.specification(), to: "trial/experiment.yaml")
    return try await tandem.run(["run", "trial", "--dry-run"] + options, untilFile: "") { _ in }
  }

  /// The seeds of the cells that a plan lists.
  private func seeds(_ options: String...) async throws -> [Int] {
    let result = try await plan(options[0])
    #expect(result.exitCode == 0, "\(result.errors)")
    let seeds = result.output.split(separator: "\n").compactMap { line -> Int? in
      guard line.hasPrefix("data/seed-") else { return nil }
      return Int(line.dropFirst("data/seed-".count).prefix { $0.isNumber })
    }
    return seeds
  }

  @Test(arguments: [
    ("--seeds=3", [1, 2, 3]), ("--seeds=1", [1]), ("--seeds=7,3", [7, 3]), ("--seeds=5,", [5]),
    ("--seeds= 4 , 2 ", [4, 2]), ("--seed=0", [0]), ("--seed=999999", [999_999]),
  ])
  func optionsChooseTheSeeds(option: String, expected: [Int]) async throws {
    #expect(try await seeds(option) == expected)
  }

  // A negative seed has no random numbers, a list with a repetition would make a cell twice, and a
  // count of billions would not fit into the machine.
  @Test(arguments: [
    "--seed=-1", "--seed=1000000", "--seeds=1,1", "--seeds=-2", "--seeds=1,-1", "--seeds=,",
    "--seeds=1,x", "--seeds=1.5", "--seeds=9999999999", "--seeds=2,1000000",
  ])
  func seedsThatAreNoneAreWrongUse(option: String) async throws {
    let result = try await plan(option)
    #expect(result.exitCode == 64, "\(option): \(result.errors)")
    #expect(result.output.isEmpty)
    #expect(result.errors.contains(option.split(separator: "=")[0]))
  }

  @Test func withoutAnOptionTheSpecificationDecides() async throws {
    let result = try await plan("--json")
    let document = try TandemProcess.object(result.output)
    let cells = try #require(document?["cells"] as? [[String: NSObject]])
    #expect(
      cells.compactMap { $0["cell"] as? String } == ["seed-1/sft", "data/seed-1", "seed-1/dpo"])
  }

  @Test func quickTrialKeepsTwoOfTheSeedsAskedFor() async throws {
    let tandem = try TandemProcess()
    let text = TandemProcess.specification().replacing("seeds: 1\n", with: "seeds: [9, 8, 7]\n")
    try tandem.write(text, to: "trial/experiment.yaml")
    let result = try await tandem.run("run", "trial", "--dry-run", "--quick")
    #expect(result.output.contains("seed-9/dpo") && result.output.contains("seed-8/dpo"))
    #expect(!result.output.contains("seed-7"))
    // Seeds of the command line win over the trial's.
    let chosen = try await tandem.run("run", "trial", "--dry-run", "--quick", "--seeds", "3")
    #expect(chosen.output.contains("data/seed-3") && !chosen.output.contains("seed-9"))
  }
}
