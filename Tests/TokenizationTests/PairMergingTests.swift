import Testing
import Tokenization

/// Merges as GPT-2 applies them: every occurrence of the first rule, then the next one.
private func naive(_ text: String, _ merges: [(Int, Int)]) -> [Int] {
  var tokens = text.utf8.map(Int.init)
  for (rank, pair) in merges.enumerated() {
    var next: [Int] = []
    for token in tokens {
      if next.last == pair.0 && token == pair.1 {
        next[next.count - 1] = 259 + rank
      } else {
        next.append(token)
      }
    }
    tokens = next
  }
  return tokens
}

@Suite struct PairMergingTests {
  /// "a" with "b", "ab" with "a", "b" with "b", "aba" with "bb", "a" with "a".
  private let merges = [(97, 98), (259, 97), (98, 98), (260, 261), (97, 97)]

  @Test func theQueueFindsWhatTheLoopOfGPT2Finds() {
    let encoding = BytePairEncoding(merges: merges.map { .init(left: $0.0, right: $0.1) })
    for number in 0..<1024 {
      let text = (0..<10).map { number >> $0 & 1 == 0 ? "a" : "b" }.joined()
      #expect(encoding.encode(text) == naive(text, merges), "\(text)")
    }
  }

  @Test func overlappingPairsJoinFromTheLeft() {
    let encoding = BytePairEncoding(merges: [.init(left: 97, right: 97)])
    #expect(encoding.encode("aaaaa") == [259, 259, 97])
  }

  @Test func aWordOfManyCharactersTakesNoQuadraticTime() {
    let encoding = BytePairEncoding(merges: [.init(left: 97, right: 97)])
    let tokens = encoding.encode(String(repeating: "a", count: 100_001))
    #expect(tokens.count == 50_001)
    #expect(tokens.last == 97)
  }
}
