import ArgumentParser
import Foundation
import Reports
import Tasks
import Workbench

/// `tandem compare`: runs on one axis, if they learned from the same data.
struct CompareCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Draw the curves of several runs together, if their data are the same.",
    discussion: """
      Pairs, evaluation prompts and reference model of every common seed must be
      equal byte for byte; otherwise the command says what differs, with both hashes
      and the first differing line, and exits with 65.

      EXAMPLES
        tandem compare runs/reward-curves runs/other-rates
        tandem compare runs/a runs/b runs/c --output comparison --json
      """)

  @Argument(help: "Run folders.")
  var runs: [String]

  @Option(help: "Where the shared summary, curves, figures and report go.")
  var output = "runs/comparison"

  @Flag(help: "Print one JSON document instead of a table.")
  var json = false

  func validate() throws {
    guard !runs.isEmpty else { throw ValidationError("name one or more run folders") }
  }

  func run() async throws {
    let comparison = try RunComparison(runs.map { URL(filePath: $0) })
    let facts = try comparison.specification.facts(
      command: "tandem compare " + runs.joined(separator: " "))
    let summary = summarize(comparison.records, facts: facts)
    let results = URL(filePath: output)
    try CellStore(folder: results).make()
    try await writeResults(summary, cells: comparison.records, to: results)
    try print(json ? jsonText(of: summary) : table(of: summary, results: results))
  }
}

/// `tandem report`: the results of a finished run once more.
struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write summary, curves, figures and report of a finished run again.",
    discussion: """
      EXAMPLES
        tandem report runs/reward-curves
        tandem report runs/reward-curves --results results/reward-curves
      """)

  @Argument(help: "A run folder.")
  var folder: String

  @Option(help: "Where the results go; RUN/results unless given.")
  var results: String?

  @Flag(help: "Print one JSON document instead of a table.")
  var json = false

  func run() async throws {
    let run = try FinishedRun(folder: URL(filePath: folder))
    try run.checkData()
    let facts = try run.specification.facts(command: reproduction(of: run.specification.name))
    let summary = summarize(run.records, facts: facts)
    let results = results.map { URL(filePath: $0) } ?? run.folder.appending(path: "results")
    try CellStore(folder: results).make()
    try await writeResults(summary, cells: run.records, to: results)
    try print(json ? jsonText(of: summary) : table(of: summary, results: results))
  }
}
