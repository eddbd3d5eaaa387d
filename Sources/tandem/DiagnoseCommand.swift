import ArgumentParser
import Explanations
import Foundation

/// `tandem diagnose`: what a run suffers from.
struct DiagnoseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diagnose",
    abstract: "Name what a training suffers from, with the evidence in its metrics.",
    discussion: """
      LOG is a run folder, a metrics.jsonl, or TRL's trainer_state.json, or a folder
      with one of the two. Each rule reads a few metrics and says nothing where they
      are not logged. Rules that need the state before the first update need our
      step 0, which TRL does not log.

      --json prints one document with schema "tandem.diagnose/1" and runs, each with
      name and findings (symptom, sentence, evidence with metric, step, value and
      rule, remedy, entry).

      Exit code 0 whether something was found or not, 65 for a file that is no log,
      66 if nothing is there.

      EXAMPLES
        tandem diagnose runs/reward-curves
        tandem diagnose output/checkpoint-500/trainer_state.json --json
      """)

  @Argument(help: "A run folder or a log.")
  var log: String

  @Flag(help: "Print one JSON document instead of sentences.")
  var json = false

  func run() throws {
    let document = DiagnosisDocument(try MetricsHistory.all(at: URL(filePath: log)))
    try print(json ? jsonText(of: document) : document.text)
  }
}
