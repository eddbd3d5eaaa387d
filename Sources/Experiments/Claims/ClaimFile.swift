public import Foundation

/// The claims of one result folder: its `claims.json`.
public struct ClaimFile: Codable, Hashable, Sendable {
  /// The name of the file in its folder.
  public static let name = "claims.json"
  /// The version of this layout.
  public private(set) var schema = "tandem.claims/1"
  /// The claims, in the order of their ids.
  public let claims: [Claim]

  /// Claims in any order.
  public init(_ claims: [Claim]) {
    self.claims = claims.sorted { $0.id < $1.id }
  }

  /// Reads the claims of a folder.
  public init(in folder: URL) throws {
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
  public func write(to folder: URL) throws {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try encodeRecord(self).write(to: folder.appending(path: Self.name), options: .atomic)
    } catch let error as CocoaError {
      throw RunStoreError.cannotCreate(path: folder.path, reason: plainReason(error))
    }
  }
}
