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
