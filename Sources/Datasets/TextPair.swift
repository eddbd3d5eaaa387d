public import Tokenization

/// Two completions of one prompt as text, in the standard preference format of TRL.
///
/// The end token is never written as text: a completion is marked complete instead, which it is
/// unless the file says otherwise.
public struct TextPair: Sendable, Hashable, Codable {
  /// The text before the completions.
  public var prompt: String
  /// The completion that was preferred.
  public var chosen: String
  /// The completion that was not.
  public var rejected: String
  /// Whether the chosen completion ended by itself, so that the end token follows it.
  public var chosenComplete: Bool
  /// Whether the rejected completion ended by itself, so that the end token follows it.
  public var rejectedComplete: Bool
  /// By how much a reward model is to score the chosen completion higher, where the file says so.
  public var margin: Double?

  /// The keys of a line in a data file.
  public enum CodingKeys: String, CodingKey, CaseIterable {
    /// The text before the completions.
    case prompt
    /// The completion that was preferred.
    case chosen
    /// The completion that was not.
    case rejected
    /// Whether the chosen completion ended by itself.
    case chosenComplete = "chosen_complete"
    /// Whether the rejected completion ended by itself.
    case rejectedComplete = "rejected_complete"
    /// By how much a reward model is to score the chosen completion higher.
    case margin
  }

  /// Reads a pair whose completions are complete unless it says otherwise.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      prompt: try values.decode(String.self, forKey: .prompt),
      chosen: try values.decode(String.self, forKey: .chosen),
      rejected: try values.decode(String.self, forKey: .rejected),
      chosenComplete: try values.decodeIfPresent(Bool.self, forKey: .chosenComplete) ?? true,
      rejectedComplete: try values.decodeIfPresent(Bool.self, forKey: .rejectedComplete) ?? true,
      margin: try values.decodeIfPresent(Double.self, forKey: .margin))
  }

  /// Joins a prompt and its two completions.
  public init(
    prompt: String, chosen: String, rejected: String, chosenComplete: Bool = true,
    rejectedComplete: Bool = true, margin: Double? = nil
  ) {
    (self.prompt, self.chosen, self.rejected) = (prompt, chosen, rejected)
    (self.chosenComplete, self.rejectedComplete) = (chosenComplete, rejectedComplete)
    self.margin = margin
  }
}

extension TextPair {
  /// The text of a pair of token ids.
  ///
  /// A completion is what it adds to the prompt's text, so that prompt and completion can be joined
  /// as they are: with words it begins with a space.
  public init(_ pair: PreferencePair, tokenizer: some Tokenizer) {
    self.init(
      prompt: tokenizer.decode(pair.prompt),
      chosen: tokenizer.continuation(of: pair.prompt, by: pair.chosen),
      rejected: tokenizer.continuation(of: pair.prompt, by: pair.rejected),
      chosenComplete: pair.chosen.last == tokenizer.endToken,
      rejectedComplete: pair.rejected.last == tokenizer.endToken, margin: pair.margin)
  }

  /// The pair as token ids: the begin token before the prompt, the end token behind completions
  /// that ended by themselves.
  public func tokenized(by tokenizer: some Tokenizer) throws(TokenizationError) -> PreferencePair {
    let prompt = try tokenizer.encodePrompt(prompt)
    let chosen = try tokenizer.encode(chosen) + (chosenComplete ? [tokenizer.endToken] : [])
    let rejected = try tokenizer.encode(rejected) + (rejectedComplete ? [tokenizer.endToken] : [])
    return PreferencePair(prompt: prompt, chosen: chosen, rejected: rejected, margin: margin)
  }
}

extension TextPair {
  /// The pair with the longest common prefix of the completions moved into the prompt.
  ///
  /// The rule is that of `extract_prompt` in TRL: a space before the first difference stays with
  /// the completions, and where one completion is a prefix of the other, so does the last
  /// character of the shorter one, so that neither becomes empty.
  func extractingPrompt() -> TextPair {
    let (first, second) = (Array(chosen.unicodeScalars), Array(rejected.unicodeScalars))
    let shorter = min(first.count, second.count)
    var start = zip(first, second).prefix(while: ==).count
    if start == shorter {
      start = max(shorter - 1, 0)
    } else if start > 0, first[start - 1] == " " {
      start -= 1
    }
    return TextPair(
      prompt: prompt + text(first[..<start]), chosen: text(first[start...]),
      rejected: text(second[start...]), chosenComplete: chosenComplete,
      rejectedComplete: rejectedComplete, margin: margin)
  }
}

private func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
  String(String.UnicodeScalarView(scalars))
}

extension Tokenizer {
  /// What a completion adds to the text of its prompt.
  public func continuation(of prompt: [Int], by completion: [Int]) -> String {
    let (start, whole) = (decode(prompt), decode(prompt + completion))
    // Compared as bytes: as characters, a prompt is not a prefix where an accent follows it.
    guard whole.utf8.starts(with: start.utf8) else { return decode(completion) }
    return String(decoding: whole.utf8.dropFirst(start.utf8.count), as: UTF8.self)
  }
}
