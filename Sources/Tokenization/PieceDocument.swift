import Foundation
import JSON

extension PieceEncoding {
  /// Pieces with scores, spaces spelled `▁` and bytes as in `<0x0A>`.
  ///
  /// - Parameters:
  ///   - pieces: The spelling of every token.
  ///   - scores: The score of every token, finite; higher ones join first.
  ///   - special: The ids of tokens without text.
  ///   - pad: The id that fills up shorter rows.
  ///   - begin: The id that opens every prompt.
  ///   - end: The id that closes a completion.
  /// - Throws: The byte that no token spells, or a piece that is too long.
  package init(
    pieces: [String], scores: [Float], special: Set<Int>, pad: Int, begin: Int, end: Int
  ) throws(TokenizerFileError) {
    let ids = Dictionary(zip(pieces, pieces.indices)) { first, _ in first }
    let byteTokens = try Self.byteTokens(ids)
    if let long = pieces.first(where: { $0.utf8.count > PieceFile.longestPiece }) {
      throw .setting("a piece of \(long.utf8.count) bytes")
    }
    let texts = Self.texts(pieces, byteTokens, special: special)
    self.init(
      tokenBytes: texts,
      specialNames: Dictionary(special.map { ($0, pieces[$0]) }) { first, _ in first },
      byteTokens: byteTokens,
      joins: Self.joins(texts, scores: scores, except: special.union(byteTokens)), pad: pad,
      begin: begin, end: end)
  }

  private static func byteTokens(_ ids: [String: Int]) throws(TokenizerFileError) -> [Int] {
    var tokens: [Int] = []
    for byte in UInt8.min...UInt8.max {
      guard let id = ids[PieceFile.spelling(of: byte)] else {
        throw .missingToken(PieceFile.spelling(of: byte))
      }
      tokens.append(id)
    }
    return tokens
  }

  private static func texts(
    _ spellings: [String], _ byteTokens: [Int], special: Set<Int>
  ) -> [[UInt8]] {
    var texts = spellings.map { Array($0.replacing("\(visibleSpace)", with: " ").utf8) }
    for (byte, id) in byteTokens.enumerated() { texts[id] = [UInt8(byte)] }
    for id in special { texts[id] = [] }
    return texts
  }

  /// Pieces as `tokenizer.json` holds them: byte pairs with byte fallback and `▁` for a space.
  init(
    _ document: TokenizerDocument, _ names: TokenizerConfiguration
  ) throws(TokenizerFileError) {
    try document.requireSpacesAsPieces()
    let tokens = try document.tokens()
    let special = try names.looseIDs(in: tokens)
    let ids = Dictionary(zip(tokens, tokens.indices)) { first, _ in first }
    let named = document.addedTokens.filter(\.special)
    for token in document.addedTokens where !token.special {
      throw .addedToken(token.content, option: "special: false")
    }
    let byteTokens = try Self.byteTokens(ids)
    let texts = Self.texts(tokens, byteTokens, special: Set(named.map(\.id)))
    self.init(
      tokenBytes: texts,
      specialNames: Dictionary(named.map { ($0.id, $0.content) }) { first, _ in first },
      byteTokens: byteTokens, joins: try Self.joins(document.model.merges, ids),
      pad: special.pad, begin: special.begin, end: special.end)
  }

  private static func joins(
    _ merges: [MergeSpelling], _ ids: [String: Int]
  ) throws(TokenizerFileError) -> [Join] {
    var joins: [Join] = []
    for (rank, merge) in merges.enumerated() {
      guard let left = ids[merge.left] else { throw .missingToken(merge.left) }
      guard let right = ids[merge.right] else { throw .missingToken(merge.right) }
      guard let joined = ids[merge.left + merge.right] else {
        throw .missingToken(merge.left + merge.right)
      }
      joins.append(Join(pair: .init(left: left, right: right), rank: rank, joined: joined))
    }
    return joins
  }
}

extension TokenizerDocument {
  /// Throws unless a text gets a space before it and its spaces become pieces, in either of the
  /// two ways in which transformers writes that.
  fileprivate func requireSpacesAsPieces() throws(TokenizerFileError) {
    let space = "\(PieceEncoding.visibleSpace)"
    if let normalizer {
      let parts = normalizer.steps
      guard parts.map(\.type) == ["Prepend", "Replace"], parts[0].prepended == space,
        parts[1].plainPattern == " ", parts[1].content == space
      else { throw .normalizer(parts.map(\.type).joined(separator: ", ")) }
      if let preTokenizer { throw .preTokenizer("both a normalizer and \(preTokenizer.type)") }
      return
    }
    guard let preTokenizer, preTokenizer.type == "Metaspace", preTokenizer.replacement == space,
      preTokenizer.prependScheme ?? "always" != "never", preTokenizer.splits == false
    else {
      throw .preTokenizer("pieces need a Metaspace pre-tokenizer that prepends and does not split")
    }
  }
}

extension PieceEncoding: FileDescribedTokenizer {
  var specialSpellings: (pad: String, begin: String, end: String) {
    (spelling(of: padToken), spelling(of: beginToken), spelling(of: endToken))
  }

  var unknownSpelling: String? { specialNames.values.first { $0 == "<unk>" } }

  /// Named tokens that nothing spells, as transformers calls them too.
  var addedTokens: [AddedToken] {
    specialNames.sorted { $0.key < $1.key }
      .map { AddedToken(id: $0.key, content: $0.value, isSpecial: true) }
  }

  /// The form of transformers' `LlamaTokenizer`: a space before the text, spaces spelled `▁`, byte
  /// pairs with byte fallback.
  var fileDescription: TokenizerFileDescription {
    let space = JSONValue.string("\(Self.visibleSpace)")
    let spellings = tokenBytes.indices.map(spelling)
    let normalizers: JSONValue = [
      ["type": "Prepend", "prepend": space],
      ["type": "Replace", "pattern": ["String": " "], "content": space],
    ]
    let decoders: JSONValue = [
      ["type": "Replace", "pattern": ["String": space], "content": " "], ["type": "ByteFallback"],
      ["type": "Fuse"], ["type": "Strip", "content": " ", "start": 1, "stop": 0],
    ]
    return TokenizerFileDescription(
      normalizer: ["type": "Sequence", "normalizers": normalizers],
      decoder: ["type": "Sequence", "decoders": decoders],
      model: [
        "type": "BPE", "dropout": nil,
        "unk_token": unknownSpelling.map(JSONValue.string) ?? .null,
        "continuing_subword_prefix": nil, "end_of_word_suffix": nil, "fuse_unk": true,
        "byte_fallback": true, "ignore_merges": false, "vocab": vocabulary(spellings),
        "merges": mergeList(joins.map(\.pair), spellings),
      ])
  }

  private func spelling(of token: Int) -> String {
    if let name = specialNames[token] { return name }
    if let byte = byteTokens.firstIndex(of: token) {
      return PieceFile.spelling(of: UInt8(byte))
    }
    return String(decoding: tokenBytes[token], as: UTF8.self)
      .replacing(" ", with: "\(Self.visibleSpace)")
  }
}
