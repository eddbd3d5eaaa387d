import Foundation
import Testing

/// The commands that explain policy gradients and diagnose runs, as a user calls them.
@Suite struct PolicyGradientCommandTests {
  private let rollout =
    #"{"pad":3,"eos":2,"responses":[[0,2,1],[1,1,2]],"scores_in":[1,-1],"values_in":[[0,0,0],[0,0,0]],"logprobs_raw":[[-1,-1,-1],[-1,-2,-1]],"ref_logprobs_raw":[[-1,-1,-1],[-1,-1,-1]]}"#
  private let groups =
    #"{"rewards":[1,3],"num_generations":2,"old_per_token_logps":[[-1],[-2]],"ref_per_token_logps":[[-1],[-1]],"beta":0}"#

  @Test func explainPPOPrintsOneDocument() async throws {
    let tandem = try TandemProcess()
    try tandem.write(rollout, to: "rollout.json")
    let result = try await tandem.run("explain", "ppo", "--input", "rollout.json", "--json")
    #expect(result.exitCode == 0 && result.errors.isEmpty)
    let document = try TandemProcess.object(result.output)
    #expect(document?["schema"] as? String == "tandem.explain.ppo/1")
    // Σ k1 is 0 and −1.
    #expect(document?["objective/kl"] as? Double == -0.5)
    #expect(document?["actual_end"] as? [Int] == [2, 2])
    let help = try await TandemProcess().run("explain", "ppo", "--help").output
    for key in try #require(document).keys { #expect(help.contains(key), "\(key)") }
  }

  @Test func explainPPOPrintsATable() async throws {
    let tandem = try TandemProcess()
    try tandem.write(rollout, to: "rollout.json")
    let result = try await tandem.run("explain", "ppo", "--input", "rollout.json")
    #expect(result.exitCode == 0)
    for fragment in ["1 Masks", "padding_mask_p1[0]", "4 Advantages", "pg_loss", "vf_loss"] {
      #expect(result.output.contains(fragment), "\(fragment)")
    }
  }

  @Test func explainRLOOPrintsBoth() async throws {
    let tandem = try TandemProcess()
    try tandem.write(groups, to: "groups.json")
    let table = try await tandem.run("explain", "rloo", "--input", "groups.json")
    #expect(table.exitCode == 0 && table.output.contains("baselines"))
    let json = try await tandem.run("explain", "rloo", "--input", "groups.json", "--json")
    let document = try TandemProcess.object(json.output)
    #expect(document?["advantages"] as? [Double] == [-2, 2])
    let help = try await TandemProcess().run("explain", "rloo", "--help").output
    for key in try #require(document).keys { #expect(help.contains(key), "\(key)") }
  }

  @Test(arguments: ["ppo", "rloo"]) func mistakesAreExitCode65AndMissingFiles66(
    command: String
  ) async throws {
    let tandem = try TandemProcess()
    try tandem.write(#"{"pad": "none"}"#, to: "wrong.json")
    let wrong = try await tandem.run("explain", command, "--input", "wrong.json", "--json")
    #expect(wrong.exitCode == 65 && wrong.output.isEmpty && wrong.errors.contains("wrong.json"))
    let missing = try await tandem.run("explain", command, "--input", "none.json")
    #expect(missing.exitCode == 66 && missing.errors.contains("none.json"))
  }

  @Test func diagnoseNamesTheSymptomAndItsEvidence() async throws {
    let tandem = try TandemProcess()
    let lines = (0...8).map { step in
      #"{"step":\#(step),"objective/kl":\#(step < 2 ? 0 : step),"objective/non_score_reward":0}"#
    }
    try tandem.write(lines.joined(separator: "\n"), to: "metrics.jsonl")
    let text = try await tandem.run("diagnose", "metrics.jsonl")
    #expect(text.exitCode == 0 && text.output.contains("#kl-coefficient-zero"))
    let json = try await tandem.run("diagnose", "metrics.jsonl", "--json")
    let document = try TandemProcess.object(json.output)
    #expect(document?["schema"] as? String == "tandem.diagnose/1")
    let runs = try #require(document?["runs"] as? [[String: NSObject]])
    let findings = try #require(runs[0]["findings"] as? [[String: NSObject]])
    #expect(findings.count == 1)
  }

  @Test func diagnoseRefusesWhatIsNoLog() async throws {
    let tandem = try TandemProcess()
    try tandem.write("no log", to: "metrics.jsonl")
    #expect(try await tandem.run("diagnose", "metrics.jsonl").exitCode == 65)
    #expect(try await tandem.run("diagnose", "nothing").exitCode == 66)
  }
}
