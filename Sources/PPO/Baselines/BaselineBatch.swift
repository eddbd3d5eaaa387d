public import LanguageModel
public import TensorKernels
public import Tokenization

/// What the baselines of a batch of rollouts may be computed from.
///
/// Rollouts of one prompt stand together: the first `completionsPerPrompt` make the first group.
public struct BaselineBatch: Sendable {
  /// The policy that sampled the rollouts.
  public var policy: Transformer<Float>
  /// The prompts with their completions.
  public var sequences: [TokenSequence]
  /// R = r − β·Σₜ (log π − log π₀) of each rollout, as a number.
  public var returns: [Double]
  /// How many rollouts each prompt has.
  public var completionsPerPrompt: Int
  /// The strength β that the returns were penalised with.
  public var klPenalty: Double
  /// The rewards of completions drawn from the reference after each rollout's prompt.
  public var referenceRewards: [[Double]]
  /// The learned values of each rollout's states, the state after the prompt first.
  public var learnedValues: [[Float]]

  /// A batch; what a baseline does not read may be left out.
  public init(
    policy: Transformer<Float>, sequences: [TokenSequence], returns: [Double],
    completionsPerPrompt: Int = 1, klPenalty: Double = 0, referenceRewards: [[Double]] = [],
    learnedValues: [[Float]] = []
  ) {
    precondition(
      sequences.count == returns.count && returns.count.isMultiple(of: completionsPerPrompt),
      "\(sequences.count) rollouts, \(returns.count) returns, \(completionsPerPrompt) a prompt")
    (self.policy, self.sequences, self.returns) = (policy, sequences, returns)
    (self.completionsPerPrompt, self.klPenalty) = (completionsPerPrompt, klPenalty)
    (self.referenceRewards, self.learnedValues) = (referenceRewards, learnedValues)
  }

  /// The rollouts that share each prompt.
  public var groups: [Range<Int>] {
    stride(from: 0, to: returns.count, by: completionsPerPrompt).map {
      $0..<$0 + completionsPerPrompt
    }
  }

  /// One number for all rollouts of each prompt, from a function of the prompt.
  public func values(byPrompt value: ([Int]) throws -> Double) rethrows -> [Double] {
    var known: [[Int]: Double] = [:]
    return try sequences.map { sequence in
      if let value = known[sequence.prompt] { return value }
      let new = try value(sequence.prompt)
      known[sequence.prompt] = new
      return new
    }
  }
}
