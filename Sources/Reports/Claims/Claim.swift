package import Foundation
import Workbench

/// How much a claim promises, and what a failure of it means.
package enum ClaimTier: String, Codable, Sendable, CaseIterable {
  /// An exact identity, checked up to rounding; it may fail the build.
  case theorem
  /// A statistical statement whose sign or size follows from a derivation; it may fail the build.
  case law
  /// A claim about what training shows, from a paper or of our own; it never fails the build.
  case empirical
}

/// What the numbers say about a claim.
package enum ClaimVerdict: String, Codable, Sendable, CaseIterable {
  /// A theorem or law that the check confirms.
  case holds
  /// A theorem or law that the check refutes.
  case broken
  /// An empirical claim that the interval over seeds supports.
  case reproduced
  /// An empirical claim whose opposite the interval over seeds supports.
  case contradicted
  /// An empirical claim that the interval over seeds leaves open.
  case inconclusive
}

/// A registered claim: what is said, by whom, how it is decided, and the verdict.
package struct Claim: Codable, Hashable, Sendable {
  /// The name, unique over all result folders, such as `reward-curves.ppo-above-sft`.
  package var id: String
  /// Where the claim is made.
  package var source: String
  /// The claim in words.
  package var statement: String
  /// How much it promises.
  package var tier: ClaimTier
  /// What is measured.
  package var metric: String
  /// How the measurement decides.
  package var rule: String
  /// The decision.
  package var verdict: ClaimVerdict
  /// The measured value; nil where there is none.
  package var effect: Double?
  /// The two ends of its interval; nil where there is none.
  package var interval: [Double]?
  /// The number of seeds behind it; nil where seeds do not matter.
  package var seeds: Int?
  /// The command that decides it again.
  package var command: String

  /// Registers a claim.
  package init(
    id: String, source: String, statement: String, tier: ClaimTier, metric: String, rule: String,
    verdict: ClaimVerdict, effect: Double? = nil, interval: [Double]? = nil, seeds: Int? = nil,
    command: String
  ) {
    (self.id, self.source, self.statement, self.tier) = (id, source, statement, tier)
    (self.metric, self.rule, self.verdict) = (metric, rule, verdict)
    (self.effect, self.interval, self.seeds, self.command) = (effect, interval, seeds, command)
  }

  /// Whether the claim fails a build, as a theorem or law does that does not hold.
  package var failsBuild: Bool { tier != .empirical && verdict != .holds }
}

/// The claims of one result folder: its `claims.json`.
package struct ClaimFile: Codable, Hashable, Sendable {
  /// The name of the file in its folder.
  package static let name = "claims.json"
  /// The version of this layout.
  package private(set) var schema = "tandem.claims/1"
  /// The claims, in the order of their ids.
  package let claims: [Claim]

  /// Claims in any order.
  package init(_ claims: [Claim]) {
    self.claims = claims.sorted { $0.id < $1.id }
  }

  /// Reads the claims of a folder.
  package init(in folder: URL) throws {
    let file = folder.appending(path: Self.name)
    guard let data = try? Data(contentsOf: file) else {
      throw MissingInput(path: file.path, remedy: "write it with the experiment's command")
    }
    do {
      self = try decodeRecord(ClaimFile.self, from: data)
    } catch {
      throw RunStoreError.damaged(path: file.path, reason: "no claims")
    }
    guard schema == "tandem.claims/1" else {
      throw RunStoreError.damaged(path: file.path, reason: "schema '\(schema)' is not known")
    }
  }

  /// Writes the claims into a folder, which is made where it is missing.
  package func write(to folder: URL) throws {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try encodeRecord(self).write(to: folder.appending(path: Self.name), options: .atomic)
    } catch let error as CocoaError {
      throw RunStoreError.cannotCreate(path: folder.path, reason: plainReason(error))
    }
  }
}
