import Foundation
import Testing

@Suite struct ExplainCommandTests {
  private func folder(_ text: String) throws -> TandemProcess {
    let tandem = try TandemProcess()
    try tandem.write(text, to: "bandit.json")
    return tandem
  }

  private let bandit = #"{"reference":[0.5,0.3,0.2],"reward":[0,1,3],"beta":1}"#

  @Test func tableShowsQuantitiesWithTheirEquations() async throws {
    let result = try await folder(bandit).run("explain", "variance", "--input", "bandit.json")
    #expect(result.exitCode == 0 && result.errors.isEmpty)
    for fragment in ["Z  ", "β·log Z", "leaveOneOut2", "DPO trCov", "best of 4"] {
      #expect(result.output.contains(fragment), "\(fragment)")
    }
  }

  // Z = 0.5 + 0.3·e + 0.2·e³.
  @Test func documentIsOneObjectWithItsSchema() async throws {
    let result = try await folder(bandit).run(
      "explain", "variance", "--input", "bandit.json", "--json")
    let document = try TandemProcess.object(result.output)
    #expect(document?["schema"] as? String == "tandem.explain.variance/1")
    let partition = try #require(document?["partition"] as? Double)
    #expect(abs(partition - (0.5 + 0.3 * exp(1) + 0.2 * exp(3))) < 1e-14)
  }

  @Test func anInvalidBanditIsExitCode65() async throws {
    let result = try await folder(#"{"reference":[0.5,0.6],"reward":[0,1],"beta":1}"#)
      .run("explain", "variance", "--input", "bandit.json", "--json")
    #expect(result.exitCode == 65 && result.output.isEmpty)
    #expect(result.errors.contains("bandit.json: 'reference' sums to 1.1"))
  }

  @Test func aMissingFileIsExitCode66() async throws {
    let result = try await TandemProcess().run("explain", "variance", "--input", "none.json")
    #expect(result.exitCode == 66)
    #expect(result.errors.contains("none.json"))
  }

  @Test func everyFieldOfTheDocumentIsInTheHelp() async throws {
    let document = try TandemProcess.object(
      try await folder(bandit).run("explain", "variance", "--input", "bandit.json", "--json").output
    )
    let help = try await TandemProcess().run("explain", "variance", "--help").output
    for key in try #require(document).keys { #expect(help.contains(key), "\(key)") }
    let estimators = try #require(document?["estimators"] as? [String: NSObject])
    for key in estimators.keys where key.last?.isNumber == false {
      #expect(help.contains(key), "\(key)")
    }
  }
}

@Suite struct ExplainPreferenceCommandTests {
  private let inputs = [
    "dpo": #"{"chosen_logps":[-12],"rejected_logps":[-11],"ref_chosen_logps":[-12.5],"#
      + #""ref_rejected_logps":[-10.5],"completion_lens_chosen":[4],"completion_lens_rejected":[5]}"#,
    "reward":
      #"{"rewards_chosen":[1.2],"rewards_rejected":[0.7],"margin":[0.5],"rankings":[[2,1]]}"#,
    "kto": #"{"chosen_logps":[-12],"ref_chosen":[-12.5],"KL_logps":[-30],"ref_KL_logps":[-31]}"#,
  ]

  private func run(_ name: String, _ input: String, _ flags: String...) async throws
    -> CommandResult
  {
    let tandem = try TandemProcess()
    try tandem.write(input, to: "input.json")
    return try await flags.isEmpty
      ? tandem.run("explain", name, "--input", "input.json")
      : tandem.run("explain", name, "--input", "input.json", flags[0])
  }

  @Test(arguments: ["dpo", "reward", "kto"])
  func documentAndTableComeFromTheSameInput(name: String) async throws {
    let document = try await run(name, inputs[name] ?? "", "--json")
    #expect(document.exitCode == 0 && document.errors.isEmpty)
    let object = try TandemProcess.object(document.output)
    #expect(object?["schema"] as? String == "tandem.explain.\(name)/1")
    let table = try await run(name, inputs[name] ?? "")
    #expect(table.exitCode == 0 && table.output.contains("log"))
    let help = try await TandemProcess().run("explain", name, "--help").output
      .split { $0.isWhitespace }.joined(separator: " ")
    for key in try #require(object).keys where !key.contains("=") {
      #expect(help.contains(key), "\(key)")
    }
  }

  // −log σ(0.1·(0.5 + 0.5)).
  @Test func documentHoldsTheLossOfThePaper() async throws {
    let output = try await run("dpo", inputs["dpo"] ?? "", "--json").output
    let losses = try TandemProcess.object(output)?["losses"] as? [String: [Double]]
    #expect(abs((losses?["sigmoid"]?.first ?? 0) - log1p(exp(-0.1))) < 1e-15)
  }

  @Test(arguments: ["dpo", "reward", "kto"])
  func anInvalidInputIsExitCode65AndAMissingOne66(name: String) async throws {
    let invalid = try await run(name, #"{"beta": "x"}"#, "--json")
    #expect(invalid.exitCode == 65 && invalid.output.isEmpty && !invalid.errors.isEmpty)
    let missing = try await TandemProcess().run("explain", name, "--input", "none.json")
    #expect(missing.exitCode == 66 && missing.errors.contains("none.json"))
  }
}
