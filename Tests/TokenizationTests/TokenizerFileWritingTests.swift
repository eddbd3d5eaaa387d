import Foundation
import TestSupport
import Testing
import Tokenization

@Suite struct TokenizerFileWritingTests {
  private let words = WordVocabulary(words: ["the", "screen", "."])
  private let pairs = BytePairEncoding(
    merges: [.init(left: 0x74, right: 0x68), .init(left: 0x20, right: 259)])

  @Test(arguments: ["version", "truncation", "padding", "added_tokens", "normalizer"])
  func everyCommonFieldIsThere(field: String) throws {
    for tokenizer in [words, pairs] as [any Tokenizer] {
      let file = try written(tokenizer, "tokenizer.json")
      #expect(file.keys.contains(field))
    }
  }

  @Test func theWordFormIsThatOfTransformers() throws {
    let file = try written(words, "tokenizer.json")
    #expect(file["version"] as? String == "1.0")
    #expect(file["normalizer"] is NSNull)
    #expect(file["decoder"] is NSNull)
    #expect((file["pre_tokenizer"] as? [String: String]) == ["type": "WhitespaceSplit"])
    let model = try #require(file["model"] as? [String: Any])
    #expect(model["type"] as? String == "WordLevel")
    let expected = ["<pad>": 0, "<bos>": 1, "<eos>": 2, "the": 3, "screen": 4, ".": 5]
    #expect(model["vocab"] as? [String: Int] == expected)
  }

  @Test func thePairFormIsThatOfTransformers() throws {
    let file = try written(pairs, "tokenizer.json")
    let splitter = try #require(file["pre_tokenizer"] as? [String: Any])
    #expect(splitter["type"] as? String == "ByteLevel")
    #expect(splitter["add_prefix_space"] as? Bool == false)
    #expect(splitter["use_regex"] as? Bool == true)
    let model = try #require(file["model"] as? [String: Any])
    #expect(model["type"] as? String == "BPE")
    // A space is spelt Ġ (U+0120), the 33rd of the bytes that Latin-1 does not print.
    #expect(model["merges"] as? [[String]] == [["t", "h"], ["\u{120}", "th"]])
    let vocabulary = try #require(model["vocab"] as? [String: Int])
    #expect(vocabulary.count == 261)
    #expect(vocabulary["\u{120}th"] == 260)
    #expect(vocabulary["<eos>"] == 258)
  }

  @Test func bytesAreSpeltAsInGPT2() throws {
    // Values of the published bytes_to_unicode: NUL Ā, newline Ċ, space Ġ, DEL ġ, soft hyphen Ń.
    let model = try #require(
      try written(BytePairEncoding(), "tokenizer.json")["model"] as? [String: Any])
    let vocabulary = try #require(model["vocab"] as? [String: Int])
    let expected = [
      "\u{100}": 0, "\u{10A}": 10, "\u{120}": 32, "!": 33, "~": 126, "\u{121}": 127,
      "\u{142}": 160, "\u{A1}": 161, "\u{143}": 173, "\u{AE}": 174, "\u{FF}": 255,
    ]
    for (spelling, byte) in expected { #expect(vocabulary[spelling] == byte) }
  }

  @Test func bytesAloneAreNotSplitIntoWords() throws {
    let file = try written(BytePairEncoding(), "tokenizer.json")
    let splitter = try #require(file["pre_tokenizer"] as? [String: Any])
    #expect(splitter["use_regex"] as? Bool == false)
  }

  @Test func specialTokensAreAddedTokensByTheirIds() throws {
    for tokenizer in [words, pairs] as [any Tokenizer] {
      let added = try #require(
        try written(tokenizer, "tokenizer.json")["added_tokens"] as? [[String: Any]])
      #expect(added.compactMap { $0["content"] as? String } == ["<pad>", "<bos>", "<eos>"])
      let ids = [tokenizer.padToken, tokenizer.beginToken, tokenizer.endToken]
      #expect(added.compactMap { $0["id"] as? Int } == ids)
      for token in added {
        #expect(token["special"] as? Bool == true)
        for key in ["single_word", "lstrip", "rstrip", "normalized"] {
          #expect(token[key] as? Bool == false)
        }
      }
    }
  }

  @Test func theBeginTokenIsPutBeforeTexts() throws {
    let template = try #require(
      try written(pairs, "tokenizer.json")["post_processor"] as? [String: Any])
    #expect(template["type"] as? String == "TemplateProcessing")
    let single = try #require(template["single"] as? [[String: [String: Any]]])
    #expect(single.first?["SpecialToken"]?["id"] as? String == "<bos>")
    #expect(single.last?["Sequence"]?["id"] as? String == "A")
    #expect(single.count == 2)
  }

  @Test func theConfigurationNamesTheSpecialTokens() throws {
    let file = try written(words, "tokenizer_config.json")
    #expect(file["tokenizer_class"] as? String == "PreTrainedTokenizerFast")
    #expect(file["pad_token"] as? String == "<pad>")
    #expect(file["bos_token"] as? String == "<bos>")
    #expect(file["eos_token"] as? String == "<eos>")
    #expect(file["unk_token"] is NSNull)
    #expect(file["model_max_length"] as? Int == 48)
    #expect(file["clean_up_tokenization_spaces"] as? Bool == false)
    #expect(file["padding_side"] as? String == "right")
    let map = try written(words, "special_tokens_map.json")
    #expect(
      map as? [String: String]
        == ["pad_token": "<pad>", "bos_token": "<bos>", "eos_token": "<eos>"])
  }

  @Test func theSameTokenizerGivesTheSameBytes() throws {
    try inTemporaryFolder { folder in
      let file = folder.appending(path: "tokenizer.json")
      try writeTokenizer(pairs, to: folder, maximumLength: 48)
      let first = try Data(contentsOf: file)
      try writeTokenizer(pairs, to: folder, maximumLength: 48)
      #expect(try Data(contentsOf: file) == first)
    }
  }

  @Test func aMissingFolderIsAnErrorThatNamesTheFile() throws {
    let folder = URL(filePath: "/nowhere/at/all")
    let error = #expect(throws: TokenizationError.self) {
      try writeTokenizer(words, to: folder, maximumLength: 48)
    }
    #expect("\(try #require(error))".hasPrefix("/nowhere/at/all/tokenizer.json: "))
  }

  @Test func onlyOurOwnKindsOfTokenizerHaveAFormat() {
    #expect(throws: TokenizationError.unsupportedTokenizer("Silent")) {
      try writeTokenizer(Silent(), to: URL(filePath: "/nowhere"), maximumLength: 1)
    }
  }

  private func written(_ tokenizer: any Tokenizer, _ name: String) throws -> [String: Any] {
    try inTemporaryFolder { folder in
      try writeTokenizer(tokenizer, to: folder, maximumLength: 48)
      let data = try Data(contentsOf: folder.appending(path: name))
      return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
  }
}

/// A tokenizer of which no file format knows.
private struct Silent: Tokenizer {
  var vocabularySize: Int { 3 }
  var padToken: Int { 0 }
  var beginToken: Int { 1 }
  var endToken: Int { 2 }
  func encode(_ text: String) -> [Int] { [] }
  func decode(_ tokens: [Int]) -> String { "" }
}
