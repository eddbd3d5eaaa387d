public import Tokenization

/// Anything that can say how good completions are: a learned reward model or the gold reward.
public protocol RewardFunction: Sendable {
  /// One reward a sequence, in the annotator's logit units.
  func rewards(of sequences: [TokenSequence]) throws -> [Double]
}
