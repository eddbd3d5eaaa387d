package import Foundation
import Workbench

/// A claim with the result folder that decided it.
package struct CollectedClaim: Encodable, Hashable, Sendable {
  /// The name of the folder, such as `reward-curves`.
  package var folder: String
  /// The claim.
  package var claim: Claim

  private enum CodingKeys: String, CodingKey { case folder }

  /// Writes the claim's own keys and `folder` beside them.
  package func encode(to encoder: any Encoder) throws {
    try claim.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(folder, forKey: .folder)
  }
}

/// Every claim of every result folder, in the order of folders and ids.
package struct ClaimRegistry: Encodable, Sendable {
  /// The version of this layout.
  package let schema = ClaimFile.currentSchema
  /// The claims.
  package let claims: [CollectedClaim]

  /// Derives the claims of every folder below the given one and holds its `claims.json` against them.
  ///
  /// A folder that has an experiment's `summary.json` and no claims of this version gets them written.
  ///
  /// - Throws: ``ResultsDisagreement`` where a stored verdict is not what the numbers give.
  package init(collecting results: URL) throws {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: results.path) else {
      throw MissingInput(path: results.path, remedy: "name a folder with result folders in it")
    }
    var claims: [CollectedClaim] = []
    for name in names.sorted() {
      let folder = results.appending(path: name)
      guard let file = try ClaimFile(derivingIn: folder), !file.claims.isEmpty else { continue }
      if ClaimFile.areMissing(in: folder) { try file.write(to: folder) }
      claims += file.claims.map { CollectedClaim(folder: name, claim: $0) }
    }
    self.claims = claims
    try requireUniqueNames()
  }

  /// The theorems and laws that do not hold.
  package var broken: [Claim] { claims.map(\.claim).filter(\.failsBuild) }

  /// Writes `claims.json` and `README.md` over all folders.
  package func write(to results: URL) throws {
    do {
      try encodeRecord(self).write(to: results.appending(path: ClaimFile.name), options: .atomic)
      try Data(ClaimPage(claims).markdown.utf8)
        .write(to: results.appending(path: "README.md"), options: .atomic)
    } catch let error as CocoaError {
      throw RunStoreError.cannotCreate(path: results.path, reason: plainReason(error))
    }
  }

  private func requireUniqueNames() throws {
    var folders: [String: String] = [:]
    for claim in claims {
      if let other = folders.updateValue(claim.folder, forKey: claim.claim.id) {
        throw RunStoreError.damaged(
          path: "\(claim.folder)/\(ClaimFile.name)",
          reason: "the claim '\(claim.claim.id)' is in \(other) as well")
      }
    }
  }
}
