public import Datasets
import TensorKernels
public import Tokenization

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
