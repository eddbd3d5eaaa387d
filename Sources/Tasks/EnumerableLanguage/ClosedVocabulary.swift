public import Tokenization

/// Words and one special token, so that every token is one that a completion may hold.
///
/// A policy over a vocabulary with separate begin and pad tokens gives those some probability too,
/// and the probabilities of all completions would not sum to one. Here id 0 begins prompts, ends
/// completions and fills rows, as `<|endoftext|>` does in GPT-2; the words have ids from 1.
public struct ClosedVocabulary: Tokenizer, Equatable {
  /// The words, that of id 1 first.
  public let words: [String]

  /// Numbers the words from one on.
  public init(words: [String]) { self.words = words }

  /// The words and the one special token.
  public var vocabularySize: Int { words.count + 1 }
  /// The one special token.
  public var endToken: Int { 0 }
  /// The one special token.
  public var padToken: Int { 0 }
  /// The one special token.
  public var beginToken: Int { 0 }

  /// The ids of words separated by spaces.
  public func encode(_ text: String) throws(TokenizationError) -> [Int] {
    var tokens: [Int] = []
    for word in text.split(separator: " ") {
      guard let index = words.firstIndex(of: String(word)) else {
        throw .unknownWord(String(word), position: tokens.count + 1)
      }
      tokens.append(index + 1)
    }
    return tokens
  }

  /// The words of the ids, joined by spaces.
  public func decode(_ tokens: [Int]) -> String {
    tokens.filter { (1...words.count).contains($0) }.map { words[$0 - 1] }.joined(separator: " ")
  }

  /// The same ids as words of a file, where the one special token is called `<eos>`.
  public var wordVocabulary: WordVocabulary {
    WordVocabulary(words: words, endingWith: .end)
  }
}
