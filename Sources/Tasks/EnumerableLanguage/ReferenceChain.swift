import Datasets
import Foundation
public import Tokenization

/// The Markov chain that writes the reference text of the enumerable language.
///
/// Before each word the text ends with probability 0.2; otherwise the next word w follows the word
/// u before it, at first the topic, with probability ∝ exp(g(u, w)), where the g are independent
/// standard normal numbers, drawn once and for all.
struct ReferenceChain: Sendable {
  static let endRate = 0.2

  /// Row u holds the probabilities of the words after u, given that the text goes on.
  let transitions: [[Double]]

  init(words: Int) {
    let seed = Seed(2210_10760).derived("enumerable-language.chain")
    transitions = (0..<words).map { previous in
      var generator = seed.generator(for: "transitions", step: words, index: previous)
      let weights = (0..<words).map { _ in exp(generator.normal()) }
      let sum = weights.reduce(0, +)
      return weights.map { $0 / sum }
    }
  }

  /// Draws words after a topic, at most `limit` of them, and whether the text ended by itself.
  func draw(
    after topic: Int, limit: Int, using generator: inout CounterGenerator
  ) -> (words: [Int], hasEnded: Bool) {
    var words: [Int] = []
    while words.count < limit {
      if generator.happens(withProbability: Self.endRate) { return (words, true) }
      words.append(next(after: words.last ?? topic, using: &generator))
    }
    return (words, false)
  }

  private func next(after previous: Int, using generator: inout CounterGenerator) -> Int {
    var left = generator.uniform()
    let row = transitions[previous]
    for (word, probability) in row.enumerated() {
      left -= probability
      if left < 0 { return word }
    }
    return row.count - 1
  }

  /// The log-probability of words after a topic.
  func logProbability(of words: [Int], hasEnded: Bool, after topic: Int) -> Double {
    var previous = topic
    var sum = hasEnded ? log(Self.endRate) : 0
    for word in words {
      sum += log((1 - Self.endRate) * transitions[previous][word])
      previous = word
    }
    return sum
  }
}

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
