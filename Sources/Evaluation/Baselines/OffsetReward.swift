public import Datasets
import TensorKernels
public import Tokenization

/// Where the rewards of reference completions lie, and how far apart.
public struct RewardMoments: Sendable, Equatable {
  /// E_x E_π₀[r].
  public var mean: Double
  /// The standard deviation over prompts and completions together.
  public var deviation: Double

  /// Known moments.
  public init(mean: Double, deviation: Double) { (self.mean, self.deviation) = (mean, deviation) }

  /// The moments of a sample; its deviation has Bessel's correction.
  public init(of rewards: [Double]) {
    precondition(rewards.count > 1, "\(rewards.count) rewards have no deviation")
    let center = TensorKernels.mean(of: rewards)
    let squares = rewards.reduce(0) { $0 + ($1 - center) * ($1 - center) }
    self.init(mean: center, deviation: (squares / Double(rewards.count - 1)).squareRoot())
  }
}

/// A reward centred on the reference's completions and then raised by c standard deviations.
///
///     r′ = r − E_π₀[r] + c·sd_π₀[r]
///
/// A constant changes neither preferences nor the optimal policy, Rafailov (2023), lemmas 1 and 2;
/// it moves β·log Z and every return by c·sd, and with them the variance that a baseline has to remove.
public struct OffsetReward: RewardFunction {
  /// The reward that is shifted.
  public let base: any RewardFunction
  /// What is added to it.
  public let shift: Double

  /// Centres a reward at the reference's mean and raises it by `offset` deviations.
  public init(_ base: any RewardFunction, moments: RewardMoments, offset: Double) {
    self.base = base
    shift = offset * moments.deviation - moments.mean
  }

  /// The shifted reward of each sequence.
  public func rewards(of sequences: [TokenSequence]) throws -> [Double] {
    try base.rewards(of: sequences).map { $0 + shift }
  }
}
