/// The printable character that stands for each byte in vocabulary files, as GPT-2 chose them.
///
/// Bytes that Latin-1 prints keep their character; the other 68, in order, take U+0100, U+0101, …
/// See Radford (2019), `bytes_to_unicode` in the published `encoder.py`.
enum ByteAlphabet {
  static let characters: [Unicode.Scalar] = {
    var next: UInt32 = 0x100
    return (UInt8.min...UInt8.max).map { byte in
      if isPrintable(byte) { return Unicode.Scalar(byte) }
      defer { next += 1 }
      return Unicode.Scalar(next) ?? "\u{FFFD}"
    }
  }()

  static let bytes: [Unicode.Scalar: UInt8] = Dictionary(
    uniqueKeysWithValues: zip(characters, UInt8.min...UInt8.max))

  /// The spelling of a byte string in vocabulary files.
  static func spelling(of bytes: [UInt8]) -> String {
    String(String.UnicodeScalarView(bytes.lazy.map { characters[Int($0)] }))
  }

  /// The bytes of a spelling; nothing if a character stands for no byte.
  static func bytes(of spelling: String) -> [UInt8]? {
    var result: [UInt8] = []
    for scalar in spelling.unicodeScalars {
      guard let byte = bytes[scalar] else { return nil }
      result.append(byte)
    }
    return result
  }

  private static func isPrintable(_ byte: UInt8) -> Bool {
    (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte)
  }
}
