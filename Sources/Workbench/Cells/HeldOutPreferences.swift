import Datasets
import Evaluation
import LanguageModel
import RewardModeling
import TensorKernels
import Tokenization
import Training

/// How a policy orders a user's held-out pairs, and whether a learned reward orders them alike.
struct HeldOutPreferences: Sendable {
  private let pairs: [PreferencePair]
  private let reference: Transformer<Float>
  private let beta: Double
  /// Chosen less rejected score of each pair under the learned reward.
  private let explicitMargins: [Double]?
  private let workers: Int

  /// Reads the learned reward on the pairs once, where there is one.
  init(
    _ pairs: [PreferencePair], reference: Transformer<Float>, beta: Double,
    explicit: (any RewardFunction)?, workers: Int
  ) throws {
    (self.pairs, self.reference, self.beta) = (pairs, reference, beta)
    self.workers = workers
    explicitMargins = try explicit.map { reward in
      zip(
        try reward.rewards(of: pairs.map(\.chosenSequence)),
        try reward.rewards(of: pairs.map(\.rejectedSequence))
      ).map { $0 - $1 }
    }
  }

  /// The implicit reward β·log π/π_ref on the pairs, under the names that TRL gives to held-out
  /// metrics; where there is an explicit reward, its accuracy and Pearson's correlation of both margins.
  func values(of policy: Transformer<Float>) -> [String: Double] {
    let scores = scorePairs(
      pairs, policy: policy, reference: reference, beta: beta, workers: workers)
    var values = named([
      .heldOutRewardAccuracy: scores.accuracy, .heldOutRewardMargin: scores.margin,
      .heldOutChosenReward: mean(of: scores.rows.map(\.chosen)),
      .heldOutRejectedReward: mean(of: scores.rows.map(\.rejected)),
    ])
    guard let explicitMargins else { return values }
    values[.rewardModelAccuracy] = mean(of: explicitMargins.map { $0 > 0 ? 1 : 0 })
    let implicit = scores.rows.map { $0.chosen - $0.rejected }
    values[.implicitExplicitCorrelation] = pearsonCorrelation(implicit, explicitMargins)
    return values
  }
}
