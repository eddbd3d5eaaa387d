/// Pieces of text with ranks, as SentencePiece learns them and the first Llama models use them.
///
/// A text is cut into characters; then, of all neighbours whose joined text is a piece, those of the
/// best piece are joined, the leftmost first, until none are left (Kudo and Richardson (2018),
/// section 3; `encode` in llama2.c's `run.c`). A character without a piece of its own is spelled by its
/// UTF-8 bytes. A prompt gets a space before it, which is not shown after the begin token; a
/// completion goes on where the prompt stopped. The name of a special token in a text is text.
public struct PieceEncoding: Tokenizer, Equatable {
  /// What stands for a space in files of SentencePiece.
  static let visibleSpace: Unicode.Scalar = "\u{2581}"

  /// The text of each token: none for special tokens, one byte for the tokens that spell bytes.
  let tokenBytes: [[UInt8]]
  /// The token of each byte.
  let byteTokens: [Int]
  /// The name of each special token.
  let specialNames: [Int: String]
  /// The pairs that join, the best first.
  let joins: [Join]
  private let characterTokens: [Unicode.Scalar: Int]
  private let merging: PairMerging
  /// The id that fills up shorter rows.
  public let padToken: Int
  /// The id that opens every prompt.
  public let beginToken: Int
  /// The id that closes a completion.
  public let endToken: Int

  /// Two neighbours that become one token; those of lower rank join first.
  struct Join: Equatable, Sendable {
    var pair: BytePairEncoding.Merge
    var rank: Int
    var joined: Int
  }

  /// Takes a table of pieces.
  ///
  /// - Parameters:
  ///   - tokenBytes: The text of each token.
  ///   - specialNames: The names of tokens without text.
  ///   - byteTokens: The tokens that spell bytes, 256 of them.
  ///   - joins: The pairs that become one, in the order of their ranks.
  ///   - pad: The id that fills up shorter rows.
  ///   - begin: The id that opens every prompt.
  ///   - end: The id that closes a completion.
  init(
    tokenBytes: [[UInt8]], specialNames: [Int: String], byteTokens: [Int], joins: [Join],
    pad: Int, begin: Int, end: Int
  ) {
    (self.tokenBytes, self.byteTokens, self.joins) = (tokenBytes, byteTokens, joins)
    self.specialNames = specialNames
    (padToken, beginToken, endToken) = (pad, begin, end)
    let spelling = Set(byteTokens)
    let characters = tokenBytes.enumerated().compactMap { id, bytes in
      spelling.contains(id) ? nil : onlyScalar(bytes).map { ($0, id) }
    }
    characterTokens = Dictionary(characters) { first, _ in first }
    let rules = joins.map { ($0.pair, PairMerging.Rule(rank: $0.rank, merged: $0.joined)) }
    merging = PairMerging(Dictionary(rules) { first, _ in first })
  }

  /// Every way to cut a piece into two pieces; those of one score have one rank.
  static func joins(
    _ tokenBytes: [[UInt8]], scores: [Float], except excluded: Set<Int>
  ) -> [Join] {
    let named = tokenBytes.indices.filter { !excluded.contains($0) && !tokenBytes[$0].isEmpty }
    let ids = Dictionary(named.map { (tokenBytes[$0][...], $0) }) { first, _ in first }
    let distinct = Set(named.map { scores[$0] }).sorted(by: >)
    let ranks = Dictionary(zip(distinct, distinct.indices)) { first, _ in first }
    var joins: [Join] = []
    for (piece, id) in ids {
      for cut in piece.indices.dropFirst() {
        guard let left = ids[piece[..<cut]], let right = ids[piece[cut...]] else { continue }
        let pair = BytePairEncoding.Merge(left: left, right: right)
        joins.append(Join(pair: pair, rank: ranks[scores[id]] ?? 0, joined: id))
      }
    }
    return joins.sorted {
      ($0.rank, $0.pair.left, $0.pair.right) < ($1.rank, $1.pair.left, $1.pair.right)
    }
  }

  /// The number of tokens, special ones included.
  public var vocabularySize: Int { tokenBytes.count }

  /// The ids of a text that goes on from another one.
  public func encode(_ text: String) -> [Int] {
    var tokens: [Int] = []
    for scalar in text.unicodeScalars {
      let scalar = scalar == Self.visibleSpace ? " " : scalar
      if let token = characterTokens[scalar] {
        tokens.append(token)
      } else {
        tokens += String(scalar).utf8.map { byteTokens[Int($0)] }
      }
    }
    return merging.merged(tokens)
  }

  /// The begin token, then the text with a space before it; for no text the begin token alone.
  public func encodePrompt(_ text: String) -> [Int] {
    [beginToken] + (text.isEmpty ? [] : encode(" " + text))
  }

  /// The text of the ids, without the space that a piece after the begin token starts with.
  ///
  /// Bytes that are not UTF-8 become U+FFFD; ids outside the vocabulary are left out.
  public func decode(_ tokens: [Int]) -> String {
    var text: [UInt8] = []
    var previous: Int?
    for token in tokens where tokenBytes.indices.contains(token) {
      let bytes = tokenBytes[token]
      let isFirst = previous == beginToken && bytes.first == UInt8(ascii: " ")
      text += isFirst ? bytes.dropFirst() : bytes[...]
      previous = token
    }
    return String(decoding: text, as: UTF8.self)
  }
}

/// The character that bytes spell, if they spell one and no more.
private func onlyScalar(_ bytes: [UInt8]) -> Unicode.Scalar? {
  guard 1...4 ~= bytes.count else { return nil }
  let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars
  return scalars.count == 1 ? scalars.first : nil
}
