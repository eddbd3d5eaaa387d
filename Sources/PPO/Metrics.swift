public import LanguageModel
import Optimizers
package import TensorKernels

/// What one iteration of PPO measured; each field says with which estimator.
///
/// `objective` and `values` were measured on the rollouts before they moved the policy, `update`
/// while they did.
public struct PPOMetrics: Codable, Sendable {
  /// The rollouts and their rewards.
  public var objective: ObjectiveMetrics
  /// The baseline on the rollouts, before the updates.
  public var values: ValueMetrics
  /// The updates.
  public var update: UpdateMetrics
  /// The policy's learning rate in this iteration.
  public var learningRate: Double
  /// Rollouts sampled so far.
  public var episode: Int
  /// Everything spent so far.
  public var cost: Cost

  /// All numbers under TRL's names, and ours in the same style.
  public var logged: [String: Double] {
    let own = ["lr": learningRate, "episode": Double(episode)]
    return own.merging(objective.logged) { $1 }.merging(values.logged) { $1 }
      .merging(update.logged) { $1 }
  }
}

/// What the rollouts of an iteration were worth.
public struct ObjectiveMetrics: Codable, Sendable {
  /// KL(π‖π₀) per completion: mean over rollouts of the sum of the configured token estimates.
  public var kl: Double
  /// The same with k1, Σₜ log π(aₜ) − log π₀(aₜ): unbiased, may be negative.
  public var klK1: Double
  /// The same with k3, which is never negative: an unbiased estimate of Σₜ KL at the visited states.
  public var klK3: Double
  /// Mean over rollouts of −Σₜ log π(aₜ): an estimate of the entropy of a completion.
  public var entropy: Double
  /// Mean over rollouts of the KL penalty as a reward, −β·KL.
  public var nonScoreReward: Double
  /// Mean score after the missing-end penalty, plus `nonScoreReward`: what PPO maximises.
  public var rlhfReward: Double
  /// Mean score after the missing-end penalty.
  public var scores: Double
  /// Standard deviation of those scores over the rollouts.
  public var scoreDeviation: Double
  /// The strength β that these rollouts were penalised with.
  public var klCoefficient: Double
  /// Mean number of tokens of a completion, end token included.
  public var length: Double
  /// The share of completions with an end token.
  public var endRate: Double
  /// End tokens in all completions: one for each that has ended.
  public var endCount: Int

  var logged: [String: Double] {
    [
      "objective/kl": kl, "objective/kl_k1": klK1, "objective/kl_k3": klK3,
      "objective/entropy": entropy, "objective/non_score_reward": nonScoreReward,
      "objective/rlhf_reward": rlhfReward, "objective/scores": scores,
      "objective/scores_std": scoreDeviation, "objective/kl_coef": klCoefficient,
      "objective/length": length, "objective/eos_rate": endRate,
      "val/num_eos_tokens": Double(endCount),
    ]
  }
}

/// How good the baseline was for a batch of rollouts.
///
/// Numbers are over all value slots for the learned value and over completions for other baselines.
public struct ValueMetrics: Codable, Sendable {
  /// What the baseline has numbers for.
  public var resolution: BaselineResolution
  /// 1 − Var(R − b)/Var(R); below zero the baseline is worse than a constant.
  public var explainedVariance: Double
  /// Mean and standard deviation of the baseline, for a learned value before the updates.
  public var mean, deviation: Double
  /// Mean and standard deviation of the returns, which a learned value is fitted to.
  public var returnMean, returnDeviation: Double
  /// Mean and standard deviation over tokens of the advantages before whitening.
  public var advantageMean, advantageDeviation: Double

  var logged: [String: Double] {
    switch resolution {
    case .token: loggedOfValues
    case .completion: loggedOfBaseline.filter { $0.value.isFinite }
    }
  }

