public import Foundation

/// A claim with the result folder that decided it.
public struct CollectedClaim: Encodable, Hashable, Sendable {
  /// The name of the folder, such as `reward-curves`.
  public var folder: String
  /// The claim.
  public var claim: Claim

  private enum CodingKeys: String, CodingKey { case folder }

  /// Writes the claim's own keys and `folder` beside them.
  public func encode(to encoder: any Encoder) throws {
    try claim.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(folder, forKey: .folder)
  }
}

/// Every claim of every result folder, in the order of folders and ids.
public struct ClaimRegistry: Encodable, Sendable {
  /// The version of this layout.
  public let schema = "tandem.claims/1"
  /// The claims.
  public let claims: [CollectedClaim]

  /// Reads `claims.json` of every folder below the given one.
  ///
  /// A folder that has an experiment's `summary.json` and no claims yet gets them written first.
  public init(collecting results: URL) throws {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: results.path) else {
      throw MissingInput(path: results.path, remedy: "name a folder with result folders in it")
    }
    var claims: [CollectedClaim] = []
    for name in names.sorted() {
      let folder = results.appending(path: name)
      try Self.writeMissingClaims(in: folder)
      guard Self.exists(ClaimFile.name, in: folder) else { continue }
      claims += try ClaimFile(in: folder).claims.map { CollectedClaim(folder: name, claim: $0) }
    }
    self.claims = claims
    try requireUniqueNames()
  }

  /// The theorems and laws that do not hold.
  public var broken: [Claim] { claims.map(\.claim).filter(\.failsBuild) }

  /// Writes `claims.json` and `README.md` over all folders.
  public func write(to results: URL) throws {
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

  private static func exists(_ name: String, in folder: URL) -> Bool {
    FileManager.default.fileExists(atPath: folder.appending(path: name).path)
  }

  private static func writeMissingClaims(in folder: URL) throws {
    let file = folder.appending(path: "summary.json")
    guard !exists(ClaimFile.name, in: folder), let data = try? Data(contentsOf: file),
      let summary = try? decodeRecord(ExperimentSummary.self, from: data)
    else { return }
    let claims = experimentClaims(summary)
    if !claims.isEmpty { try ClaimFile(claims).write(to: folder) }
  }
}
