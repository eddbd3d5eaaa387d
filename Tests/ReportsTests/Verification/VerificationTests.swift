import Foundation
import Reports
import TestSupport
import Testing
import Workbench

@Suite struct VerificationTests {
  private let root: TemporaryFolder

  init() throws { root = try TemporaryFolder() }

  /// A small repository in which everything agrees.
  private func writeRepository() throws {
    let summary = HealthyCells.summary
    try root.write(
      String(decoding: encodeRecord(summary), as: UTF8.self), to: "results/healthy/summary.json")
    try root.write(
      CurvesFile.text(of: HealthyCells.cells(), facts: summary.facts),
      to: "results/healthy/curves.csv")
    try ClaimFile(experimentClaims(summary))
      .write(to: root.url.appending(path: "results/healthy"))
    let text = "task: {name: enumerable-language}\nseeds: 2\narms: [{dpo: {}}]\n"
    try root.write(text, to: "experiments/healthy/experiment.yaml")
    let folder = root.url.appending(path: "experiments/healthy")
    let runner = try ExperimentRunner(ExperimentSpecification(contentsOf: folder), folder: folder)
    let hash = try runner.specification.digest
    try root.write(#"{"specification":"\#(hash)"}"#, to: "results/healthy/manifest.json")
    try root.write(
      "# A\n<!-- generated: healthy.verdicts -->\nold\n<!-- end -->\nB\n", to: "README.md")
    try Verification(root: root.url).writeBlocks()
  }

  /// The problems that are found, by what was checked.
  private func problems() throws -> [String: String] {
    let found = try Verification(root: root.url).checks().compactMap { check in
      check.problem.map { (check.name, $0) }
    }
    return Dictionary(uniqueKeysWithValues: found)
  }

  @Test func whatAgreesIsRight() throws {
    try writeRepository()
    #expect(try problems().isEmpty)
    #expect(try Verification(root: root.url).checks().count == 3)
    #expect(throws: MissingInput.self) {
      try Verification(root: root.url.appending(path: "nowhere")).checks()
    }
  }

  @Test func aSpecificationThatChangedAfterTheRunIsFound() throws {
    try writeRepository()
    try root.write(
      "task: {name: enumerable-language}\nseeds: 2\nbeta: 0.2\narms: [{dpo: {}}]\n",
      to: "experiments/healthy/experiment.yaml")
    let found = try problems()
    #expect(found.count == 1)
    #expect(found.first?.key.contains("experiments/healthy/experiment.yaml") == true)
    #expect(found.first?.value.contains("another hash") == true)
  }

  @Test func aNumberThatWasTypedIntoTheReadmeIsFound() throws {
    try writeRepository()
    let readme = String(decoding: try root.data("README.md"), as: UTF8.self)
    #expect(readme.hasPrefix("# A\n<!-- generated: healthy.verdicts -->\n- DPO"))
    #expect(readme.hasSuffix("<!-- end -->\nB\n"))
    #expect(readme.contains("PPO ends above SFT in gold reward: **reproduced**, 1.50 ["))
    try root.write(readme.replacing("1.50", with: "1.60"), to: "README.md")
    #expect(try problems().keys.sorted() == ["README.md: generated blocks"])
    try Verification(root: root.url).writeBlocks()
    #expect(try problems().isEmpty)
  }

  @Test func aVerdictThatWasTypedInIsFound() throws {
    try writeRepository()
    let claims = String(decoding: try root.data("results/healthy/claims.json"), as: UTF8.self)
    try root.write(
      claims.replacing("contradicted\"", with: "reproduced\""),
      to: "results/healthy/claims.json")
    #expect(try problems().values.contains { $0.contains("stored as reproduced") })
    try root.write(#"{"schema":"tandem.claims/1","claims":[]}"#, to: "results/healthy/claims.json")
    #expect(try problems().values.contains { $0.contains("of the first version") })
  }

  @Test(arguments: [
    ("<!-- generated: healthy.verdicts -->\n", "has no end"), ("<!-- end -->\n", "without a block"),
    ("<!-- generated: healthy.poems -->\n<!-- end -->\n", "neither FOLDER.results"),
    ("<!-- generated: nobody.verdicts -->\n<!-- end -->\n", "is made from its summary"),
  ])
  func blocksThatMakeNoSenseAreRefused(text: String, said: String) throws {
    try writeRepository()
    try root.write(text, to: "README.md")
    #expect(try problems()["README.md: generated blocks"]?.contains(said) == true)
  }

  @Test func theTableShowsWhereEachArmEnded() throws {
    try writeRepository()
    let blocks = GeneratedBlocks(results: root.url.appending(path: "results"))
    let lines = try blocks.filled("<!-- generated: healthy.results -->\n<!-- end -->")
      .split(separator: "\n").map(String.init)
    #expect(lines[1].contains("β = 0.3, 6 paired seeds"))
    #expect(lines.first { $0.hasPrefix("| PPO ") }?.contains("| 1.50 [1.35, 1.65] |") == true)
    #expect(lines.contains { $0.hasPrefix("| SFT (π_ref) ") })
  }
}

/// The committed results of this package.
@Suite struct CommittedResultsTests {
  private static let root: URL = {
    let tests = URL(filePath: #filePath).deletingLastPathComponent()
    return tests.appending(path: "../../..").standardized
  }()

  @Test func everySummaryFollowsFromItsCurvesAndEveryTextFromItsSummary() throws {
    let checks = try Verification(root: Self.root).checks()
    // Results of settings that have changed since stay until their command has run again: not these.
    let current = ["reward-curves", "variance", "variance-model"]
    for check in checks {
      let isOfOthers =
        check.name.hasPrefix("experiments/")
        && !current.contains { check.name.hasPrefix("experiments/\($0)/") }
      if !isOfOthers { #expect(check.problem == nil, "\(check.name)") }
    }
    #expect(checks.contains { $0.name.hasPrefix("README.md") })
    #expect(checks.contains { $0.name.hasPrefix("results/reward-curves") })
  }
}
