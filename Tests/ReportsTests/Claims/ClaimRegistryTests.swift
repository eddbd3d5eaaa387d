import Foundation
import Reports
import TestSupport
import Testing
import Workbench

@Suite struct ClaimRegistryTests {
  private let results: TemporaryFolder

  init() throws { results = try TemporaryFolder() }

  /// An empirical claim of six seeds, or a theorem or law that holds or does not.
  private func claim(_ id: String, tier: ClaimTier = .empirical, isTrue: Bool = true) -> Claim {
    guard tier == .empirical else {
      return Claim(
        id: id, source: "a paper", statement: "|a| < |b|", tier: tier, metric: "m",
        criterion: .atMost(1), effect: isTrue ? 0.5 : 2, command: "tandem run x")
    }
    let effect = isTrue ? 0.25 : -0.25
    return Claim(
      id: id, source: "a paper", statement: "|a| < |b|", metric: "m", criterion: .above(0),
      over: Estimate(mean: effect, low: effect - 0.125, high: effect + 0.125, n: 6),
      command: "tandem run x")
  }

  private func write(_ claims: [Claim], to name: String) throws {
    try ClaimFile(claims).write(to: results.url.appending(path: name))
  }

  @Test func aFileIsReadAsItWasWritten() throws {
    try write([claim("b"), claim("a")], to: "x")
    let file = try ClaimFile(in: results.url.appending(path: "x"))
    #expect(file.claims == ClaimFile([claim("a"), claim("b")]).claims)
    #expect(file.claims.map(\.id) == ["a", "b"])
    #expect(
      try String(decoding: results.data("x/claims.json"), as: UTF8.self).hasPrefix(#"{"claims""#))
  }

  @Test func claimsAreInTheOrderOfFoldersAndIds() throws {
    try write([claim("z.2"), claim("z.1")], to: "z")
    try write([claim("a.1")], to: "a")
    try Data().write(to: results.url.appending(path: "notes.txt"))
    let registry = try ClaimRegistry(collecting: results.url)
    #expect(registry.claims.map(\.claim.id) == ["a.1", "z.1", "z.2"])
    #expect(registry.claims.map(\.folder) == ["a", "z", "z"])
  }

  @Test func thePageHasOneLineAClaim() throws {
    let void = Claim(
      id: "a.2", source: "a paper", statement: "s", metric: "m", criterion: .above(0),
      over: Estimate(mean: 1, low: 0.5, high: 1.5, n: 2), command: "c")
    try write([claim("a.1"), void], to: "a")
    try ClaimRegistry(collecting: results.url).write(to: results.url)
    let lines = try String(decoding: results.data("README.md"), as: UTF8.self)
      .split(separator: "\n")
    let row = try #require(lines.first { $0.hasPrefix("| a.1 ") })
    // t = 0.25·2·2.5706/0.25 = 5.1412 with five degrees of freedom.
    #expect(
      row == """
        | a.1 | \\|a\\| < \\|b\\| (a paper) | empirical | **reproduced** | 0.25 [0.125, 0.375] | 0.00364 | 6 | `tandem run x` |
        """)
    #expect(lines.contains { $0.contains("**void**: 2 paired seeds; 5 are needed") })
    #expect(lines.count { $0.hasPrefix("| a.") } == 2)
    #expect(lines.contains("| empirical | 2 | 1 reproduced, 1 void |"))
  }

  @Test func theDocumentNamesTheFolderOfEachClaim() throws {
    try write([claim("a.1")], to: "a")
    try ClaimRegistry(collecting: results.url).write(to: results.url)
    let document = try JSONSerialization.jsonObject(with: results.data("claims.json"))
    let object = try #require(document as? [String: NSObject])
    #expect(object["schema"] as? String == "tandem.claims/2")
    let claims = try #require(object["claims"] as? [[String: NSObject]])
    #expect(claims[0]["folder"] as? String == "a" && claims[0]["id"] as? String == "a.1")
    #expect(claims[0]["tier"] as? String == "empirical" && claims[0]["seeds"] as? Int == 6)
  }

  @Test func collectingTwiceGivesTheSameBytes() throws {
    try write([claim("a.1")], to: "a")
    try ClaimRegistry(collecting: results.url).write(to: results.url)
    let first = try results.data("claims.json")
    try ClaimRegistry(collecting: results.url).write(to: results.url)
    #expect(try results.data("claims.json") == first)
  }

  @Test func onlyTheoremsAndLawsFailBuilds() throws {
    try write(
      [
        claim("a.1", isTrue: false), claim("a.2", tier: .theorem, isTrue: false),
        claim("a.3", tier: .law), claim("a.4", tier: .law, isTrue: false),
      ], to: "a")
    #expect(try ClaimRegistry(collecting: results.url).broken.map(\.id) == ["a.2", "a.4"])
  }

  @Test func oneNameInTwoFoldersIsRefused() throws {
    try write([claim("a.1")], to: "a")
    try write([claim("a.1")], to: "b")
    #expect(throws: RunStoreError.self) { try ClaimRegistry(collecting: results.url) }
  }

  @Test func missingAndDamagedFilesAreNamed() throws {
    #expect(throws: MissingInput.self) {
      try ClaimRegistry(collecting: results.url.appending(path: "nowhere"))
    }
    try write([], to: "a")
    #expect(try ClaimRegistry(collecting: results.url).claims.isEmpty)
    try Data("{}".utf8).write(to: results.url.appending(path: "a/claims.json"))
    #expect(throws: RunStoreError.self) { try ClaimRegistry(collecting: results.url) }
    let other = #"{"schema":"tandem.claims/9","claims":[]}"#
    try Data(other.utf8).write(to: results.url.appending(path: "a/claims.json"))
    #expect(throws: RunStoreError.self) { try ClaimRegistry(collecting: results.url) }
  }

  @Test func summariesWithoutClaimsGetThem() throws {
    let folder = results.url.appending(path: "synthetic")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let (cells, facts) = (SyntheticCells.cells, SyntheticCells.facts)
    let summary = summarize(cells, facts: facts)
    try encodeRecord(summary).write(to: folder.appending(path: "summary.json"))
    try Data(CurvesFile.text(of: cells, facts: facts).utf8)
      .write(to: folder.appending(path: "curves.csv"))
    let registry = try ClaimRegistry(collecting: results.url)
    #expect(registry.claims.map(\.claim) == ClaimFile(experimentClaims(summary)).claims)
    #expect(try ClaimFile(in: folder).claims.count == registry.claims.count)
  }
}
