public import Tokenization

/// Two completions of one prompt as token ids, and which of them was preferred.
///
/// Completions end with the end token if and only if they ended by themselves.
public struct PreferencePair: Sendable, Hashable, Codable {
  /// The prompt, which begins with the begin token.
  public var prompt: [Int]
  /// The completion that was preferred.
  public var chosen: [Int]
  /// The completion that was not.
  public var rejected: [Int]

  /// Joins a prompt and its two completions.
  public init(prompt: [Int], chosen: [Int], rejected: [Int]) {
    (self.prompt, self.chosen, self.rejected) = (prompt, chosen, rejected)
  }

  /// The prompt with the preferred completion.
  public var chosenSequence: TokenSequence { TokenSequence(prompt: prompt, completion: chosen) }

  /// The prompt with the other completion.
  public var rejectedSequence: TokenSequence { TokenSequence(prompt: prompt, completion: rejected) }
}
