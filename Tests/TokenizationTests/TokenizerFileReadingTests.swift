import Foundation
import TestSupport
import Testing
import Tokenization

@Suite struct TokenizerFileReadingTests {
  private static let configuration =
    #"{"pad_token": "<pad>", "bos_token": {"content": "<bos>"}, "eos_token": "<eos>"}"#

  /// A word vocabulary as another tool may write it: specials last, no decoder, extra fields.
  private static let foreignWords = """
    {"added_tokens": [{"id": 2, "content": "<pad>"}, {"id": 3, "content": "<bos>"},
      {"id": 4, "content": "<eos>"}], "normalizer": null,
      "pre_tokenizer": {"type": "WhitespaceSplit"},
      "model": {"type": "WordLevel", "vocab": {"good": 0, "bad": 1}, "unk_token": "<unk>"}}
    """

  @Test func wordVocabulariesComeBackEqual() throws {
    let words = WordVocabulary(words: ["the", "screen", "\u{E9}t\u{E9}", "\"quoted\""])
    let read = try writtenAndRead(words)
    #expect(read as? WordVocabulary == words)
  }

  @Test(arguments: [259, 300, 400])
  func pairEncodingsComeBackEqual(size: Int) throws {
    let text = "the cat's hat, the bat's mat: th\u{E9} \u{4F60}\u{597D} <eos> that then there"
    let pairs = BytePairEncoding.train(on: [text, text, text], vocabularySize: size)
    let read = try #require(try writtenAndRead(pairs) as? BytePairEncoding)
    #expect(read == pairs)
    #expect(read.encode(text) == pairs.encode(text))
  }

  @Test func aForeignNumberingIsKept() throws {
    let read = try read(Self.foreignWords)
    #expect(read.padToken == 2)
    #expect(read.beginToken == 3)
    #expect(read.endToken == 4)
    #expect(try read.encode("bad good") == [1, 0])
    #expect(read.decode([3, 1, 0, 4]) == "bad good")
  }

  @Test func mergesMayBeWrittenAsOneString() throws {
    // The bytes of the alphabet are numbered from three, after the special tokens.
    let read = try #require(try read(foreignPairs(merges: #"["t h"]"#)) as? BytePairEncoding)
    #expect(read.vocabularySize == 260)
    #expect(read.encode("th") == [259])
    #expect(read.encode("ht") == [3 + 0x68, 3 + 0x74])
    #expect(read.decode([1, 259, 3 + 0x65, 2]) == "the")
    #expect(try writtenAndRead(BytePairEncoding()) as? BytePairEncoding == BytePairEncoding())
  }

  @Test(arguments: [
    ("{", "breaks off inside an object"),
    ("[]", "the document is a list, not an object"),
    (#"{"added_tokens": []}"#, "'model' is missing"),
    (#"{"added_tokens": [], "model": {"type": "BPE", "vocab": []}}"#, "'model.vocab' is a list"),
    (
      #"{"added_tokens": [], "model": {"type": "BPE", "vocab": {}, "merges": [["a"]]}}"#,
      "joins two tokens, not 1"
    ),
    (#"{"added_tokens": [], "model": {"type": "Unigram", "vocab": {}}}"#, "'Unigram'"),
    (foreignWords.replacing("WhitespaceSplit", with: "Whitespace"), "WhitespaceSplit"),
    (foreignWords.replacing("null", with: #"{"type": "Lowercase"}"#), "normalizer"),
    (foreignWords.replacing(#""bad": 1"#, with: #""bad": 0"#), "each once"),
    (foreignWords.replacing(#""bad": 1"#, with: #""bad": 9"#), "ids must be 0…4"),
    (foreignWords.replacing("<pad>", with: "<fill>"), "'pad_token'"),
  ])
  func aFaultyFileIsRefusedWithItsReason(json: String, reason: String) throws {
    try refuse(json, because: reason)
  }

  @Test func aPairEncodingMustBeComplete() throws {
    try refuse(foreignPairs(merges: #"["t x"]"#), because: "'tx' is needed")
    let prefixed = foreignPairs(merges: "[]").replacing("false", with: "true")
    try refuse(prefixed, because: "no prefix space")
  }

  @Test func aByteWithoutATokenIsLeftOut() throws {
    let noZ = foreignPairs(merges: "[]").replacing(#""z": "#, with: #""zz": "#)
    let read = try read(noZ)
    #expect(try read.encode("azb") == [3 + 0x61, 3 + 0x62])
  }

  @Test func padMustDifferFromEnd() throws {
    let same = Self.configuration.replacing(#""<pad>""#, with: #""<eos>""#)
    try refuse(Self.foreignWords, configuration: same, because: "three different tokens")
  }

  @Test func aMissingFileIsNamed() {
    let error = #expect(throws: TokenizationError.self) {
      _ = try readTokenizer(from: URL(filePath: "/nowhere"))
    }
    #expect(error.map { "\($0)".hasPrefix("/nowhere/tokenizer.json: cannot be read") } == true)
  }

  private func refuse(
    _ json: String, configuration: String = configuration, because reason: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let error = #expect(throws: TokenizationError.self, sourceLocation: sourceLocation) {
      _ = try read(json, configuration: configuration)
    }
    let sentence = "\(try #require(error))"
    #expect(sentence.contains("tokenizer.json: "), sourceLocation: sourceLocation)
    #expect(sentence.contains(reason), sourceLocation: sourceLocation)
  }

  private func writtenAndRead(_ tokenizer: any Tokenizer) throws -> any Tokenizer {
    try inTemporaryFolder { folder in
      try writeTokenizer(tokenizer, to: folder, maximumLength: 48)
      return try readTokenizer(from: folder)
    }
  }

  private func read(
    _ json: String, configuration: String = configuration
  ) throws -> any Tokenizer {
    try inTemporaryFolder { folder in
      try Data(json.utf8).write(to: folder.appending(path: "tokenizer.json"))
      try Data(configuration.utf8).write(to: folder.appending(path: "tokenizer_config.json"))
      return try readTokenizer(from: folder)
    }
  }

  /// A byte-level vocabulary with the special tokens first, then the bytes, then "th".
  private func foreignPairs(merges: String) -> String {
    var vocabulary = ["<pad>": 0, "<bos>": 1, "<eos>": 2, "th": 259]
    var next: UInt32 = 0x100
    for byte in UInt32(0)...255 {
      let prints = (0x21...0x7E).contains(byte) || byte >= 0xA1 && byte != 0xAD
      let scalar = Unicode.Scalar(prints ? byte : next) ?? "?"
      vocabulary[String(Character(scalar))] = 3 + Int(byte)
      if !prints { next += 1 }
    }
    let entries = vocabulary.map { key, id in
      let escaped = key.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      return "\"\(escaped)\": \(id)"
    }
    let added = ["<pad>", "<bos>", "<eos>"].enumerated()
      .map { #"{"id": \#($0), "content": "\#($1)"}"# }
    return """
      {"added_tokens": [\(added.joined(separator: ", "))],
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
        "model": {"type": "BPE", "vocab": {\(entries.joined(separator: ", "))},
          "merges": \(merges)}}
      """
  }
}
