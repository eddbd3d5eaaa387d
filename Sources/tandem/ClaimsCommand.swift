import ArgumentParser
import Foundation
import Reports

/// `tandem claims`: every claim of every result folder.
struct ClaimsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "claims",
    abstract: "Collect the claims of all result folders into claims.json and README.md.",
    discussion: """
      Derives every verdict of every folder below RESULTS again from the numbers in
      it and writes RESULTS/claims.json and RESULTS/README.md. An experiment's folder
      without claims gets them from its summary.json. Exit code 65 if a stored
      verdict is not what its numbers give, 1 if a theorem or law is broken;
      empirical claims fail nothing.

      EXAMPLES
        tandem claims
        tandem claims results --json
      """)

  @Argument(help: "A folder of result folders.")
  var results = "results"

  @Flag(help: "Print one JSON document instead of a table.")
  var json = false

  func run() throws {
    let folder = URL(filePath: results)
    let registry = try ClaimRegistry(collecting: folder)
    try registry.write(to: folder)
    try print(json ? jsonText(of: registry) : claimTable(registry.claims.map(\.claim)))
    guard registry.broken.isEmpty else { throw ExitCode.failure }
  }
}

/// A line a claim: id, tier, verdict and what is said.
func claimTable(_ claims: [Claim]) -> String {
  let width = 2 + (claims.map(\.id.count).max() ?? 0)
  let rows = claims.map { claim in
    padded(claim.id, to: width) + padded(claim.tier.rawValue, to: 11)
      + padded(claim.verdict == .broken ? "BROKEN" : claim.verdict.rawValue, to: 14)
      + claim.statement
  }
  let head = padded("id", to: width) + padded("tier", to: 11) + padded("verdict", to: 14)
  return ([head + "statement"] + rows).joined(separator: "\n")
}
