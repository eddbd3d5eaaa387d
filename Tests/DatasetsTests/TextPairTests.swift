import Datasets
import Foundation
import Testing
import Tokenization

@Suite struct TextPairTests {
  private let words = WordVocabulary(words: ["camera", "the", "screen", "is", "good", "bad", "."])

  @Test func tokensGetTheBeginAndTheEndToken() throws {
    let text = TextPair(
      prompt: "camera", chosen: " the screen is good .", rejected: " the screen is",
      rejectedComplete: false)
    let pair = try text.tokenized(by: words)
    #expect(pair.prompt == [1, 3])
    #expect(pair.chosen == [4, 5, 6, 7, 9, 2])
    #expect(pair.rejected == [4, 5, 6])
  }

  @Test func tokensComeBackAsTextsThatCanBeJoined() throws {
    let pair = PreferencePair(prompt: [1, 3], chosen: [4, 5, 2], rejected: [4])
    let text = TextPair(pair, tokenizer: words)
    #expect(text.prompt + text.chosen == "camera the screen")
    #expect(text.chosen == " the screen")
    #expect(text.rejected == " the")
    #expect(text.chosenComplete)
    #expect(!text.rejectedComplete)
    #expect(try text.tokenized(by: words) == pair)
  }

  @Test func aMarginGoesWithTheTokensAndComesBack() throws {
    let text = TextPair(prompt: "camera", chosen: " good", rejected: " bad", margin: -0.5)
    let pair = try text.tokenized(by: words)
    #expect(pair.margin == -0.5)
    #expect(TextPair(pair, tokenizer: words) == text)
  }

  @Test func encodedLinesAreReadBackAsTheSamePairs() throws {
    let pairs = [
      TextPair(prompt: "Is 1/2 < 1?", chosen: " yes\n", rejected: " \u{E9} \"no\""),
      TextPair(prompt: "", chosen: "a", rejected: "a", rejectedComplete: false),
      TextPair(prompt: "p", chosen: "a", rejected: "b", margin: 0.1),
    ]
    let lines = try pairs.map { try JSONEncoder().encode($0) + Data("\n".utf8) }
    #expect(try PreferenceFile(lines.reduce(Data(), +), name: "pairs.jsonl").pairs == pairs)
  }

  /// Hashes of pairs and of runs are those of their bytes.
  @Test func whereThereIsNoMarginNothingIsWrittenOfIt() throws {
    let pair = PreferencePair(prompt: [1], chosen: [4, 2], rejected: [2])
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let written = String(decoding: try encoder.encode(pair), as: UTF8.self)
    #expect(written == #"{"chosen":[4,2],"prompt":[1],"rejected":[2]}"#)
    let text = try encoder.encode(TextPair(pair, tokenizer: words))
    #expect(!String(decoding: text, as: UTF8.self).contains("margin"))
  }

  @Test func anEmptyPromptAddsNoSpace() throws {
    let pair = PreferencePair(prompt: [1], chosen: [4, 2], rejected: [2])
    let text = TextPair(pair, tokenizer: words)
    #expect(text == TextPair(prompt: "", chosen: "the", rejected: ""))
    #expect(try text.tokenized(by: words) == pair)
  }

  @Test func completionsOfBytesAreTheirBytes() throws {
    let bytes = BytePairEncoding()
    // The accent joins the character before it, so that the prompt is no prefix in characters.
    let pair = PreferencePair(
      prompt: [257] + bytes.encode("cafe"), chosen: bytes.encode("\u{301}s") + [258],
      rejected: bytes.encode(" b"))
    let text = TextPair(pair, tokenizer: bytes)
    #expect(text.prompt == "cafe")
    #expect(text.chosen.utf8.elementsEqual("\u{301}s".utf8))
    #expect(try text.tokenized(by: bytes) == pair)
  }

  @Test func aCharacterCutInTwoIsStillShown() {
    let bytes = BytePairEncoding()
    // "é" is C3 A9: the prompt ends within it.
    #expect(bytes.continuation(of: [0x61, 0xC3], by: [0xA9, 0x62]) == "\u{FFFD}b")
  }

  @Test func unknownWordsAreErrors() {
    let text = TextPair(prompt: "camera", chosen: " the phone", rejected: " the")
    #expect(throws: TokenizationError.unknownWord("phone", position: 2)) {
      try text.tokenized(by: words)
    }
  }

  @Test func completionsAreCompleteUnlessSaidOtherwise() throws {
    let json = #"{"prompt": "p", "chosen": " a", "rejected": " b", "rejected_complete": false}"#
    let text = try JSONDecoder().decode(TextPair.self, from: Data(json.utf8))
    let expected = TextPair(prompt: "p", chosen: " a", rejected: " b", rejectedComplete: false)
    #expect(text == expected)
  }
}
