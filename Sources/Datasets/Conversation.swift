public import Tokenization

/// Prompts as turns of a conversation in ChatML, which SmolLM2 and many others were tuned on.
///
///     <|im_start|>system\n…<|im_end|>\n<|im_start|>user\n…<|im_end|>\n<|im_start|>assistant\n
///
/// The completion is the assistant's turn; the end token `<|im_end|>` closes it.
public struct Conversation: Sendable {
  /// What the system turn says; there is none without it.
  public var system: String?

  /// Turns of a conversation.
  ///
  /// - Parameters:
  ///   - system: What the system turn says, if there is one.
  ///   - tokenizer: The model's, which must have the marks of the turns as tokens.
  /// - Throws: `TokenizationError.unknownWord` where it has not.
  public init(system: String? = nil, tokenizer: any Tokenizer) throws(TokenizationError) {
    self.system = system
    for (index, mark) in [Self.opening, Self.closing].enumerated() {
      guard try tokenizer.encode(mark).count == 1 else {
        throw .unknownWord(mark, position: index + 1)
      }
    }
  }

  private static let (opening, closing) = ("<|im_start|>", "<|im_end|>")

  /// The turns up to where the assistant answers a text.
  public func prompt(_ text: String) -> String {
    turns(text).map { "\(Self.opening)\($0.role)\n\($0.text)\(Self.closing)\n" }.joined()
      + "\(Self.opening)assistant\n"
  }

  private func turns(_ text: String) -> [(role: String, text: String)] {
    (system.map { [("system", $0)] } ?? []) + [("user", text)]
  }
}

extension PreferenceFile {
  /// The same pairs, each prompt a turn of a conversation.
  ///
  /// A space that opens a completion goes, since the assistant's turn begins on a new line.
  public func asTurns(of conversation: Conversation) -> PreferenceFile {
    let turns = pairs.map { pair in
      var pair = pair
      pair.prompt = conversation.prompt(pair.prompt)
      pair.chosen = String(pair.chosen.trimmingPrefix(" "))
      pair.rejected = String(pair.rejected.trimmingPrefix(" "))
      return pair
    }
    return PreferenceFile(name: name, pairs: turns, lines: lines)
  }
}
