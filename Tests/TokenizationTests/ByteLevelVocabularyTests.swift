import Foundation
import TestSupport
import Testing
import Tokenization

/// A file in the manner of SmolLM2: conversation tokens first, single digits, no begin token.
///
/// Its characters are those of "<|endoftext|>", of ASCII letters and digits, of space and newline;
/// a tilde has no token.
private struct File {
  var preTokenizer = #"""
    {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": true},
      {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}]}
    """#
  var normalizer = "null"
  var processor = "null"
  var setting = ""
  var option = #""lstrip": false"#
  var names =
    #""bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "pad_token": "<|im_end|>", "unk_token": "<|endoftext|>", "chat_template": "{{ x }}""#

  static let letters =
    "abcdefghijklmnopqrstuvwxyz0123456789<|>_.\u{120}\u{10A}\u{C3}\u{A9}\u{CC}\u{123}"
  static let special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<tool>"]
  static let merged = ["\u{120}t", "he", "\u{120}the", "12", "ti"]
  static var tokens: [String] {
    special + letters.unicodeScalars.map { String($0) } + merged
  }

  static func id(_ token: String) -> Int { tokens.firstIndex(of: token) ?? -1 }

  var json: String {
    let vocabulary = Self.tokens.enumerated().dropFirst(Self.special.count)
      .map { #""\#($1)": \#($0)"# }.joined(separator: ", ")
    let added = Self.special.enumerated().map { id, name in
      #"{"id": \#(id), "content": "\#(name)", "special": \#(id < 3), "single_word": false, \#(option)}"#
    }.joined(separator: ", ")
    return #"""
      {"added_tokens": [\#(added)], "normalizer": \#(normalizer), "pre_tokenizer": \#(preTokenizer),
       "post_processor": \#(processor), "decoder": {"type": "ByteLevel"},
       "model": {"type": "BPE", "vocab": {\#(vocabulary)}, \#(setting)
        "merges": ["\#u{120} t", "h e", "\#u{120}t he", "1 2", "t i"]}}
      """#
  }

  func read() throws -> any Tokenizer {
    try inTemporaryFolder { folder in
      try Data(json.utf8).write(to: folder.appending(path: "tokenizer.json"))
      try Data("{\(names)}".utf8).write(to: folder.appending(path: "tokenizer_config.json"))
      return try readTokenizer(from: folder)
    }
  }

  func vocabulary() throws -> ByteLevelVocabulary {
    try #require(try read() as? ByteLevelVocabulary)
  }
}

private func ids(_ tokens: String...) -> [Int] { tokens.map(File.id) }

@Suite struct ByteLevelVocabularyTests {
  @Test func addedTokensAreFoundBeforeAnythingIsCut() throws {
    let read = try File().vocabulary()
    #expect(
      read.encode("<|im_start|>the<|im_end|>\n")
        == ids("<|im_start|>", "t", "he", "<|im_end|>", "\u{10A}"))
    #expect(read.encode("<|im_start") == "<|im_start".map { File.id(String($0)) })
    #expect(read.encode("a<tool>b") == ids("a", "<tool>", "b"))
    #expect(read.encode("<tool><tool>") == ids("<tool>", "<tool>"))
    #expect(read.encode("") == [])
  }

  @Test func digitsAreCutBeforeWords() throws {
    // Merged "12" is never made, and the space before a digit is a word of its own.
    #expect(try File().vocabulary().encode("a 12") == ids("a", "\u{120}", "1", "2"))
    var runs = File()
    runs.preTokenizer = runs.preTokenizer.replacing("true}", with: "false}")
    #expect(try runs.vocabulary().encode("a 12") == ids("a", "\u{120}", "12"))
    var words = File()
    words.preTokenizer = #"{"type": "ByteLevel", "add_prefix_space": false}"#
    #expect(try words.vocabulary().encode("a 12 the") == ids("a", "\u{120}", "12", "\u{120}the"))
  }

  @Test func splitsAreKnownByTheirExpression() throws {
    var file = File()
    let expression =
      #"'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"#
    file.preTokenizer = #"""
      {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": "\\p{N}"}, "behavior": "Isolated", "invert": false},
        {"type": "Split", "pattern": {"Regex": "\#(expression)"}, "behavior": "Isolated"},
        {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]}
      """#
    let text = "the 12 the.a  b"
    #expect(try file.vocabulary().encode(text) == File().vocabulary().encode(text))
  }

  @Test func decodingLeavesSpecialTokensOut() throws {
    let read = try File().vocabulary()
    #expect(read.decode(ids("<|im_start|>", "\u{120}the", "<tool>", "<|im_end|>")) == " the<tool>")
    #expect(read.decode([9999, -1] + ids("\u{C3}", "\u{A9}")) == "\u{E9}")
    #expect(read.decode(ids("\u{C3}")) == "\u{FFFD}")
  }

  @Test func aByteWithoutATokenIsLeftOut() throws {
    #expect(try File().vocabulary().encode("a~b") == ids("a", "b"))
  }

  @Test func aPromptBeginsAsTheTokenizerSays() throws {
    let read = try File().vocabulary()
    #expect(read.encodePrompt("a") == ids("a"))
    #expect(read.encodePrompt("") == ids("<|im_start|>"))
    var opening = File()
    opening.processor = #"""
      {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<|im_start|>", "type_id": 0}},
        {"Sequence": {"id": "A", "type_id": 0}}]}
      """#
    #expect(try opening.vocabulary().encodePrompt("a") == ids("<|im_start|>", "a"))
  }

  @Test func specialTokensHaveStandIns() throws {
    let read = try File().vocabulary()
    #expect(read.beginToken == 1 && read.endToken == 2)
    // The pad token ends texts too, and so the unknown token fills up rows.
    #expect(read.padToken == 0)
    var lone = File()
    lone.names = #""eos_token": "<|endoftext|>""#
    let only = try lone.vocabulary()
    #expect(only.beginToken == 0 && only.endToken == 0 && only.padToken == 0)
  }

  @Test func composedTextIsTheSameHoweverItIsTyped() throws {
    var file = File()
    file.normalizer = #"{"type": "NFC"}"#
    let read = try file.vocabulary()
    #expect(read.encode("e\u{301}") == ids("\u{C3}", "\u{A9}"))
    #expect(try File().vocabulary().encode("e\u{301}") == ids("e", "\u{CC}", "\u{123}"))
  }

  @Test(arguments: ["", "the 12 cat.s <tool>", "<|im_start|>a\n<|im_end|>", "e\u{301}\u{E9}12"])
  func whatIsWrittenReadsBackTheSame(text: String) throws {
    for normalizer in ["null", #"{"type": "NFC"}"#] {
      var file = File()
      file.normalizer = normalizer
      let first = try file.vocabulary()
      let second = try inTemporaryFolder { folder in
        try writeTokenizer(first, to: folder, maximumLength: 8)
        return try #require(try readTokenizer(from: folder) as? ByteLevelVocabulary)
      }
      #expect(second == first)
      #expect(second.encode(text) == first.encode(text))
    }
  }

  private func refusal(_ change: (inout File) -> Void) throws -> TokenizerFileError? {
    var file = File()
    change(&file)
    do {
      _ = try file.read()
      return nil
    } catch TokenizationError.malformedTokenizer(_, let error) {
      return error
    }
  }

  @Test func whatWeDoNotFollowIsRefusedByName() throws {
    #expect(try refusal { $0.normalizer = #"{"type": "Lowercase"}"# } == .normalizer("Lowercase"))
    #expect(try refusal { $0.setting = #""ignore_merges": true,"# } == .setting("ignore_merges"))
    #expect(try refusal { $0.setting = #""dropout": 0.1,"# } == .setting("dropout"))
    #expect(
      try refusal { $0.setting = #""end_of_word_suffix": "x","# } == .setting("end_of_word_suffix"))
    #expect(
      try refusal { $0.setting = #""continuing_subword_prefix": "x","# }
        == .setting("continuing_subword_prefix"))
    for option in ["lstrip", "rstrip"] {
      #expect(
        try refusal { $0.option = #""\#(option)": true"# }
          == .addedToken("<|endoftext|>", option: option))
    }
    let whitespace =
      #"{"type": "Sequence", "pretokenizers": [{"type": "Whitespace"}, {"type": "ByteLevel", "add_prefix_space": false}]}"#
    #expect(
      try refusal { $0.preTokenizer = whitespace }
        == .preTokenizer("a pre-tokenizer of type 'Whitespace' is not supported"))
    let split = whitespace.replacing(
      #"{"type": "Whitespace"}"#, with: #"{"type": "Split", "pattern": {"Regex": "x+"}}"#)
    #expect(
      try refusal { $0.preTokenizer = split }
        == .preTokenizer("the Split expression x+ is not known"))
    #expect(try refusal { $0.names = "" } == .missingSpecial("eos_token"))
  }
}
