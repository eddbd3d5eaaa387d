import Foundation
import Testing

/// Bad input gets the documented exit code and a sentence that names the place; sysexits.h numbers.
@Suite struct BadInputTests {
  struct Mistake: CustomTestStringConvertible, Sendable {
    let name: String
    let specification: String
    let fragments: [String]
    var testDescription: String { name }
  }

  static let mistakes = [
    Mistake(
      name: "unknown key", specification: TandemProcess.specification(extra: "betta: 1"),
      fragments: ["experiment.yaml:13", "betta", "beta"]),
    Mistake(
      name: "β of zero", specification: TandemProcess.specification(beta: "0"),
      fragments: ["experiment.yaml:7", "beta", "0 < β"]),
    Mistake(
      name: "clip of one",
      specification: TandemProcess.specification(arms: "[{name: PPO, ppo: {cliprange: 1.0}}]"),
      fragments: ["experiment.yaml:11", "cliprange"]),
    Mistake(
      name: "a word for a number", specification: TandemProcess.specification(beta: "strong"),
      fragments: ["experiment.yaml:7", "beta"]),
    Mistake(
      name: "broken YAML", specification: "title: [\n", fragments: ["experiment.yaml:2"]),
    Mistake(
      name: "no arms", specification: TandemProcess.specification(arms: "[]"),
      fragments: ["arms"]),
  ]

  @Test(arguments: mistakes)
  func aBadSpecificationIsRefusedWithItsLine(_ mistake: Mistake) async throws {
    let tandem = try TandemProcess()
    try tandem.write(mistake.specification, to: "trial/experiment.yaml")
    let result = try await tandem.run("run", "trial", "--output", "run")
    #expect(result.exitCode == 78)
    for fragment in mistake.fragments {
      #expect(result.errors.contains(fragment), "\(fragment) in: \(result.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: tandem.folder.appending(path: "run").path))
  }

  @Test func everyBadLineOfAPairFileIsNamed() async throws {
    let tandem = try TandemProcess()
    let good = #"{"prompt":"a","chosen":" b","rejected":" c"}"#
    try tandem.write(
      [
        good, #"{"prompt":"a","chosen":"","rejected":" c"}"#, #"{"prompt":"a","chosen":" b""#,
        #"{"prompt":"a","chosen":" b"}"#, #"{"prompt":"a","chosen":" b","rejected":" b"}"#,
        #"{"prompt":3,"chosen":" b","rejected":" c"}"#,
      ].joined(separator: "\n"), to: "pairs.jsonl")
    let result = try await tandem.run("sft", "--data", "pairs.jsonl", "--output", "model")
    #expect(result.exitCode == 65)
    for line in 2...6 { #expect(result.errors.contains("pairs.jsonl:\(line):")) }
    #expect(!result.errors.contains("pairs.jsonl:1:"))
  }

  @Test func aMissingFileIsExitCode66() async throws {
    let result = try await TandemProcess().run("sft", "--data", "none.jsonl", "--output", "model")
    #expect(result.exitCode == 66)
    #expect(result.errors.contains("none.jsonl"))
  }

  @Test func aTornCheckpointIsRefused() async throws {
    let tandem = try TandemProcess()
    try tandem.write(#"{"prompt":"a","chosen":" b","rejected":" c"}"# + "\n", to: "pairs.jsonl")
    try tandem.write("{}", to: "model/config.json")
    try tandem.write("\u{1}\u{2}", to: "model/model.safetensors")
    let result = try await tandem.run(
      "dpo", "--data", "pairs.jsonl", "--model", "model", "--output", "out")
    #expect(result.exitCode == 65)
    #expect(result.errors.contains("config.json"))
  }

  @Test func anUnwritableFolderIsExitCode73() async throws {
    let tandem = try TandemProcess()
    try tandem.write("not a folder", to: "file")
    try tandem.write(TandemProcess.specification(), to: "trial/experiment.yaml")
    let result = try await tandem.run("run", "trial", "--output", "file/run")
    #expect(result.exitCode == 73)
    #expect(result.errors.contains("file/run"))
  }

  @Test func anUnknownCommandIsExitCode64() async throws {
    let result = try await TandemProcess().run("frobnicate")
    #expect(result.exitCode == 64)
  }

  @Test func helpShowsExamplesOfEveryCommand() async throws {
    for command in [
      "list", "run", "compare", "report", "sft", "reward", "ppo", "dpo", "sample", "score",
      "evaluate", "explain", "diagnose", "doctor",
    ] {
      let result = try await TandemProcess().run(command, "--help")
      #expect(result.exitCode == 0)
      #expect(result.output.contains("tandem \(command)"), "\(command)")
      #expect(result.output.contains("EXAMPLE"), "\(command)")
    }
  }
}
