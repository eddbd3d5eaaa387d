import Datasets
import Foundation

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
