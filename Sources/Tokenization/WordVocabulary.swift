/// A fixed list of words, separated by white space in the text.
///
/// The special tokens come first (`<pad>` 0, `<bos>` 1, `<eos>` 2), then the words in the order
/// given. A text comes back with single spaces between its words.
public struct WordVocabulary: Tokenizer, Equatable {
  /// Every token by id, special tokens included.
  public let tokens: [String]
  private let ids: [String: Int]
  /// The id that fills up shorter rows.
  public let padToken: Int
  /// The id that opens every prompt.
  public let beginToken: Int
  /// The id that closes a completion.
  public let endToken: Int

  /// Numbers the words from three on, after the special tokens.
  public init(words: [String]) {
    let tokens = SpecialToken.allCases.map(\.rawValue) + words
    let ids = Dictionary(zip(tokens, tokens.indices)) { first, _ in first }
    precondition(ids.count == tokens.count, "\(words.count) words are not all distinct")
    for word in words {
      let hasSpace = word.unicodeScalars.contains(where: \.properties.isWhitespace)
      precondition(!word.isEmpty && !hasSpace, "'\(word)' is not one word")
    }
    (self.tokens, self.ids) = (tokens, ids)
    (padToken, beginToken, endToken) = (0, 1, 2)
  }

  /// Numbers the words from one on, after a single token that begins, ends and fills up alike.
  public init(words: [String], endingWith special: SpecialToken) {
    let tokens = [special.rawValue] + words
    let ids = Dictionary(zip(tokens, tokens.indices)) { first, _ in first }
    precondition(ids.count == tokens.count, "\(words.count) words are not all distinct")
    self.init(tokens: tokens, ids: ids, pad: 0, begin: 0, end: 0)
  }

  /// Takes a vocabulary read from a file, where the special tokens may be anywhere.
  init(tokens: [String], ids: [String: Int], pad: Int, begin: Int, end: Int) {
    (self.tokens, self.ids) = (tokens, ids)
    (padToken, beginToken, endToken) = (pad, begin, end)
  }

  /// The number of words and special tokens.
  public var vocabularySize: Int { tokens.count }

  /// The id of a word or special token.
  public subscript(word: String) -> Int? { ids[word] }

  /// The ids of the words of a text; a word that is not in the vocabulary is an error.
  public func encode(_ text: String) throws(TokenizationError) -> [Int] {
    var encoded: [Int] = []
    for word in text.unicodeScalars.split(whereSeparator: \.properties.isWhitespace) {
      let word = String(word)
      guard let id = ids[word], !isSpecial(id) else {
        throw .unknownWord(word, position: encoded.count + 1)
      }
      encoded.append(id)
    }
    return encoded
  }

  /// The words of the ids, joined by spaces; special tokens are left out.
  public func decode(_ tokens: [Int]) -> String {
    tokens.lazy.filter { self.tokens.indices.contains($0) && !isSpecial($0) }.map {
      self.tokens[$0]
    }.joined(separator: " ")
  }

  private func isSpecial(_ id: Int) -> Bool { id == padToken || id == beginToken || id == endToken }
}
