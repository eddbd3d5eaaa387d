public import Datasets
public import LanguageModel
public import TensorKernels
public import Tokenization

/// A learned reward: the score at the last token of a completion, less a constant.
///
/// The constant makes the reference completions score zero on average, as in Stiennon (2020),
/// section 3.4, and Ouyang (2022), section 3.5; no comparison depends on it.
public struct RewardModel: RewardFunction, Sendable {
  /// The backbone with its scalar head.
  public var model: ScalarModel<Float>
  /// What is taken off every score.
  public var offset: Double

  /// A reward of the model's raw scores, less `offset`.
  public init(model: ScalarModel<Float>, offset: Double = 0) {
    self.model = model
    self.offset = offset
  }

  /// The reward of each sequence, in the logits of the annotator.
  public func rewards(of sequences: [TokenSequence]) -> [Double] {
    model.lastTokenScores(of: sequences).map { Double($0) - offset }
  }

  /// Moves the offset so that the completions score zero on average; none leave it alone.
  public mutating func center(on completions: [TokenSequence]) {
    guard !completions.isEmpty else { return }
    offset += mean(rewards(of: completions))
  }
}
