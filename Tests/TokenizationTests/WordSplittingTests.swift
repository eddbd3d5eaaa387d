import Testing
import Tokenization

/// Expected words come from the `ByteLevel` pre-tokenizer of Hugging Face's tokenizers 0.23.3.
@Suite struct WordSplittingTests {
  private static let references: [(text: String, words: [String])] = [
    (
      "I'll don't we've 'tis it's I'D THEY'RE x'y ''s '",
      [
        "I", "'ll", " don", "'t", " we", "'ve", " '", "tis", " it", "'s", " I", "'", "D", " THEY",
        "'", "RE", " x", "'", "y", " ''", "s", " '",
      ]
    ),
    (
      "  two  spaces\n\n newline\t\ttab \n",
      [" ", " two", " ", " spaces", "\n\n", " newline", "\t", "\t", "tab", " \n"]
    ),
    (
      "caf\u{E9} cafe\u{301} na\u{EF}ve \u{DF}\u{DF} \u{4F60}\u{597D} \u{1F600}\u{1F468}\u{200D}",
      [
        "caf\u{E9}", " cafe", "\u{301}", " na\u{EF}ve", " \u{DF}\u{DF}", " \u{4F60}\u{597D}",
        " \u{1F600}\u{1F468}\u{200D}",
      ]
    ),
    (
      "12 345,678.90 \u{BD} \u{2167} x2y3",
      ["12", " 345", ",", "678", ".", "90", " \u{BD}", " \u{2167}", " x", "2", "y", "3"]
    ),
    (
      "\u{A0}nbsp\u{A0} \u{2003}em \u{3000}",
      ["\u{A0}", "nbsp", "\u{A0} ", "\u{2003}", "em", " \u{3000}"]
    ),
    ("\u{85}x \u{200B}\u{FEFF} y", ["\u{85}", "x", " \u{200B}\u{FEFF}", " y"]),
    ("   ", ["   "]),
    ("!?!? ...---", ["!?!?", " ...---"]),
    ("\r\n\r\nx\r\n", ["\r\n\r", "\n", "x", "\r\n"]),
    ("a\u{2003}\u{2003}b \u{301}c", ["a", "\u{2003}", "\u{2003}", "b", " \u{301}", "c"]),
    ("", []),
  ]

  @Test(arguments: references)
  func wordsAreThoseOfTheReference(text: String, words: [String]) {
    #expect(bytes(of: text) == words.map { Array($0.utf8) })
  }

  @Test(arguments: references)
  func everyByteBelongsToOneWord(text: String, words: [String]) {
    #expect(bytes(of: text).flatMap { $0 } == Array(text.utf8))
  }

  // Bytes are compared, because as strings "é" equals "e" with an accent behind it.
  private func bytes(of text: String) -> [[UInt8]] {
    var words: [[UInt8]] = []
    WordSplitter(text).forEachWord { words.append(Array($0)) }
    return words
  }
}
