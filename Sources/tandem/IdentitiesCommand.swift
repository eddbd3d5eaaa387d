import Evaluation
import ArgumentParser
import Explanations
import Foundation
import Identities

/// `tandem identities`: every theorem, checked.
struct IdentitiesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "identities",
    abstract: "Check every theorem of the DPO paper and of the variance argument numerically.",
    discussion: """
      Each line compares formulas of the library with another computation (plain
      sums over all completions, finite differences, solved equations) on random
      instances from a fixed seed. Exit code 1 if one is broken.

      EXAMPLES
        tandem identities
        tandem identities --json
        tandem identities --results results/identities
      """)

  @Flag(help: "Print one JSON document instead of a table.")
  var json = false

  @Option(help: "Also write claims.json and a table as README.md into this folder.")
  var results: String?

  private struct Document: Encodable {
    var schema = "tandem.identities/1"
    var identities: [Row]
  }

  private struct Row: Encodable {
    var id, name, equation, source: String
    var error, tolerance: Double
    var holds: Bool
  }

  func run() throws {
    let identities = try Identity.verifyAll()
    if let results { try writeIdentities(identities, to: URL(filePath: results)) }
    if json {
      try print(jsonText(of: Document(identities: identities.map(row))))
    } else {
      print(IdentityTable(identities, usesColor: standardOutputTakesColor()).text)
    }
    guard identities.allSatisfy(\.holds) else { throw ExitCode.failure }
  }

  private func row(_ identity: VerifiedIdentity) -> Row {
    Row(
      id: identity.id, name: identity.name, equation: identity.equation, source: identity.source,
      error: identity.error, tolerance: identity.tolerance, holds: identity.holds)
  }
}

/// The identities for people: verdict, error and tolerance, then what is claimed.
struct IdentityTable {
  private let identities: [VerifiedIdentity]
  private let usesColor: Bool

  init(_ identities: [VerifiedIdentity], usesColor: Bool) {
    (self.identities, self.usesColor) = (identities, usesColor)
  }

  /// The lines of all identities and a count.
  var text: String {
    let width = 2 + (identities.map(\.id.count).max() ?? 0)
    let head =
      padded("verdict", to: 9) + padded("error", to: 10) + padded("bound", to: 10)
      + padded("id", to: width) + "claim, equation, source"
    let broken = identities.count { !$0.holds }
    let count = "\(identities.count) identities, \(broken) broken"
    return ([head] + identities.map { line($0, width: width) } + ["", count])
      .joined(separator: "\n")
  }

  private func line(_ identity: VerifiedIdentity, width: Int) -> String {
    verdict(identity.holds) + padded(scientific(identity.error, decimals: 1), to: 10)
      + padded(scientific(identity.tolerance, decimals: 0), to: 10)
      + padded(identity.id, to: width)
      + "\(identity.name)\n"
      + padded("", to: 29 + width) + "\(identity.equation)   [\(identity.source)]"
  }

  private func verdict(_ holds: Bool) -> String {
    let word = padded(holds ? "holds" : "BROKEN", to: 9)
    return usesColor ? "\u{1B}[\(holds ? 32 : 31)m\(word)\u{1B}[0m" : word
  }
}

/// Whether standard output is a terminal that shows colours and nobody asked for none.
func standardOutputTakesColor() -> Bool {
  let environment = ProcessInfo.processInfo.environment
  return isatty(FileHandle.standardOutput.fileDescriptor) == 1 && environment["TERM"] != "dumb"
    && (environment["NO_COLOR"] ?? "").isEmpty
}
