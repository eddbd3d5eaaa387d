import Testing
import Tokenization

@Suite struct BytePairTrainingTests {
  /// The corpus of Sennrich (2016), section 3.2: low 5 times, lower 2, newest 6, widest 3.
  private let corpus =
    Array(repeating: "low", count: 5) + Array(repeating: "lower", count: 2)
    + Array(repeating: "newest", count: 6) + Array(repeating: "widest", count: 3)

  @Test func mergesAreThoseWorkedOutByHand() {
    // e·s and s·t occur 9 times each: the smaller left id wins. Then es·t 9; l·o before o·w, 7;
    // lo·w 7; of n·e, e·w and w·est, 6 each, e·w; n·ew 6; new·est 6; of w·i, i·d and d·est, 3 each,
    // d·est; i·dest 3; w·idest 3; of low·e and e·r, 2 each, e·r; low·er 2; nothing is left.
    let expected = [
      "es", "est", "lo", "low", "ew", "new", "newest", "dest", "idest", "widest", "er", "lower",
    ]
    let encoding = BytePairEncoding.train(on: corpus, vocabularySize: 1024)
    #expect(encoding.merges.indices.map { encoding.decode([259 + $0]) } == expected)
    #expect(encoding.vocabularySize == 259 + expected.count)
  }

  @Test func aNewWordIsCutAlongTheMerges() {
    let encoding = BytePairEncoding.train(on: corpus, vocabularySize: 1024)
    #expect(encoding.encode("lowest").map { encoding.decode([$0]) } == ["low", "est"])
  }

  @Test func trainingStopsAtTheVocabularySize() {
    let encoding = BytePairEncoding.train(on: corpus, vocabularySize: 262)
    #expect(encoding.vocabularySize == 262)
    #expect(encoding.merges.indices.map { encoding.decode([259 + $0]) } == ["es", "est", "lo"])
  }

  @Test func aVocabularyOfBytesHasNoMerges() {
    #expect(BytePairEncoding.train(on: corpus, vocabularySize: 259) == BytePairEncoding())
    #expect(BytePairEncoding.train(on: [], vocabularySize: 1024) == BytePairEncoding())
  }

  @Test(arguments: [3, 6, 9, 10])
  func rarePairsAreNotMerged(minimumCount: Int) {
    // Merges with counts 9, 9, 7, 7, 6, 6, 6, 3, 3, 3, 2, 2 as worked out above.
    let counts = [9, 9, 7, 7, 6, 6, 6, 3, 3, 3, 2, 2]
    let encoding = BytePairEncoding.train(
      on: corpus, vocabularySize: 1024, minimumCount: minimumCount)
    #expect(encoding.merges.count == counts.filter { $0 >= minimumCount }.count)
  }

  @Test func theOrderOfTheTextsDoesNotMatter() {
    let forward = BytePairEncoding.train(on: corpus, vocabularySize: 300)
    let backward = BytePairEncoding.train(on: corpus.reversed(), vocabularySize: 300)
    let joined = BytePairEncoding.train(
      on: [corpus.joined(separator: "\n")], vocabularySize: 300)
    #expect(forward == backward)
    // Joined by line ends the words are the same, apart from the line ends themselves.
    #expect(forward.merges == joined.merges)
  }

  @Test func overlappingPairsAreCountedAndMergedConsistently() {
    // "aaaa" holds a·a three times but only two merges; then aa·aa once a text.
    let encoding = BytePairEncoding.train(on: ["aaaa", "aaaa"], vocabularySize: 1024)
    #expect(encoding.merges.indices.map { encoding.decode([259 + $0]) } == ["aa", "aaaa"])
    #expect(encoding.encode("aaaaaaa").map { encoding.decode([$0]) } == ["aaaa", "aa", "a"])
  }

  @Test func trainingShortensItsOwnText() {
    let text = (0..<200).map { "word\($0 % 17) and number \($0 % 5)" }.joined(separator: ". ")
    let encoding = BytePairEncoding.train(on: [text], vocabularySize: 300)
    #expect(encoding.encode(text).count < text.utf8.count / 2)
    #expect(encoding.decode(encoding.encode(text)) == text)
  }
}
