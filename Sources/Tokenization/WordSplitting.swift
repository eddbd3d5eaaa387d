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

  /// Hands over digits, at most `most` together, and what is between them, from left to right.
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

/// A way to cut text before merges; the next step cuts each of the parts.
package enum SplittingStep: String, Sendable {
  /// The words of GPT-2's expression, as `ByteLevel` cuts them.
  case words
  /// Every digit by itself, as `Digits` cuts them with `individual_digits`.
  case digits
  /// Runs of digits, as `Digits` cuts them without it.
  case digitRuns

  /// The parts of a text, none of them empty, end to end.
  func parts(of text: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    var parts: [ArraySlice<UInt8>] = []
    let splitter = WordSplitter(text)
    switch self {
    case .words: splitter.forEachWord { parts.append($0) }
    case .digits: splitter.forEachNumber(joined: 1) { parts.append($0) }
    case .digitRuns: splitter.forEachNumber(joined: .max) { parts.append($0) }
    }
    return parts
  }
}

/// A token that is found in a text as it is, before anything is cut or merged.
package struct AddedToken: Equatable, Sendable {
  package var id: Int
  package var content: String
  /// Whether it leaves no trace in decoded text.
  package var isSpecial: Bool

  package init(id: Int, content: String, isSpecial: Bool) {
    (self.id, self.content, self.isSpecial) = (id, content, isSpecial)
  }
}

/// Finds added tokens in a text: the first one, and of those that start there the longest.
struct AddedTokenSearch: Equatable, Sendable {
  /// What a text is made of.
  enum Part: Equatable {
    case token(Int)
    case text(ArraySlice<UInt8>)
  }

  private struct Candidate: Equatable, Sendable {
    var id: Int
    var bytes: [UInt8]
  }

  /// The tokens by their first byte, longer ones first.
  private let candidates: [UInt8: [Candidate]]

  init(_ tokens: [AddedToken]) {
    let known = tokens.map { Candidate(id: $0.id, bytes: Array($0.content.utf8)) }
      .filter { !$0.bytes.isEmpty }
      .sorted { ($1.bytes.count, $0.id) < ($0.bytes.count, $1.id) }
    candidates = Dictionary(grouping: known) { $0.bytes[0] }
  }

  /// The added tokens of a text and what is between them.
  func parts(of text: [UInt8]) -> [Part] {
    var parts: [Part] = []
    var (start, position) = (0, 0)
    while position < text.count {
      guard
        let found = candidates[text[position]]?.first(where: {
          text[position...].starts(with: $0.bytes)
        })
      else {
        position += 1
        continue
      }
      if start < position { parts.append(.text(text[start..<position])) }
      parts.append(.token(found.id))
      position += found.bytes.count
      start = position
    }
    if start < text.count { parts.append(.text(text[start...])) }
    return parts
  }
}
