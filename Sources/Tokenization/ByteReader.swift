/// Takes numbers and strings off the front of a file's bytes, and never reads past its end.
///
/// Whatever is missing comes back as nil, so that each format can say which of its rules broke.
package struct ByteReader: Sendable {
  /// The whole file.
  package let bytes: [UInt8]
  /// The byte that is read next.
  package private(set) var position = 0

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The bytes that are left.
  package var remaining: Int { bytes.count - position }

  /// The next number, the lowest byte first.
  package mutating func next<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number? {
    guard let taken = take(Number.bitWidth / 8) else { return nil }
    return taken.reversed().reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
  }

  /// The next IEEE 754 single-precision number.
  package mutating func nextFloat() -> Float? {
    next(UInt32.self).map(Float.init(bitPattern:))
  }

  /// The next bytes, so many of them.
  package mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, count <= remaining else { return nil }
    defer { position += count }
    return bytes[position..<position + count]
  }
}
