import Foundation

/// Byte-level byte-pair encoding as another tool trained it, with that tool's own ids.
///
/// Added tokens, such as `<|im_start|>`, are found in a text first; the rest is normalised if the
/// tokenizer says so, cut up step by step, and merged (`tokenizers`' BPE with `ByteLevel`). A byte
/// that the vocabulary has no token for is left out, as `tokenizers` does.
public struct ByteLevelVocabulary: Tokenizer, Equatable {
  /// What a tokenizer does before it cuts a text up.
  package enum Normalization: Equatable, Sendable {
    /// Nothing.
    case none
    /// Canonical composition, as in `NFC`.
    case composed
  }

  /// Every token as files spell it.
  let spellings: [String]
  /// Tokens that are found in a text as they are.
  let added: [AddedToken]
  let merges: [BytePairEncoding.Merge]
  let steps: [SplittingStep]
  let normalization: Normalization
  /// The begin token that opens every prompt, for tokenizers that put one there.
  let opening: [Int]
  /// The template of conversations, in the language of Jinja, which is kept and not read.
  let chatTemplate: String?
  private let tokenBytes: [[UInt8]]
  private let byteTokens: [Int?]
  private let search: AddedTokenSearch
  private let merging: PairMerging
  /// The id that fills up shorter rows.
  public let padToken: Int
  /// The id that opens prompts of no text, and all prompts where the tokenizer says so.
  public let beginToken: Int
  /// The id that closes a completion.
  public let endToken: Int

  /// What a file says of a vocabulary.
  package struct Description {
    var spellings: [String]
    var added: [AddedToken]
    /// Pairs of spellings, in the order learned.
    var merges: [(left: String, right: String)]
    var steps: [SplittingStep]
    var normalization: Normalization
    var opensPrompts: Bool
    var chatTemplate: String?
    var pad, begin, end: Int

    package init(
      spellings: [String], added: [AddedToken], merges: [(left: String, right: String)],
      steps: [SplittingStep], normalization: Normalization = .none, opensPrompts: Bool,
      chatTemplate: String?, pad: Int, begin: Int, end: Int
    ) {
      (self.spellings, self.added, self.merges) = (spellings, added, merges)
      (self.steps, self.normalization) = (steps, normalization)
      (self.opensPrompts, self.chatTemplate) = (opensPrompts, chatTemplate)
      (self.pad, self.begin, self.end) = (pad, begin, end)
    }
  }

  package init(_ description: Description) throws(TokenizerFileError) {
    (spellings, added) = (description.spellings, description.added)
    (steps, normalization) = (description.steps, description.normalization)
    (padToken, beginToken, endToken) = (description.pad, description.begin, description.end)
    (opening, chatTemplate) = (
      description.opensPrompts ? [description.begin] : [], description.chatTemplate
    )
    let ids = Dictionary(zip(spellings, spellings.indices)) { first, _ in first }
    var (merges, merged): ([BytePairEncoding.Merge], [Int]) = ([], [])
    for pair in description.merges {
      guard let left = ids[pair.left] else { throw .missingToken(pair.left) }
      guard let right = ids[pair.right] else { throw .missingToken(pair.right) }
      guard let joined = ids[pair.left + pair.right] else {
        throw .missingToken(pair.left + pair.right)
      }
      merges.append(.init(left: left, right: right))
      merged.append(joined)
    }
    self.merges = merges
    merging = PairMerging(merges, into: merged)
    byteTokens = ByteAlphabet.characters.map { ids[String($0)] }
    search = AddedTokenSearch(added)
    var tokenBytes = spellings.map { ByteAlphabet.bytes(of: $0) ?? Array($0.utf8) }
    for token in added { tokenBytes[token.id] = token.isSpecial ? [] : Array(token.content.utf8) }
    self.tokenBytes = tokenBytes
  }

  /// The number of tokens, special ones included.
  public var vocabularySize: Int { spellings.count }

  /// The ids of a text, the added tokens in it included.
  public func encode(_ text: String) -> [Int] {
    search.parts(of: Array(text.utf8)).flatMap { part in
      switch part {
      case .token(let id): [id]
      case .text(let bytes): encodePlain(bytes)
      }
    }
  }

  /// The ids of a prompt: a begin token only where the tokenizer puts one, or where nothing else is.
  public func encodePrompt(_ text: String) -> [Int] {
    let tokens = opening + encode(text)
    return tokens.isEmpty ? [beginToken] : tokens
  }

  /// The text of the ids; bytes that are not UTF-8 become U+FFFD, special tokens and ids outside
  /// the vocabulary are left out.
  public func decode(_ tokens: [Int]) -> String {
    let known = tokens.filter { tokenBytes.indices.contains($0) }
    return String(decoding: known.flatMap { tokenBytes[$0] }, as: UTF8.self)
  }

  private func encodePlain(_ bytes: ArraySlice<UInt8>) -> [Int] {
    let words = steps.reduce([normalized(bytes)]) { parts, step in
      parts.flatMap { step.parts(of: $0) }
    }
    return words.flatMap { word in merging.merged(word.compactMap { byteTokens[Int($0)] }) }
  }

  private func normalized(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    switch normalization {
    case .none: bytes
    case .composed:
      Array(String(decoding: bytes, as: UTF8.self).precomposedStringWithCanonicalMapping.utf8)[...]
    }
  }
}

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
