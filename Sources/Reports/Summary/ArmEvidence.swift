import Evaluation
import Tasks
import Training
import Workbench

/// What decides whether an arm's runs may be concluded from, besides its numbers.
package struct ArmEvidence: Codable, Sendable {
  /// The arm's name.
  package var arm: String
  /// The certificate's lines that failed at some seed of this arm, or in a stage that it starts from.
  package var failedChecks: [String]
  /// The seeds that diverged or ended collapsed.
  package var lostSeeds: [Int]
  /// The SHA-256 of what each seed read: `pairs`, `prompts` and `reference`, by the seed's number.
  package var dataHashes: [String: [String: String]]
}

/// The evidence for each arm of an experiment.
func armEvidence(_ runs: [ArmRuns], among cells: [CellRecord], judge: Judge?) -> [ArmEvidence] {
  let shared = failures(cells.filter { cell in !runs.contains { $0.name == cell.arm } })
  return runs.map { run in
    let lost = run.cells.filter { cell in
      cell.outcome != .completed || run.isTrained && hasCollapsed(cell, judge: judge)
    }
    let hashes = run.cells.map { ("\($0.seed)", $0.dataHashes) }
    return ArmEvidence(
      arm: run.name, failedChecks: Array(Set(shared + failures(run.cells))).sorted(),
      lostSeeds: lost.map(\.seed), dataHashes: Dictionary(uniqueKeysWithValues: hashes))
  }
}

/// The lines of the certificate that failed in some of the cells.
private func failures(_ cells: [CellRecord]) -> [String] {
  cells.flatMap(\.certificate).filter { !$0.passed }.map(\.name)
}
