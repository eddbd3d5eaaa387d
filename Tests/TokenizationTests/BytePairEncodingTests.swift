import Testing
import Tokenization

@Suite struct BytePairEncodingTests {
  private typealias Merge = BytePairEncoding.Merge

  /// Texts that byte-pair encoders have lost something of before.
  private static let texts = [
    "", " ", "plain words", "  two  spaces ", "tabs\tand\r\nlines\n\n", "it's we'll",
    "caf\u{E9} and cafe\u{301}", "\u{1F469}\u{200D}\u{1F680}\u{1F1E9}\u{1F1EA}",
    "\u{0}\u{1}\u{7F}\u{80}\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}", "\u{FEFF}mark",
    "<eos> in a text <pad><bos>", "\u{4F60}\u{597D}\u{4E16}\u{754C} \u{627}\u{644}\u{639}",
  ]

  private let trained = BytePairEncoding.train(on: texts + texts, vocabularySize: 320)

  @Test func withoutMergesEveryByteIsItsOwnToken() {
    let bytes = BytePairEncoding()
    #expect(bytes.vocabularySize == 259)
    #expect(bytes.encode("a \u{E9}") == [0x61, 0x20, 0xC3, 0xA9])
  }

  @Test func specialTokensFollowTheBytes() {
    #expect(trained.padToken == 256)
    #expect(trained.beginToken == 257)
    #expect(trained.endToken == 258)
    #expect(trained.vocabularySize == 259 + trained.merges.count)
  }

  @Test(arguments: texts)
  func anyTextComesBackByteForByte(text: String) {
    #expect(trained.decode(trained.encode(text)).utf8.elementsEqual(text.utf8))
    let bytes = BytePairEncoding()
    #expect(bytes.decode(bytes.encode(text)).utf8.elementsEqual(text.utf8))
  }

  @Test func everyScalarComesBack() {
    let encoding = BytePairEncoding()
    for value in stride(from: UInt32(0), through: 0x10FFFF, by: 97) {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let text = "x\(Character(scalar))y"
      #expect(encoding.decode(encoding.encode(text)).utf8.elementsEqual(text.utf8))
    }
  }

  @Test func theNameOfASpecialTokenIsOrdinaryText() {
    let encoded = trained.encode("<eos>")
    #expect(!encoded.contains(trained.endToken))
    #expect(trained.decode(encoded) == "<eos>")
  }

  @Test func decodingLeavesSpecialTokensOut() {
    #expect(BytePairEncoding().decode([257, 0x68, 256, 0x69, 258]) == "hi")
  }

  @Test func halfACharacterBecomesTheReplacementCharacter() {
    #expect(BytePairEncoding().decode([0x61, 0xC3]) == "a\u{FFFD}")
  }

  @Test func theRuleLearnedFirstApplies() {
    // "abc": both (a, b) and (b, c) could apply; the order of learning decides.
    let (a, b, c) = (0x61, 0x62, 0x63)
    let leftFirst = BytePairEncoding(merges: [Merge(left: a, right: b), Merge(left: b, right: c)])
    let rightFirst = BytePairEncoding(merges: [Merge(left: b, right: c), Merge(left: a, right: b)])
    #expect(leftFirst.encode("abc") == [259, c])
    #expect(rightFirst.encode("abc") == [a, 259])
  }

  @Test func equalPairsMergeFromTheLeft() {
    let encoding = BytePairEncoding(merges: [Merge(left: 0x61, right: 0x61)])
    #expect(encoding.encode("aaaaa") == [259, 259, 0x61])
  }

  @Test func mergesApplyToMergedTokens() {
    let encoding = BytePairEncoding(
      merges: [Merge(left: 0x61, right: 0x62), Merge(left: 259, right: 259)])
    #expect(encoding.encode("ababab") == [260, 259])
    #expect(encoding.decode([260, 259]) == "ababab")
  }

  @Test func mergesDoNotCrossWords() {
    let encoding = BytePairEncoding(merges: [Merge(left: 0x61, right: 0x20)])
    #expect(encoding.encode("a b") == [0x61, 0x20, 0x62])
  }

  @Test func manyTextsAtOnceGiveTheTokensOfEachByItself() {
    let repeated = Self.texts + Self.texts.reversed()
    #expect(trained.encode(repeated) == repeated.map { trained.encode($0) })
  }
}
