package import Foundation
package import Workbench

extension ClaimFile {
  /// The claims of a result folder, derived again from the numbers in it; nil where there are none.
  ///
  /// Beside an experiment's `summary.json` every claim is made anew from it, once it agrees with
  /// `curves.csv`. Elsewhere each claim carries its effect, interval and bound, and is decided again.
  ///
  /// - Throws: ``ResultsDisagreement`` where a stored verdict, or a number behind it, is another.
  package init?(derivingIn folder: URL) throws {
    let isStored = FileManager.default.fileExists(atPath: folder.appending(path: Self.name).path)
    guard let summary = ExperimentSummary.stored(in: folder) else {
      guard isStored else { return nil }
      let stored = try ClaimFile(in: folder)
      self.init(stored.claims)
      try requireEqual(stored, in: folder)
      return
    }
    if let problem = try CurvesFile(in: folder, facts: summary.facts).disagreement(with: summary) {
      let file = folder.appending(path: "summary.json")
      throw ResultsDisagreement(path: file.path, problem: problem)
    }
    self.init(experimentClaims(summary))
    // Claims of the first version had no numbers to check: they are made anew from the summary.
    guard isStored, !Self.isOutdated(in: folder) else { return }
    try requireEqual(try ClaimFile(in: folder), in: folder)
  }

  /// Whether claims of this folder have to be written: it has a summary and no claims of this version.
  static func areMissing(in folder: URL) -> Bool {
    (try? ClaimFile(in: folder)) == nil && ExperimentSummary.stored(in: folder) != nil
  }

  /// Throws the first claim in which a stored file and these claims differ.
  private func requireEqual(_ stored: ClaimFile, in folder: URL) throws {
    guard let problem = difference(from: stored) else { return }
    throw ResultsDisagreement(
      path: folder.appending(path: Self.name).path, problem: problem)
  }

  /// What is stored otherwise than derived, in words.
  private func difference(from stored: ClaimFile) -> String? {
    let ids = (stored.claims + claims).map(\.id)
    for id in ids.sorted() {
      let (own, other) = (claims.first { $0.id == id }, stored.claims.first { $0.id == id })
      guard let own else { return "nothing there gives the claim '\(id)'" }
      guard let other else { return "the claim '\(id)' is missing" }
      guard own.criterion != nil else { return "'\(id)' has no criterion that could decide it" }
      if own.verdict != other.verdict {
        return "'\(id)' is stored as \(other.verdict.rawValue), its numbers give "
          + own.verdict.rawValue + (own.reason.map { " (\($0))" } ?? "")
      }
      guard own == other else { return "'\(id)' has other numbers than those that decide it" }
    }
    return ids.count == 2 * claims.count ? nil : "a claim stands there twice"
  }
}

extension ExperimentSummary {
  /// The summary of an experiment in a folder; nil where there is none, or one of another kind.
  static func stored(in folder: URL) -> ExperimentSummary? {
    (try? Data(contentsOf: folder.appending(path: "summary.json")))
      .flatMap { try? decodeRecord(ExperimentSummary.self, from: $0) }
  }
}

/// A stored number or verdict that the numbers beside it do not give.
package struct ResultsDisagreement: ErrorWithExitStatus, Equatable, CustomStringConvertible {
  /// The file.
  package var path: String
  /// What it says, and what it should.
  package var problem: String

  /// The sentence for people.
  package var description: String {
    "\(path): \(problem); make it again with the command that writes it"
  }

  /// The data do not belong together.
  package var exitStatus: ExitStatus { .data }
}
