import Foundation
import Testing

/// `tandem run --dry-run`: what would run, what of it is finished, and what is left.
@Suite struct PlanTests {
  private func trial() throws -> TandemProcess {
    let tandem = try TandemProcess()
    try tandem.write(TandemProcess.specification(), to: "trial/experiment.yaml")
    return tandem
  }

  private func cells(_ tandem: TandemProcess, _ output: String) async throws -> (
    states: [String: Bool], work: [String: Double], minutes: Double
  ) {
    let result = try await tandem.run("run", "trial", "--output", output, "--dry-run", "--json")
    let document = try #require(try TandemProcess.object(result.output))
    #expect(document["experiment"] as? String == "trial")
    let rows = try #require(document["cells"] as? [[String: NSObject]])
    var (states, work): ([String: Bool], [String: Double]) = ([:], [:])
    for row in rows {
      let cell = try #require(row["cell"] as? String)
      states[cell] = row["finished"] as? Bool
      work[cell] = row["gigaflop"] as? Double
    }
    let rate = try #require(document["gigaflop_per_second"] as? Double)
    #expect(rate > 0)
    // Minutes at the rate that was measured, as minutes at one billion operations a second.
    return (states, work, rate * (try #require(document["minutes_of_one_core"] as? Double)))
  }

  @Test func headingAndRowsStandInColumns() async throws {
    let lines = try await trial().run("run", "trial", "--dry-run").output
      .split(separator: "\n").map(String.init)
    #expect(lines[0] == "cell" + String(repeating: " ", count: 28) + "GFLOP     state")
    #expect(lines.count == 5)
    for line in lines[1...3] {
      #expect(line.hasSuffix("to do") && line.count == 47, "\(line)")
      #expect(Int(line.dropFirst(32).prefix { $0.isNumber }) != nil)
    }
    #expect(lines[4].hasPrefix("about ") && lines[4].hasSuffix(" minutes of one core are left"))
  }

  @Test func workIsLeftForWhatIsNotFinished() async throws {
    let tandem = try trial()
    let before = try await cells(tandem, "run")
    #expect(before.states.values.allSatisfy { !$0 } && before.states.count == 3)
    let total = before.work.values.reduce(0, +)
    #expect(abs(before.minutes - total / 60) < 1e-9 * total)
    _ = try await tandem.run("run", "trial", "--output", "run", "--quiet")
    let after = try await cells(tandem, "run")
    #expect(after.states.values.allSatisfy(\.self) && after.minutes == 0)
    #expect(after.work == before.work)
    try FileManager.default.removeItem(
      at: tandem.folder.appending(path: "run/seed-1/dpo/cell.json"))
    let torn = try await cells(tandem, "run")
    #expect(torn.states == ["seed-1/sft": true, "data/seed-1": true, "seed-1/dpo": false])
    #expect(abs(torn.minutes - (torn.work["seed-1/dpo"] ?? 0) / 60) < 1e-12)
  }

  @Test func changeOfAnArmLeavesItsInputsFinished() async throws {
    let tandem = try trial()
    _ = try await tandem.run("run", "trial", "--output", "run", "--quiet")
    let other = TandemProcess.specification(
      arms: "[{name: DPO, dpo: {num_train_epochs: 1, learning_rate: 1e-5}}]")
    try tandem.write(other, to: "trial/experiment.yaml")
    let states = try await cells(tandem, "run").states
    #expect(states == ["seed-1/sft": true, "data/seed-1": true, "seed-1/dpo": false])
  }

  @Test func twiceTheEpochsAreTwiceTheWorkOfTheUpdates() async throws {
    let tandem = try trial()
    func work(epochs: Int) async throws -> Double {
      let arms = "[{name: DPO, dpo: {num_train_epochs: \(epochs)}}]"
      try tandem.write(TandemProcess.specification(arms: arms), to: "trial/experiment.yaml")
      return try #require(try await cells(tandem, "run").work["seed-1/dpo"])
    }
    let (one, two, three) = (
      try await work(epochs: 1), try await work(epochs: 2), try await work(epochs: 3)
    )
    #expect(two > one && abs((three - two) - (two - one)) < 1e-9 * three)
  }
}

/// `tandem list`.
@Suite struct ListTests {
  @Test func rowsAreInAlphabeticalOrderWithSeedsArmsAndTitle() async throws {
    let tandem = try TandemProcess()
    let arms = "[{name: DPO, dpo: {}}, {name: GT, ppo: {}, reward: gold}]"
    for name in ["zeta", "alpha"] {
      try tandem.write(
        TandemProcess.specification(arms: arms).replacing("seeds: 1\n", with: "seeds: 3\n"),
        to: "experiments/\(name)/experiment.yaml")
    }
    let lines = try await tandem.run("list").output.split(separator: "\n").map(String.init)
    func row(_ name: String) -> String {
      name.padding(toLength: 18, withPad: " ", startingAt: 0) + "3 seeds   "
        + "DPO, GT".padding(toLength: 34, withPad: " ", startingAt: 0) + "A trial"
    }
    #expect(lines == [row("alpha"), row("zeta")])
  }

  @Test func brokenExperimentIsNamedWithItsLine() async throws {
    let tandem = try TandemProcess()
    try tandem.write(TandemProcess.specification(), to: "experiments/a/experiment.yaml")
    try tandem.write("arms: [{dqo: {}}]", to: "experiments/b/experiment.yaml")
    let result = try await tandem.run("list")
    #expect(result.exitCode == 78)
    #expect(result.errors.contains("experiments/b/experiment.yaml:1:"), "\(result.errors)")
  }

  @Test func emptyFolderIsAnEmptyList() async throws {
    let tandem = try TandemProcess()
    try FileManager.default.createDirectory(
      at: tandem.folder.appending(path: "none"), withIntermediateDirectories: true)
    let table = try await tandem.run("list", "none")
    #expect(table.exitCode == 0 && table.output.isEmpty)
    #expect(
      try await tandem.run("list", "none", "--json").output
        == "{\"experiments\":[],\"schema\":\"tandem.list/1\"}\n")
  }
}

/// The words that lead to no command at all.
@Suite struct CommandLineTests {
  @Test func versionIsPrintedAlone() async throws {
    let result = try await TandemProcess().run("--version")
    #expect(result.exitCode == 0 && result.errors.isEmpty)
    #expect(result.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
  }

