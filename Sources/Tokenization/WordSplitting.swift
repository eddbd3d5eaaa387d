/// Cuts UTF-8 text into words as the byte-level pre-tokenizer of GPT-2 does.
///
/// The rule is the regular expression of Radford (2019),
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
/// written out by hand; every byte belongs to exactly one word.
package struct WordSplitter {
  private let bytes: [UInt8]

  package init(_ text: String) { bytes = Array(text.utf8) }

  /// A text that is valid UTF-8.
  init(_ bytes: ArraySlice<UInt8>) { self.bytes = Array(bytes) }

  /// Hands over digits, at most so many together, and what is between them, from left to right.
  func forEachNumber(joined most: Int, _ body: (ArraySlice<UInt8>) -> Void) {
    var start = 0
    while start < bytes.count {
      let isNumber = character(at: start).kind == .number
      var (end, count) = (start, 0)
      while end < bytes.count, !isNumber || count < most {
        let next = character(at: end)
        guard (next.kind == .number) == isNumber else { break }
        (end, count) = (end + next.length, count + 1)
      }
      body(bytes[start..<end])
      start = end
    }
  }

  /// Hands over the words, from left to right.
  package func forEachWord(_ body: (ArraySlice<UInt8>) -> Void) {
    var start = 0
    while start < bytes.count {
      let end = wordEnd(from: start)
      body(bytes[start..<end])
      start = end
    }
  }

  private func wordEnd(from start: Int) -> Int {
    if let end = contractionEnd(from: start) { return end }
    let body = bytes[start] == UInt8(ascii: " ") ? start + 1 : start
    if body < bytes.count {
      let kind = character(at: body).kind
      if kind != .space { return runEnd(of: kind, from: body).end }
    }
    let run = runEnd(of: .space, from: start)
    // The last space of a run belongs to the word behind it, unless it is all there is.
    return run.end == bytes.count || run.last == start ? run.end : run.last
  }

  private func contractionEnd(from start: Int) -> Int? {
    guard bytes[start] == UInt8(ascii: "'") else { return nil }
    let rest = bytes[(start + 1)...]
    return ["s", "t", "re", "ve", "m", "ll", "d"]
      .first { rest.starts(with: $0.utf8) }
      .map { start + 1 + $0.utf8.count }
  }

  /// Where a run of one kind of character ends, and where its last character begins.
  private func runEnd(of kind: CharacterKind, from start: Int) -> (end: Int, last: Int) {
    var (end, last) = (start, start)
    while end < bytes.count {
      let next = character(at: end)
      guard next.kind == kind else { break }
      (end, last) = (end + next.length, end)
    }
    return (end, last)
  }

  private func character(at position: Int) -> (kind: CharacterKind, length: Int) {
    let lead = bytes[position]
    if lead < 0x80 { return (CharacterKind(ascii: lead), 1) }
    // A string is valid UTF-8, so that the lead byte tells the length.
    let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    var value = UInt32(lead) & (0x7F >> UInt32(length))
    for byte in bytes[(position + 1)..<(position + length)] {
      value = value << 6 | UInt32(byte & 0x3F)
    }
    return (Unicode.Scalar(value).map(CharacterKind.init(scalar:)) ?? .other, length)
  }
}

/// The four kinds of character that the rule tells apart.
private enum CharacterKind {
  case letter, number, space, other

  init(ascii byte: UInt8) {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
      self = .letter
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self = .number
    case 0x20, 0x09...0x0D: self = .space
    default: self = .other
    }
  }

  init(scalar: Unicode.Scalar) {
    if scalar.properties.isWhitespace {
      self = .space
      return
    }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      self = .letter
    case .decimalNumber, .letterNumber, .otherNumber: self = .number
    default: self = .other
    }
  }
}
