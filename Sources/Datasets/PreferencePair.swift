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
  /// By how much a reward model is to score the chosen completion higher.
  ///
  /// Touvron (2023), equation 2; nil for as much as its configuration says. Nothing else reads it.
  public var margin: Double?

  /// Joins a prompt and its two completions.
  public init(prompt: [Int], chosen: [Int], rejected: [Int], margin: Double? = nil) {
    (self.prompt, self.chosen, self.rejected) = (prompt, chosen, rejected)
    self.margin = margin
  }

  /// The prompt with the preferred completion.
  public var chosenSequence: TokenSequence { TokenSequence(prompt: prompt, completion: chosen) }

  /// The prompt with the other completion.
  public var rejectedSequence: TokenSequence { TokenSequence(prompt: prompt, completion: rejected) }
}
