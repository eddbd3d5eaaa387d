import Foundation
import TestSupport
import Testing
import Tokenization

/// Every mistake has a sentence of its own that names what is wrong.
@Suite struct TokenizerErrorTests {
  private static let files: [(TokenizerFileError, [String])] = [
    (.model("Unigram"), ["Unigram", "WordLevel and BPE"]),
    (.setting("dropout"), ["dropout", "not supported"]),
    (.normalizer("Lowercase"), ["Lowercase", "NFC"]),
    (.preTokenizer("no such thing"), ["no such thing"]),
    (.numbering(count: 5, token: "x", id: 9), ["0…4", "'x'", "9"]),
    (.missingToken("th"), ["'th'", "not in the vocabulary"]),
    (.addedToken("<x>", option: "lstrip"), ["<x>", "lstrip"]),
    (.missingSpecial("eos_token"), ["tokenizer_config.json", "eos_token"]),
    (.sharedSpecial, ["three different tokens"]),
    (.idOutOfRange("eos", id: 7, count: 5), ["eos", "7", "5"]),
  ]

  @Test(arguments: files)
  func sentencesOfTokenizerFiles(error: TokenizerFileError, words: [String]) {
    let text = "\(TokenizationError.malformedTokenizer(path: "/x/tokenizer.json", error))"
    #expect(text.hasPrefix("/x/tokenizer.json: "))
    #expect(text.hasSuffix("use the tokenizer that was exported with the model"))
    for word in words { #expect(text.contains(word), "\(text)") }
  }

  private static let pieces: [(PieceFileError, [String])] = [
    (.tooShort(bytes: 2), ["2 bytes"]),
    (.impossibleLongestPiece(999), ["999", "1 to 256"]),
    (.cutOff(token: 4), ["token 4"]),
    (.impossiblePiece(token: 4, bytes: 9, longest: 8), ["token 4", "9 bytes", "8"]),
    (.notText(token: 4), ["token 4", "UTF-8"]),
    (.notFinite(token: 4), ["token 4", "finite"]),
    (.tooFewTokens(3), ["3 tokens"]),
    (.misplaced(token: 1, expected: "<s>", found: "x"), ["token 1", "<s>", "'x'"]),
  ]

  @Test(arguments: pieces)
  func sentencesOfPieceFiles(error: PieceFileError, words: [String]) {
    for word in words { #expect("\(error)".contains(word), "\(error)") }
  }
}

@Suite struct SingleSpecialTokenTests {
  private let words = WordVocabulary(words: ["a", "b"], endingWith: .end)

  @Test func oneTokenBeginsEndsAndFillsUp() throws {
    #expect(words.beginToken == 0 && words.endToken == 0 && words.padToken == 0)
    #expect(words.tokens == ["<eos>", "a", "b"])
    #expect(try words.encodePrompt("b a") == [0, 2, 1])
    #expect(words.decode([0, 2, 1, 0]) == "b a")
  }

  @Test func idsOutsideTheVocabularyLeaveNoTrace() {
    #expect(words.decode([1, 99, -1, 2]) == "a b")
    #expect(BytePairEncoding().decode([0x61, 9999, -5, 0x62]) == "ab")
  }

  @Test func itsFileNamesTheTokenOnce() throws {
    try inTemporaryFolder { folder in
      try writeTokenizer(words, to: folder, maximumLength: 8)
      let data = try Data(contentsOf: folder.appending(path: "tokenizer.json"))
      let file = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      #expect((file["added_tokens"] as? [Any])?.count == 1)
      #expect(try readTokenizer(from: folder) as? WordVocabulary == words)
    }
  }

  @Test func twoMeaningsForTwoOfThreeTokensAreRefused() throws {
    try inTemporaryFolder { folder in
      try writeTokenizer(WordVocabulary(words: ["a"]), to: folder, maximumLength: 8)
      let names = #"{"pad_token": "<eos>", "bos_token": "<bos>", "eos_token": "<eos>"}"#
      try Data(names.utf8).write(to: folder.appending(path: "tokenizer_config.json"))
      let error = #expect(throws: TokenizationError.self) { _ = try readTokenizer(from: folder) }
      let expected = TokenizationError.malformedTokenizer(
        path: folder.appending(path: "tokenizer.json").path, .sharedSpecial)
      #expect(error == expected)
    }
  }
}
