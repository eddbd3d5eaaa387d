package import Foundation
import Workbench

/// The claims of one result folder: its `claims.json`.
package struct ClaimFile: Codable, Hashable, Sendable {
  /// The name of the file in its folder.
  package static let name = "claims.json"
  /// The version of this layout; version 1 had verdicts without the numbers that decide them.
  package static let currentSchema = "tandem.claims/2"
  /// The version of the file.
  package private(set) var schema = Self.currentSchema
  /// The claims, in the order of their ids.
  package let claims: [Claim]

  /// Claims in any order, decided together: one family for Holm's correction.
  package init(_ claims: [Claim]) {
    self.claims = Claim.decided(claims.sorted { $0.id < $1.id })
  }

  /// Reads the claims of a folder as they are stored.
  package init(in folder: URL) throws {
    let file = folder.appending(path: Self.name)
    guard let data = try? Data(contentsOf: file) else {
      throw MissingInput(path: file.path, remedy: "write it with the experiment's command")
    }
    guard let version = try? decodeRecord(ClaimSchema.self, from: data) else {
      throw RunStoreError.damaged(path: file.path, reason: "no claims")
    }
    guard version.schema == Self.currentSchema else {
      throw RunStoreError.damaged(
        path: file.path,
        reason: "its schema is '\(version.schema)' and this version derives verdicts from the "
          + "numbers of '\(Self.currentSchema)'")
    }
    do {
      self = try decodeRecord(ClaimFile.self, from: data)
    } catch {
      throw RunStoreError.damaged(path: file.path, reason: "no claims")
    }
  }

  /// Whether the folder has claims of the first version, which had no numbers to derive verdicts from.
  static func isOutdated(in folder: URL) -> Bool {
    let data = try? Data(contentsOf: folder.appending(path: name))
    let version = data.flatMap { try? decodeRecord(ClaimSchema.self, from: $0) }
    return version?.schema == "tandem.claims/1"
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

/// The version of a file of claims.
private struct ClaimSchema: Decodable {
  var schema: String
}
