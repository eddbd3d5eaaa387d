import Datasets

/// Damages bytes, the same way for the same generator.
struct Mutation {
  private var generator: CounterGenerator
  /// Values that readers are most often wrong about.
  private static let integers: [UInt64] = [
    0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
    0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, .max, .max - 7, 1 << 24, 1 << 40, 1 << 62,
  ]
  private static let texts = [
    "-1", "0", "1e999", "99999999999999999999", "16777216", "null", "true", "[]", "{}", "\"\"", "{",
    "}", "[", "]", ",", "\"", "\\u0000", "\\ud800", ":", "1.5", "-0", "\u{FEFF}", "\r\n", "▁",
    String(repeating: "[", count: 100), String(repeating: "a", count: 300),
  ]

  init(_ generator: CounterGenerator) { self.generator = generator }

  private mutating func below(_ count: Int) -> Int { Int(generator.next() % UInt64(max(1, count))) }

  /// The bytes after one to eight changes; `others` lend parts of themselves.
  mutating func damaged(_ bytes: [UInt8], others: [[UInt8]]) -> [UInt8] {
    var bytes = bytes
    for _ in 0...below(8) { change(&bytes, others) }
    return bytes
  }

  private mutating func change(_ bytes: inout [UInt8], _ others: [[UInt8]]) {
    guard !bytes.isEmpty else {
      bytes = [UInt8(below(256))]
      return
    }
    // Headers decide more than data do, and so half of the changes are near the front.
    let place = below(below(2) == 0 ? min(bytes.count, 512) : bytes.count)
    let part = place..<min(bytes.count, place + 1 + below(32))
    switch below(9) {
    case 0: bytes[place] ^= 1 << UInt8(below(8))
    case 1: bytes[place] = UInt8(below(256))
    case 2: overwrite(&bytes, at: place, width: [1, 2, 4, 8][below(4)])
    case 3: bytes.removeSubrange(part)
    case 4: bytes.insert(contentsOf: bytes[part], at: below(bytes.count))
    case 5: bytes.removeLast(below(bytes.count))
    case 6: bytes.insert(contentsOf: Self.texts[below(Self.texts.count)].utf8, at: place)
    case 7: bytes.replaceSubrange(part, with: Self.texts[below(Self.texts.count)].utf8)
    default:
      let other = others[below(others.count)]
      guard !other.isEmpty else { return }
      let start = below(other.count)
      bytes.replaceSubrange(part, with: other[start..<min(other.count, start + 1 + below(64))])
    }
  }

  private mutating func overwrite(_ bytes: inout [UInt8], at place: Int, width: Int) {
    let value = Self.integers[below(Self.integers.count)]
    for i in 0..<width where place + i < bytes.count {
      bytes[place + i] = UInt8(truncatingIfNeeded: value >> UInt64(8 * i))
    }
  }
}