  private var loggedOfBaseline: [String: Double] {
    [
      "baseline/explained_variance": explainedVariance, "baseline/mean": mean,
      "baseline/std": deviation, "baseline/returns_mean": returnMean,
      "baseline/returns_std": returnDeviation, "baseline/advantages_mean": advantageMean,
      "baseline/advantages_std": advantageDeviation,
    ]
  }

  private var loggedOfValues: [String: Double] {
    [
      "val/explained_variance": explainedVariance, "val/values_mean": mean,
      "val/values_std": deviation, "val/returns_mean": returnMean,
      "val/returns_std": returnDeviation, "val/advantages_mean": advantageMean,
      "val/advantages_std": advantageDeviation,
    ]
  }
}

// MARK: Measuring

extension PPOTrainer {
  /// The metrics of an iteration so far.
  func metrics(
    _ rollouts: Rollouts, _ learning: AdvantagesAndReturns<Float>, _ log: UpdateLog, iteration: Int
  ) -> PPOMetrics {
    PPOMetrics(
      objective: ObjectiveMetrics(rollouts, learning, klCoefficient: klCoefficient.value),
      values: ValueMetrics(learning, rollouts.layout, baseline.resolution),
      update: UpdateMetrics(log),
      learningRate: configuration.policySchedule.rate(at: iteration), episode: episodes,
      cost: cost)
  }
}

extension ObjectiveMetrics {
  init(_ rollouts: Rollouts, _ learning: AdvantagesAndReturns<Float>, klCoefficient: Double) {
    self.init(
      learning, logProbabilities: rollouts.logProbabilities,
      reference: rollouts.referenceLogProbabilities, hasEnded: rollouts.hasEnded,
      endTokens: rollouts.endTokens, klCoefficient: klCoefficient)
  }

  /// The objective of completions whose tokens have these log-probabilities.
  package init<Scalar: BLASScalar>(
    _ learning: AdvantagesAndReturns<Scalar>, logProbabilities: [[Scalar]], reference: [[Scalar]],
    hasEnded: [Bool], endTokens: Int, klCoefficient: Double
  ) {
    func meanKL(_ estimator: KLEstimator) -> Double {
      let completions = zip(logProbabilities, reference).map {
        estimator(policy: $0, reference: $1).reduce(0, +)
      }
      return Moments(completions).mean
    }
    let kl = Moments(learning.completionKLs).mean
    let scores = Moments(learning.scores)
    self.init(
      kl: kl, klK1: meanKL(.k1), klK3: meanKL(.k3),
      entropy: Moments(logProbabilities.map { -$0.reduce(0, +) }).mean,
      nonScoreReward: -klCoefficient * kl, rlhfReward: scores.mean - klCoefficient * kl,
      scores: scores.mean, scoreDeviation: scores.standardDeviation, klCoefficient: klCoefficient,
      length: Moments(logProbabilities.map { Double($0.count) }).mean,
      endRate: Double(hasEnded.count { $0 }) / Double(hasEnded.count), endCount: endTokens)
  }
}

extension ValueMetrics {
  init(
    _ learning: AdvantagesAndReturns<Float>, _ layout: CompletionLayout,
    _ resolution: BaselineResolution
  ) {
    func numbers(_ rows: [[Float]]) -> [Float] {
      resolution == .token ? rows.flatMap { $0 } : rows.compactMap(\.first)
    }
    let (allValues, allReturns) = (numbers(learning.values), numbers(learning.returns))
    let tokenAdvantages = zip(learning.advantages, layout.tokenCounts).flatMap { $0.prefix($1) }
    let (values, returns) = (Moments(allValues), Moments(allReturns))
    let advantages = Moments(tokenAdvantages)
    self.init(
      resolution: resolution,
      explainedVariance: PPO.explainedVariance(returns: allReturns, values: allValues),
      mean: values.mean, deviation: values.standardDeviation, returnMean: returns.mean,
      returnDeviation: returns.standardDeviation, advantageMean: advantages.mean,
      advantageDeviation: advantages.standardDeviation)
  }
}
