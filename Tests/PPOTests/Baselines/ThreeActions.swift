import Foundation
import LanguageModel
import PPO
import Tokenization

/// Three completions of one prompt under a tabular softmax: the golden fixture of predictions.md,
/// section 3.6, in which every batch of rollouts can be enumerated.
struct ThreeActions {
  static let reference = [1.0 / 2, 1.0 / 3, 1.0 / 6]
  static let rewards = [0.0, 1, 3]
  static let policy = [0.2, 0.3, 0.5]
  /// β·log Z at β = 1.
  static let softValue = 1.55891977648468
  /// |g|² of the policy.
  static let squaredNorm = 0.0712312307085051

  fileprivate let model = ToyTask().reference

  /// R = r − log q/p.
  static let returns = (0..<3).map { rewards[$0] - log(policy[$0] / reference[$0]) }

  /// ∇ log q(y) = e_y − q.
  static func score(_ action: Int) -> [Double] {
    (0..<3).map { ($0 == action ? 1 : 0) - policy[$0] }
  }

  /// g = E_q[R·∇log q].
  static let gradient = (0..<3).map { i in
    (0..<3).reduce(0) { $0 + policy[$1] * returns[$1] * score($1)[i] }
  }

  /// All sequences of `count` draws, with their probabilities under `weights`.
  static func draws(_ count: Int, of weights: [Double]) -> [(actions: [Int], probability: Double)] {
    (0..<count).reduce([([], 1)]) { all, _ in
      all.flatMap { actions, probability in
        (0..<3).map { (actions + [$0], probability * weights[$0]) }
      }
    }
  }

  /// A batch of rollouts that took these actions; `offset` is added to every reward.
  func batch(_ actions: [Int], reference: [[Int]] = [], offset: Double = 0) -> BaselineBatch {
    BaselineBatch(
      policy: model,
      sequences: actions.map { TokenSequence(prompt: [1], completion: [3 + $0]) },
      returns: actions.map { Self.returns[$0] + offset }, completionsPerPrompt: actions.count,
      klPenalty: 1,
      referenceRewards: reference.map { $0.map { Self.rewards[$0] + offset } })
  }

  /// Mean and covariance trace of (1/n) Σ (R − b)·∇log q over all batches of n rollouts.
  func moments(
    of baseline: some Baseline, rollouts: Int, offset: Double = 0
  ) throws -> (mean: [Double], covarianceTrace: Double) {
    var (mean, second) = ([0.0, 0, 0], 0.0)
    let samples = baseline.referenceSamples
    for (actions, probability) in Self.draws(rollouts, of: Self.policy) {
      for (drawn, share) in Self.draws(samples * rollouts, of: Self.reference) {
        let rows = (0..<rollouts).map { Array(drawn[$0 * samples..<($0 + 1) * samples]) }
        let batch = batch(actions, reference: rows, offset: offset)
        let values = try baseline.values(of: batch)
        let estimate = (0..<3).map { i in
          actions.indices.reduce(0) {
            $0 + (batch.returns[$1] - values[$1]) * Self.score(actions[$1])[i]
          } / Double(rollouts)
        }
        mean = zip(mean, estimate).map { $0 + probability * share * $1 }
        second += probability * share * estimate.reduce(0) { $0 + $1 * $1 }
      }
    }
    return (mean, second - mean.reduce(0) { $0 + $1 * $1 })
  }
}

extension ThreeActions {
  /// A batch that has nothing but returns, all of one prompt.
  func batch(returns: [Double]) -> BaselineBatch {
    BaselineBatch(
      policy: model, sequences: returns.map { _ in TokenSequence(prompt: [1], completion: [3]) },
      returns: returns, completionsPerPrompt: returns.count)
  }
}
