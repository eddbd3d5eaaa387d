import ArgumentParser
import Foundation
import Reports

/// `tandem verify`: committed results against what they were made from.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check committed results against their curves, specifications and README.",
    discussion: """
      Makes every summary anew from its curves.csv and every verdict from its
      numbers, compares the hash of every experiment.yaml with the manifest of its
      results, and the generated blocks of README.md with what the results give.
      Nothing is trained. Exit code 1 if something differs.

      EXAMPLES
        tandem verify
        tandem verify --write        # write README.md's blocks anew first
      """)

  @Argument(help: "The folder with results, experiments and README.md.")
  var root = "."

  @Flag(help: "Write the generated blocks of README.md anew.")
  var write = false

  @Flag(help: "Print one JSON document instead of lines.")
  var json = false

  func run() throws {
    let verification = Verification(root: URL(filePath: root))
    if write { try verification.writeBlocks() }
    let document = VerificationDocument(checks: try verification.checks())
    try print(json ? jsonText(of: document) : document.text)
    guard document.checks.allSatisfy({ $0.problem == nil }) else { throw ExitCode.failure }
  }
}

/// The checks for programs.
private struct VerificationDocument: Encodable {
  /// The version of this layout.
  let schema = "tandem.verify/1"
  let checks: [VerificationCheck]

  /// A line a check.
  var text: String {
    checks.map { check in
      if let problem = check.problem { return "WRONG    \(check.name): \(problem)" }
      if let skipped = check.skipped { return "skipped  \(check.name): \(skipped)" }
      return "right    \(check.name)"
    }.joined(separator: "\n")
  }
}
