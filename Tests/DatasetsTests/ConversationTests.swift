import Datasets
import Foundation
import Testing
import Tokenization

/// Words and the two marks of a conversation, each a token.
private struct Marked: Tokenizer {
  var marks = ["<|im_start|>", "<|im_end|>"]
  var vocabularySize: Int { 100 }
  var endToken: Int { 1 }
  var padToken: Int { 2 }
  var beginToken: Int { 0 }
  func encode(_ text: String) -> [Int] {
    marks.firstIndex(of: text).map { [$0] } ?? text.utf8.map(Int.init)
  }
  func decode(_ tokens: [Int]) -> String { "" }
}

@Suite struct ConversationTests {
  @Test func turnsAreThoseOfChatML() throws {
    let plain = try Conversation(tokenizer: Marked())
    #expect(plain.prompt("Hi") == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n")
    // The text of SmolLM2's own template with one message, as transformers renders it.
    let system = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
    let conversation = try Conversation(system: system, tokenizer: Marked())
    #expect(
      conversation.prompt("Hi") == """
        <|im_start|>system
        You are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>
        <|im_start|>user
        Hi<|im_end|>
        <|im_start|>assistant

        """)
  }

  @Test func aVocabularyWithoutTheMarksIsRefused() {
    #expect(throws: TokenizationError.unknownWord("<|im_start|>", position: 1)) {
      try Conversation(tokenizer: BytePairEncoding())
    }
    #expect(throws: TokenizationError.unknownWord("<|im_end|>", position: 2)) {
      try Conversation(tokenizer: Marked(marks: ["<|im_start|>"]))
    }
  }

  @Test func pairsBecomeTurns() throws {
    let line = #"{"prompt":"a b","chosen":" c","rejected":"d "}"#
    let file = try PreferenceFile(Data(line.utf8), name: "p.jsonl")
    let turns = file.asTurns(of: try Conversation(tokenizer: Marked()))
    #expect(turns.pairs[0].prompt == "<|im_start|>user\na b<|im_end|>\n<|im_start|>assistant\n")
    #expect(turns.pairs[0].chosen == "c" && turns.pairs[0].rejected == "d ")
    #expect(turns.lines == file.lines && turns.name == "p.jsonl")
  }
}
