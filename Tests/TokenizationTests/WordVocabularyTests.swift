import Testing
import Tokenization

@Suite struct WordVocabularyTests {
  private let vocabulary = WordVocabulary(words: ["the", "screen", "is", "good", "."])

  @Test func specialTokensComeFirstAndAreDistinct() {
    #expect(vocabulary.padToken == 0)
    #expect(vocabulary.beginToken == 1)
    #expect(vocabulary.endToken == 2)
    #expect(vocabulary.tokens.prefix(3) == ["<pad>", "<bos>", "<eos>"])
    #expect(vocabulary.vocabularySize == 8)
  }

  @Test func wordsAreNumberedInTheOrderGiven() throws {
    #expect(try vocabulary.encode("the screen is good .") == [3, 4, 5, 6, 7])
    #expect(vocabulary["good"] == 6)
    #expect(vocabulary["bad"] == nil)
  }

  @Test(arguments: ["good the", " good  the ", "good\tthe\n", "good\u{2003}the"])
  func anyWhiteSpaceSeparatesWords(text: String) throws {
    #expect(try vocabulary.encode(text) == [6, 3])
    #expect(vocabulary.decode([6, 3]) == "good the")
  }

  @Test func anUnknownWordIsNamedWithItsPosition() {
    #expect(throws: TokenizationError.unknownWord("bad", position: 4)) {
      try vocabulary.encode("the screen is bad .")
    }
    let sentence = "\(TokenizationError.unknownWord("bad", position: 4))"
    #expect(sentence == "word 4, 'bad', is not in the vocabulary")
  }

  @Test func theNameOfASpecialTokenIsNoWord() {
    #expect(throws: TokenizationError.unknownWord("<eos>", position: 2)) {
      try vocabulary.encode("good <eos>")
    }
  }

  @Test func decodingLeavesSpecialTokensOut() {
    #expect(vocabulary.decode([1, 3, 4, 0, 7, 2]) == "the screen .")
    #expect(vocabulary.decode([]) == "")
  }

  @Test func everyTextOfKnownWordsSurvivesTheRoundTrip() throws {
    for first in 3..<8 {
      for second in 3..<8 {
        let ids = [first, second, first]
        #expect(try vocabulary.encode(vocabulary.decode(ids)) == ids)
      }
    }
  }
}
