/// Pieces of text with scores, as SentencePiece learns them and the first Llama models use them.
///
/// A text is cut into characters; then, of all neighbours whose joined text is a piece, those with
/// the highest score are joined, the leftmost first, until none are left (Kudo and Richardson
/// (2018), section 3; `encode` in llama2.c's `run.c`). A character without a piece of its own is
/// spelt by its UTF-8 bytes. A prompt gets a space before it, which is not shown after the begin
/// token; a completion goes on where the prompt stopped.
public struct PieceEncoding: Tokenizer, Equatable {
  /// What stands for a space in files of SentencePiece.
  static let visibleSpace: Unicode.Scalar = "\u{2581}"

  /// The text of each token: none for special tokens, one byte for the tokens that spell bytes.
  let tokenBytes: [[UInt8]]
  /// The token of each byte.
  let byteTokens: [Int]
  /// The score of each token, higher ones joining first.
  let scores: [Float]
  private let characterTokens: [Unicode.Scalar: Int]
  private let merging: PairMerging
  /// The id that fills up shorter rows.
  public let padToken: Int
  /// The id that opens every prompt.
  public let beginToken: Int
  /// The id that closes a completion.
  public let endToken: Int

  /// Takes a table of pieces.
  ///
  /// - Parameters:
  ///   - tokenBytes: The text of each token.
  ///   - scores: The score of each token.
  ///   - byteTokens: The tokens that spell bytes, 256 of them.
  ///   - pad: The id that fills up shorter rows.
  ///   - begin: The id that opens every prompt.
  ///   - end: The id that closes a completion.
  init(
    tokenBytes: [[UInt8]], scores: [Float], byteTokens: [Int], pad: Int, begin: Int, end: Int
  ) {
    (self.tokenBytes, self.scores, self.byteTokens) = (tokenBytes, scores, byteTokens)
    (padToken, beginToken, endToken) = (pad, begin, end)
    let spelling = Set(byteTokens)
    let named = tokenBytes.indices.filter { !spelling.contains($0) && !tokenBytes[$0].isEmpty }
    let ids = Dictionary(named.map { (tokenBytes[$0][...], $0) }) { first, _ in first }
    characterTokens = Dictionary(
      named.compactMap { id in onlyScalar(tokenBytes[id]).map { ($0, id) } }
    ) { first, _ in first }
    merging = PairMerging(Self.rules(ids, scores: scores))
  }

  /// Every way to cut a piece into two pieces; of equal scores none goes before the other.
  private static func rules(
    _ ids: [ArraySlice<UInt8>: Int], scores: [Float]
  ) -> [BytePairEncoding.Merge: PairMerging.Rule] {
    let distinct = Set(ids.values.map { scores[$0] }).sorted(by: >)
    let ranks = Dictionary(zip(distinct, distinct.indices)) { first, _ in first }
    var rules: [BytePairEncoding.Merge: PairMerging.Rule] = [:]
    for (piece, id) in ids {
      for cut in piece.indices.dropFirst() {
        guard let left = ids[piece[..<cut]], let right = ids[piece[cut...]] else { continue }
        rules[.init(left: left, right: right)] = .init(rank: ranks[scores[id]] ?? 0, merged: id)
      }
    }
    return rules
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
  let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars
  return scalars.count == 1 ? scalars.first : nil
}
