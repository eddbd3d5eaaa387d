import Foundation
import TestSupport
import Testing
import Tokenization

/// A file in the manner of transformers' `LlamaTokenizer`: specials, bytes, then a few pieces.
private struct LlamaFile {
  static let pieces = ["\u{2581}", "t", "h", "e", "a", "\u{2581}t", "he", "\u{2581}the", "ta"]
  var normalizer =
    #"{"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}"#
  var preTokenizer = "null"
  var merges = #"["▁ t", "h e", "▁t he", "t a"]"#
  var bytes = 256
  var extra = ""

  func read() throws -> any Tokenizer {
    let names = (0..<bytes).map { String(format: "<0x%02X>", $0) }
    let tokens = ["<unk>", "<s>", "</s>"] + names + Self.pieces
    let vocabulary = tokens.enumerated().map { #""\#($1)": \#($0)"# }.joined(separator: ",")
    let added = ["<unk>", "<s>", "</s>"].enumerated()
      .map { #"{"id": \#($0), "content": "\#($1)", "special": true}"# }.joined(separator: ",")
    let json = #"""
      {"added_tokens": [\#(added)\#(extra)], "normalizer": \#(normalizer),
       "pre_tokenizer": \#(preTokenizer), "model": {"type": "BPE", "byte_fallback": true,
       "fuse_unk": true, "vocab": {\#(vocabulary)}, "merges": \#(merges)}}
      """#
    return try inTemporaryFolder { folder in
      try Data(json.utf8).write(to: folder.appending(path: "tokenizer.json"))
      let special = #"{"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}"#
      try Data(special.utf8).write(to: folder.appending(path: "tokenizer_config.json"))
      return try readTokenizer(from: folder)
    }
  }
}

@Suite struct PieceWritingTests {
  /// Ids of the pieces behind three special tokens and 256 bytes.
  private func piece(_ text: String) throws -> Int {
    259 + (try #require(LlamaFile.pieces.firstIndex(of: text.replacing(" ", with: "\u{2581}"))))
  }

  @Test func filesOfTheFirstLlamaModelsAreRead() throws {
    let read = try #require(try LlamaFile().read() as? PieceEncoding)
    #expect(read.encodePrompt("the") == [1, try piece(" the")])
    #expect(read.encodePrompt("the the") == [1, try piece(" the"), try piece(" the")])
    #expect(read.encode("\u{E9}") == [3 + 0xC3, 3 + 0xA9])
    #expect(read.beginToken == 1 && read.endToken == 2 && read.padToken == 0)
    #expect(read.decode([1, try piece(" the"), 3 + 0xC3, 3 + 0xA9, 2]) == "the\u{E9}")
  }

  @Test func aMetaspacePreTokenizerMeansTheSame() throws {
    var file = LlamaFile()
    file.normalizer = "null"
    file.preTokenizer =
      #"{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false}"#
    let (one, other) = (try LlamaFile().read(), try file.read())
    for text in ["", "the ta", "a  a", "x"] {
      #expect(try one.encodePrompt(text) == other.encodePrompt(text))
    }
  }

  @Test func ranksDecideAndNotTheOrderInTheText() throws {
    // " t" (rank 0) takes the t away from "ta" (rank 3) behind a space, and not elsewhere.
    let read = try LlamaFile().read()
    #expect(try read.encode(" ta") == [try piece(" t"), try piece("a")])
    #expect(try read.encode("ata") == [try piece("a"), try piece("ta")])
  }

  @Test func whatIsWrittenEncodesTheSame() throws {
    let first = try #require(try LlamaFile().read() as? PieceEncoding)
    let second = try inTemporaryFolder { folder in
      try writeTokenizer(first, to: folder, maximumLength: 8)
      return try #require(try readTokenizer(from: folder) as? PieceEncoding)
    }
    #expect(second == first)
    #expect(second.encode("the ta \u{E9}") == first.encode("the ta \u{E9}"))
  }

  @Test func whatWeDoNotFollowIsRefusedByName() throws {
    func refusal(_ change: (inout LlamaFile) -> Void) throws -> TokenizerFileError? {
      var file = LlamaFile()
      change(&file)
      do {
        _ = try file.read()
        return nil
      } catch TokenizationError.malformedTokenizer(_, let error) {
        return error
      }
    }
    #expect(try refusal { $0.bytes = 255 } == .missingToken("<0xFF>"))
    #expect(try refusal { $0.merges = #"["h h"]"# } == .missingToken("hh"))
    #expect(try refusal { $0.merges = #"["x h"]"# } == .missingToken("x"))
    #expect(try refusal { $0.normalizer = #"{"type": "NFKC"}"# } == .normalizer("NFKC"))
    #expect(
      try refusal { $0.normalizer = "null" }
        == .preTokenizer("pieces need a Metaspace pre-tokenizer that prepends and does not split"))
    #expect(
      try refusal { $0.extra = #", {"id": 268, "content": "<x>", "special": false}"# }
        == .addedToken("<x>", option: "special: false"))
  }
}
