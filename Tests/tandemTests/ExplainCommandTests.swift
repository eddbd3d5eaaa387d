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
