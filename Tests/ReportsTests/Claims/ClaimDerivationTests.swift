import Foundation
import Reports
import TestSupport
import Testing
import Workbench

/// A stored verdict that its numbers do not give is refused.
@Suite struct ClaimDerivationTests {
  private let results: TemporaryFolder
  private var folder: URL { results.url.appending(path: "healthy") }

  init() throws { results = try TemporaryFolder() }

  private func read(_ path: String) throws -> String {
    String(decoding: try results.data(path), as: UTF8.self)
  }

  /// The sentence with which collecting the folder's claims fails; nil where it does not.
  private func refusal() -> String? {
    do {
      _ = try ClaimRegistry(collecting: results.url)
      return nil
    } catch { return "\(error)" }
  }

  /// An experiment's results without figures.
  private func writeExperiment() throws {
    let summary = HealthyCells.summary
    try results.write(
      String(decoding: encodeRecord(summary), as: UTF8.self), to: "healthy/summary.json")
    try results.write(
      CurvesFile.text(of: HealthyCells.cells(), facts: summary.facts), to: "healthy/curves.csv")
    try ClaimFile(experimentClaims(summary)).write(to: folder)
  }

  @Test func handWrittenClaimsAreRefused() throws {
    let claim = """
      {"id":"a.b","source":"s","statement":"1 = 2","tier":"theorem","metric":"m","rule":"r",
      "verdict":"holds","command":"c"}
      """
    try results.write(#"{"schema":"tandem.claims/2","claims":[\#(claim)]}"#, to: "a/claims.json")
    #expect(refusal()?.contains("'a.b' has no criterion that could decide it") == true)
    let decided = claim.replacing(
      #""rule""#, with: #""criterion":{"side":"at-most","bounds":[1e-9]},"effect":1,"rule""#)
    try results.write(#"{"schema":"tandem.claims/2","claims":[\#(decided)]}"#, to: "a/claims.json")
    #expect(refusal()?.contains("'a.b' is stored as holds, its numbers give broken") == true)
  }

  @Test func twoSeedsCannotBeWrittenIntoAVerdict() throws {
    let claim = """
      {"id":"a.b","source":"s","statement":"st","tier":"empirical","metric":"m","rule":"r",
      "criterion":{"side":"above","bounds":[0]},"effect":5,"interval":[4,6],"seeds":2,
      "verdict":"reproduced","command":"c"}
      """
    try results.write(#"{"schema":"tandem.claims/2","claims":[\#(claim)]}"#, to: "a/claims.json")
    #expect(
      refusal()?.contains("stored as reproduced, its numbers give void (2 paired seeds") == true)
  }

  @Test func filesOfTheFirstVersionAreRefusedWhereNothingGivesTheirNumbers() throws {
    try results.write(#"{"schema":"tandem.claims/1","claims":[]}"#, to: "a/claims.json")
    #expect(refusal()?.contains("its schema is 'tandem.claims/1'") == true)
  }

  @Test func filesOfTheFirstVersionAreMadeAnewFromTheirSummary() throws {
    try writeExperiment()
    let current = try read("healthy/claims.json")
    try results.write(#"{"schema":"tandem.claims/1","claims":[]}"#, to: "healthy/claims.json")
    #expect(refusal() == nil)
    #expect(try read("healthy/claims.json") == current)
  }

  @Test func whatASummaryGivesIsWhatMustBeStored() throws {
    try writeExperiment()
    #expect(refusal() == nil)
    let text = try read("healthy/claims.json")
    try results.write(
      text.replacing("contradicted", with: "inconclusive"), to: "healthy/claims.json")
    #expect(refusal()?.contains("is stored as inconclusive, its numbers give contradicted") == true)
    try results.write(
      text.replacing(#""effect":1.5,"#, with: #""effect":1.6,"#), to: "healthy/claims.json")
    #expect(refusal()?.contains("other numbers than those that decide it") == true)
    let fewer = ClaimFile(
      Array(ClaimFile(experimentClaims(HealthyCells.summary)).claims.dropLast()))
    try fewer.write(to: folder)
    #expect(refusal() != nil)
  }

  @Test func aCurveThatWasShiftedAtOnePlaceIsFound() throws {
    try writeExperiment()
    var shifted = HealthyCells.cells()
    for index in shifted.indices where shifted[index].arm == "PPO" {
      shifted[index].evaluations[1].values["eval/gold_reward"]? += 0.1
    }
    try results.write(
      CurvesFile.text(of: shifted, facts: HealthyCells.facts()), to: "healthy/curves.csv")
    #expect(refusal()?.contains("PPO − DPO at a KL of") == true)
  }

  @Test func aSummaryThatItsCurvesDoNotGiveIsFound() throws {
    try writeExperiment()
    var summary = HealthyCells.summary
    summary.comparisons[0].difference.mean += 0.2
    summary.comparisons[0].difference.high += 0.2
    try results.write(
      String(decoding: encodeRecord(summary), as: UTF8.self), to: "healthy/summary.json")
    #expect(refusal()?.contains("PPO − SFT is ") == true)
    try FileManager.default.removeItem(at: folder.appending(path: "curves.csv"))
    #expect(refusal()?.contains("checked against its curves") == true)
  }
}
