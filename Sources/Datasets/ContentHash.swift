public import Foundation

/// The SHA-256 of bytes, as 64 hexadecimal digits.
public func sha256(of data: some Sequence<UInt8>) -> String {
  var hash = SHA256()
  hash.update(data)
  return hash.hexadecimalDigest()
}

/// The SHA-256 of a text's UTF-8 bytes, as 64 hexadecimal digits.
public func sha256(of text: String) -> String { sha256(of: text.utf8) }

/// The SHA-256 of a file's bytes, as 64 hexadecimal digits; the file is read in pieces.
public func sha256(ofFile url: URL) throws(DataError) -> String {
  do {
    let file = try FileHandle(forReadingFrom: url)
    defer { try? file.close() }
    var hash = SHA256()
    while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty { hash.update(piece) }
    return hash.hexadecimalDigest()
  } catch {
    throw .unreadable(path: url.path, reason: plainReason(error))
  }
}
