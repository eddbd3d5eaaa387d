public import Datasets
public import LanguageModel
public import TensorKernels
public import Tokenization

/// What is done to a trained reward before a policy is trained on it.
public enum RewardNormalization: String, Codable, Sendable, CaseIterable {
  /// Nothing.
  case none
  /// A constant is taken off so that reference completions score zero on average, as in Stiennon
  /// (2020), section 3.4, and Ouyang (2022), section 3.5.
  case bias
  /// A constant and a factor, so that they have mean zero and variance one, as in Ziegler (2019).
  /// β then means another strength of the pull towards the reference.
  case gainAndBias = "gain_and_bias"
}

/// A learned reward: the score at the last token of a completion, less a constant, times a factor.
///
///     r = gain·(score − offset)
///
/// No comparison depends on the constant, and none on the factor's size.
public struct RewardModel: RewardFunction, Sendable {
  /// The backbone with its scalar head.
  public var model: ScalarModel<Float>
  /// What is taken off every score.
  public var offset: Double
  /// What the difference is multiplied by, above zero.
  public var gain: Double
  /// The threads that share the reading of sequences; rewards do not depend on them.
  public var workers = InferenceWorkers<Float>()

  /// A reward of the model's raw scores, less `offset`, times `gain`.
  public init(model: ScalarModel<Float>, offset: Double = 0, gain: Double = 1) {
    (self.model, self.offset, self.gain) = (model, offset, gain)
  }

  /// The reward of each sequence, in the logits of the annotator unless a gain says otherwise.
  public func rewards(of sequences: [TokenSequence]) -> [Double] {
    model.lastTokenScores(of: sequences, on: workers).map { gain * (Double($0) - offset) }
  }

  /// Moves the offset so that the completions score zero on average; none leave it alone.
  public mutating func center(on completions: [TokenSequence]) {
    guard !completions.isEmpty else { return }
    offset += mean(of: rewards(of: completions)) / gain
  }

  /// Normalises the reward on reference completions; none leave it alone, as does a constant score
  /// leave the gain.
  public mutating func normalize(
    on completions: [TokenSequence], _ normalization: RewardNormalization
  ) {
    guard normalization != .none, !completions.isEmpty else { return }
    center(on: completions)
    guard normalization == .gainAndBias else { return }
    let deviation = mean(of: rewards(of: completions).map { $0 * $0 }).squareRoot()
    if deviation > 0 { gain /= deviation }
  }
}

/// How an ensemble's rewards become one.
public enum EnsembleAggregation: String, Codable, Sendable, CaseIterable {
  /// The mean over the members.
  case mean
  /// The lowest of the members' rewards, Coste (2023).
  case worstCase = "worst_case"
  /// The mean less λ times the variance over the members, Coste (2023).
  case uncertaintyWeighted = "uncertainty_weighted"
}

/// Several reward models that learnt from the same pairs in other orders.
///
///     mean                   R = 1/k·Σ rᵢ
///     worst case             R = min rᵢ
///     uncertainty weighted   R = 1/k·Σ rᵢ − λ·1/k·Σ (rᵢ − mean)²
///
/// Where members disagree, a policy can find little real reward: the last two pay it less there.
public struct RewardEnsemble: RewardFunction, Sendable {
  /// The members, each normalised by itself.
  public var members: [RewardModel]
  /// How their rewards become one.
  public var aggregation: EnsembleAggregation
  /// The price λ of a unit of variance between members.
  public var uncertaintyWeight: Double

  /// Joins reward models.
  public init(
    _ members: [RewardModel], aggregation: EnsembleAggregation, uncertaintyWeight: Double = 0.1
  ) {
    precondition(!members.isEmpty, "an ensemble without members")
    (self.members, self.aggregation) = (members, aggregation)
    self.uncertaintyWeight = uncertaintyWeight
  }

  /// The aggregated reward of each sequence.
  public func rewards(of sequences: [TokenSequence]) -> [Double] {
    let rewards = members.map { $0.rewards(of: sequences) }
    return sequences.indices.map { index in aggregate(rewards.map { $0[index] }) }
  }

  /// One reward of the members' rewards of a sequence.
  public func aggregate(_ rewards: [Double]) -> Double {
    let mean = TensorKernels.mean(of: rewards)
    switch aggregation {
    case .mean: return mean
    case .worstCase: return rewards.min() ?? mean
    case .uncertaintyWeighted:
      let variance = TensorKernels.mean(of: rewards.map { ($0 - mean) * ($0 - mean) })
      return mean - uncertaintyWeight * variance
    }
  }
}