  @Test func helpNamesEveryCommandAndExitCode() async throws {
    let help = try await TandemProcess().run("--help").output
    for command in [
      "list", "run", "compare", "report", "sft", "reward", "ppo", "dpo", "sample", "evaluate",
      "explain", "identities", "variance", "claims",
    ] {
      #expect(help.contains("\n  \(command) "), "\(command)")
    }
    let codes = (help.split(separator: "Exit codes:").last ?? "").replacing("\n", with: " ")
    for code in [64, 65, 66, 69, 70, 73, 74, 75, 78] { #expect(codes.contains("\(code) ")) }
  }

  @Test(arguments: [
    ["run"], ["run", "a", "b"], ["run", "a", "--jbos", "2"], ["compare", "--json"], ["report"],
    ["report", "a", "b"], ["dpo", "--data", "a", "--output", "b"],
    ["ppo", "--data", "a", "--output", "b", "--model", "c"], ["sample", "--prompt", "a"],
    ["sample", "--model", "m", "--prompt", "a", "--temperature", "-1"],
    ["sample", "--model", "m", "--prompt", "a", "--temperature", "nan"],
    ["sample", "--model", "m", "--prompt", "a", "--count", "0"],
    ["sample", "--model", "m", "--prompt", "a", "--maximum-tokens", "0"],
    ["explain", "variance"], ["explain", "bias", "--input", "a"], ["variance", "--jobs", "0"],
    ["identities", "extra"], ["claims", "a", "b"],
    ["sft", "--data", "x", "--output", "y", "--vocabulary", "4097"],
    ["sft", "--data", "x", "--output", "y", "--seed", "-1"],
  ])
  func wrongUseIsExitCode64AndPrintsNoResult(words: [String]) async throws {
    let result = try await TandemProcess().run(words, untilFile: "") { _ in }
    #expect(result.exitCode == 64, "\(words): \(result.errors)")
    #expect(result.output.isEmpty && !result.errors.isEmpty)
  }

  @Test(arguments: [
    ["run", "nowhere"], ["report", "nowhere"], ["compare", "nowhere"], ["claims", "nowhere"],
    ["sample", "--model", "nowhere", "--prompt", "a"],
    ["dpo", "--data", "pairs.jsonl", "--model", "nowhere", "--output", "o"],
    ["reward", "--data", "pairs.jsonl", "--model", "nowhere", "--output", "o"],
    ["ppo", "--data", "pairs.jsonl", "--model", "nowhere", "--reward", "nowhere", "--output", "o"],
    ["evaluate", "--model", "nowhere", "--reference", "nowhere", "--data", "pairs.jsonl"],
    ["sft", "--data", "pairs.jsonl", "--output", "o", "--config", "nowhere"],
    ["variance", "--model", "nowhere"], ["explain", "variance", "--input", "nowhere"],
  ])
  func whatIsNotThereIsExitCode66AndNamed(words: [String]) async throws {
    let tandem = try TandemProcess()
    try tandem.write(#"{"prompt":"a","chosen":" b","rejected":" c"}"# + "\n", to: "pairs.jsonl")
    let result = try await tandem.run(words, untilFile: "") { _ in }
    #expect(result.exitCode == 66, "\(words): \(result.errors)")
    #expect(result.errors.hasPrefix("tandem: ") && result.errors.contains("nowhere"))
    #expect(result.output.isEmpty && !tandem.has("o"))
  }

  @Test(arguments: [
    ("beta", "is not of the form key=value"), ("=3", "is not of the form key=value"),
    ("bta=3", "unknown key 'bta'; did you mean 'beta'?"),
    ("beta=", "'beta=' is not of the form key=value"),
    ("beta=a", "'beta' needs a number, but found 'a'"), ("beta=0", "'beta' is 0.0"),
    ("loss_type=ip", "did you mean 'ipo'?"),
  ])
  func settingsOfTheCommandLineAreChecked(word: String, fragment: String) async throws {
    let tandem = try TandemProcess()
    let result = try await tandem.run(
      "dpo", "--data", "d", "--model", "m", "--output", "o", word)
    #expect(result.exitCode == 78, "\(result.errors)")
    #expect(result.errors.hasPrefix("tandem: command line: "), "\(result.errors)")
    #expect(result.errors.contains(fragment), "\(result.errors)")
  }

  @Test func settingsOfAFileAreNamedWithTheirLineAndLoseToTheCommandLine() async throws {
    let tandem = try TandemProcess()
    try tandem.write("beta: 0.3\nloss_type: norm\n", to: "dpo.yaml")
    let words = ["dpo", "--data", "d", "--model", "m", "--output", "o", "--config", "dpo.yaml"]
    let broken = try await tandem.run(words, untilFile: "") { _ in }
    #expect(broken.exitCode == 78)
    #expect(broken.errors.contains("dpo.yaml:2:12: 'loss_type' needs one of"), "\(broken.errors)")
    try tandem.write("beta: 0.3\n", to: "dpo.yaml")
    let refused = try await tandem.run(words + ["beta=-2"], untilFile: "") { _ in }
    #expect(refused.exitCode == 78 && refused.errors.contains("command line: 'beta' is -2.0"))
  }
}
