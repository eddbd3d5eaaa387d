import Foundation
import Testing

/// `tandem identities` and `tandem claims`.
@Suite struct ClaimCommandTests {
  @Test func identitiesHold() async throws {
    let tandem = try TandemProcess()
    let result = try await tandem.run("identities", "--results", "results/identities")
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(result.output.contains("optimum.closed-form") && result.output.contains("equation 4"))
    #expect(result.output.contains(" identities, 0 broken"))
    #expect(!result.output.contains("\u{1B}") && !result.output.contains("BROKEN"))
    #expect(tandem.has("results/identities/claims.json"))
    #expect(tandem.has("results/identities/README.md"))
    let collected = try await tandem.run("claims", "results", "--json")
    #expect(collected.exitCode == 0, "\(collected.errors)")
    let document = try TandemProcess.object(collected.output)
    #expect(document?["schema"] as? String == "tandem.claims/2")
    #expect(((document?["claims"] as? [NSObject])?.count ?? 0) > 50)
    #expect(tandem.has("results/README.md") && tandem.has("results/claims.json"))
  }

  @Test func identitiesAreOneDocument() async throws {
    let result = try await TandemProcess().run("identities", "--json")
    let document = try TandemProcess.object(result.output)
    #expect(document?["schema"] as? String == "tandem.identities/1")
    let rows = try #require(document?["identities"] as? [[String: NSObject]])
    #expect(rows.allSatisfy { $0["holds"] as? Bool == true && $0["equation"] is String })
    #expect(Set(rows.compactMap { $0["id"] as? String }).count == rows.count)
  }

  @Test(arguments: [("theorem", 2.0, 1), ("law", 2, 1), ("theorem", 0.5, 0)])
  func onlyBrokenTheoremsAndLawsFail(tier: String, error: Double, code: Int32) async throws {
    let tandem = try TandemProcess()
    let verdict = error > 1 ? "broken" : "holds"
    let claim = """
      {"id":"a.b","source":"s","statement":"st","tier":"\(tier)","metric":"m","rule":"≤ 1",
      "criterion":{"side":"at-most","bounds":[1]},"effect":\(error),"verdict":"\(verdict)","command":"c"}
      """
    try tandem.write(
      #"{"schema":"tandem.claims/2","claims":[\#(claim)]}"#, to: "results/a/claims.json")
    let result = try await tandem.run("claims")
    #expect(result.exitCode == code, "\(result.errors)")
    #expect(result.output.contains(verdict == "broken" ? "BROKEN" : verdict))
  }

  @Test func aVerdictThatItsNumbersDoNotGiveIsExitCode65() async throws {
    let tandem = try TandemProcess()
    let claim = """
      {"id":"a.b","source":"s","statement":"1 = 2","tier":"theorem","metric":"m","rule":"r",
      "verdict":"holds","command":"c"}
      """
    try tandem.write(
      #"{"schema":"tandem.claims/2","claims":[\#(claim)]}"#, to: "results/a/claims.json")
    let result = try await tandem.run("claims")
    #expect(result.exitCode == 65 && result.errors.contains("'a.b' has no criterion"))
    #expect(!tandem.has("results/README.md"))
  }

  @Test func claimsOfAMissingFolderIsExitCode66() async throws {
    let result = try await TandemProcess().run("claims", "nowhere")
    #expect(result.exitCode == 66)
    #expect(result.output.isEmpty)
  }
}
