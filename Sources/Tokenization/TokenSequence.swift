/// A prompt with one completion, as token ids.
///
/// The prompt begins with the tokenizer's begin token. The completion holds the end token as its
/// last id if and only if it ended by itself; a completion cut off at the length limit does not.
public struct TokenSequence: Hashable, Sendable, Codable {
  /// The ids that the completion is conditioned on.
  public var prompt: [Int]
  /// The ids whose probability a policy is asked for.
  public var completion: [Int]

  /// Joins a prompt and a completion.
  public init(prompt: [Int], completion: [Int]) {
    self.prompt = prompt
    self.completion = completion
  }

  /// Prompt and completion, end to end.
  public var tokens: [Int] { prompt + completion }

  /// Whether the completion ended by itself.
  public func hasEnded(with endToken: Int) -> Bool { completion.last == endToken }
}
