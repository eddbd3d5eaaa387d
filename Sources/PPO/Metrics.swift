public import LanguageModel
import Optimizers
package import TensorKernels
package import Training

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
    let own = named([.policyLearningRate: learningRate, .episode: Double(episode)])
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
    named([
      .rolloutKL: kl, .rolloutKLK1: klK1, .rolloutKLK3: klK3, .rolloutEntropy: entropy,
      .nonScoreReward: nonScoreReward, .rlhfReward: rlhfReward, .scores: scores,
      .scoreDeviation: scoreDeviation, .klCoefficient: klCoefficient, .rolloutLength: length,
      .rolloutEOSRate: endRate, .endTokens: Double(endCount),
    ])
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
    named([
      .baselineExplainedVariance: explainedVariance, .baselineMean: mean,
      .baselineDeviation: deviation, .baselineReturnMean: returnMean,
      .baselineReturnDeviation: returnDeviation, .baselineAdvantageMean: advantageMean,
      .baselineAdvantageDeviation: advantageDeviation,
    ])
  }

  private var loggedOfValues: [String: Double] {
    named([
      .valueExplainedVariance: explainedVariance, .valueMean: mean, .valueDeviation: deviation,
      .returnMean: returnMean, .returnDeviation: returnDeviation, .advantageMean: advantageMean,
      .advantageDeviation: advantageDeviation,
    ])
  }
}

extension MetricKey {
  /// The policy's learning rate in this iteration, under TRL's name for PPO.
  package static let policyLearningRate = MetricKey("lr")
  /// Rollouts sampled so far.
  package static let episode = MetricKey("episode")
  /// KL(π‖π₀) per completion of the rollouts, by the configured token estimator.
  package static let rolloutKL = MetricKey("objective/kl")
  /// The same by k1, unbiased, may be negative.
  package static let rolloutKLK1 = MetricKey("objective/kl_k1")
  /// The same by k3, never negative.
  package static let rolloutKLK3 = MetricKey("objective/kl_k3")
  /// −Σₜ log π(aₜ), mean over rollouts.
  package static let rolloutEntropy = MetricKey("objective/entropy")
  /// The KL penalty as a reward, −β·KL, mean over rollouts.
  package static let nonScoreReward = MetricKey("objective/non_score_reward")
  /// Mean score plus the KL penalty: what PPO maximises.
  package static let rlhfReward = MetricKey("objective/rlhf_reward")
  /// Mean score after the missing-end penalty.
  package static let scores = MetricKey("objective/scores")
  /// Standard deviation of those scores over the rollouts.
  package static let scoreDeviation = MetricKey("objective/scores_std")
  /// The strength β of the KL penalty.
  package static let klCoefficient = MetricKey("objective/kl_coef")
  /// Mean number of tokens of a completion, end token included.
  package static let rolloutLength = MetricKey("objective/length")
  /// The share of rollouts with an end token.
  package static let rolloutEOSRate = MetricKey("objective/eos_rate")
  /// End tokens in all rollouts of the iteration.
  package static let endTokens = MetricKey("val/num_eos_tokens")
  /// 1 − Var(R − V)/Var(R) of the learned value, before the updates.
  package static let valueExplainedVariance = MetricKey("val/explained_variance")
  /// Mean of the learned value.
  package static let valueMean = MetricKey("val/values_mean")
  /// Standard deviation of the learned value.
  package static let valueDeviation = MetricKey("val/values_std")
  /// Mean of the returns that the value is fitted to.
  package static let returnMean = MetricKey("val/returns_mean")
  /// Standard deviation of those returns.
  package static let returnDeviation = MetricKey("val/returns_std")
  /// Mean over tokens of the advantages before whitening.
  package static let advantageMean = MetricKey("val/advantages_mean")
  /// Standard deviation over tokens of the advantages before whitening.
  package static let advantageDeviation = MetricKey("val/advantages_std")
  /// 1 − Var(R − b)/Var(R) of a baseline that is one number for each completion.
  package static let baselineExplainedVariance = MetricKey("baseline/explained_variance")
  /// Mean of that baseline.
  package static let baselineMean = MetricKey("baseline/mean")
  /// Standard deviation of that baseline.
  package static let baselineDeviation = MetricKey("baseline/std")
  /// Mean of the completions' returns.
  package static let baselineReturnMean = MetricKey("baseline/returns_mean")
  /// Standard deviation of the completions' returns.
  package static let baselineReturnDeviation = MetricKey("baseline/returns_std")
  /// Mean over tokens of the advantages before whitening, of such a baseline.
  package static let baselineAdvantageMean = MetricKey("baseline/advantages_mean")
  /// Standard deviation over tokens of the same.
  package static let baselineAdvantageDeviation = MetricKey("baseline/advantages_std")
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
  package init<Scalar: TensorScalar>(
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
