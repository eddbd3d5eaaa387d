import ExactTheory
import Foundation

/// Every quantity of the variance argument for one bandit: what `tandem explain variance` prints.
///
/// The policy is a softmax with one free logit for each completion, θ = log q. The documentation of
/// each field says its equation; `tandem explain variance --help` lists the JSON names.
package struct VarianceExplanation: Codable, Equatable, Sendable {
  /// The version of this layout.
  package var schema = "tandem.explain.variance/1"
  /// What was asked for, with probabilities that sum to one.
  package var input: Bandit

  /// log Z = log Σ p·exp(r/β).
  package var logPartition: Double
  /// Z = Σ p·exp(r/β); null where it is too large or too small for a Double.
  package var partition: NumberOrNull
  /// V* = β·log Z.
  package var softValue: Double
  /// π* = p·exp(r/β)/Z.
  package var optimum: [Double]
  /// E_p[r].
  package var referenceReward: Double
  /// Var_p[r].
  package var referenceRewardVariance: Double
  /// E_q[r].
  package var policyReward: Double
  /// J(q) = V^q = E_q[R] with R = r − β·log(q/p).
  package var value: Double
  /// KL(q‖p), in nats.
  package var divergenceFromReference: Double
  /// KL(q‖π*), in nats.
  package var divergenceFromOptimum: Double
  /// KL(p‖π*), in nats.
  package var referenceDivergenceFromOptimum: Double

  /// b* = E_q[R·w]/E_q[w] with w = |∇ log q|².
  package var optimalBaseline: Double
  /// F = E_q[w].
  package var fisherTrace: Double
  /// g = ∇J for every logit.
  package var gradient: [Double]
  /// |g|².
  package var squaredGradientNorm: Double
  /// The estimators of g, by the names of ``EstimatorExplanation``.
  package var estimators: [String: EstimatorExplanation]

  /// DPO's gradient on pairs of the reference.
  package var dpo: PreferenceExplanation
  /// A reward model's gradient on the same pairs, one free number for each completion, at the true
  /// reward.
  package var rewardModel: PreferenceExplanation
  /// The best of n draws from the reference, n = 2 and 4.
  package var bestOfN: [BestOfNExplanation]
}

/// One estimator of the policy gradient.
package struct EstimatorExplanation: Codable, Equatable, Sendable {
  /// Policy samples behind one estimate; its noise is not divided by their number.
  package var samples: Int
  /// The baseline, or the mean of a random one; null where it depends on the other samples.
  package var baseline: NumberOrNull
  /// The variance of the baseline; null where it depends on the other samples.
  package var baselineVariance: NumberOrNull
  /// The trace of the covariance of one estimate.
  package var covarianceTrace: Double
  /// trCov/|E ĝ|²; null where the gradient is zero up to rounding.
  package var noiseToSignal: NumberOrNull
}

/// The gradient of a loss on labelled pairs y₁, y₂ ~ p, ties included, labels ~ σ(r₁ − r₂).
package struct PreferenceExplanation: Codable, Equatable, Sendable {
  /// L = −E log σ(m).
  package var loss: Double
  /// −∇L for every parameter.
  package var descent: [Double]
  /// |∇L|².
  package var squaredDescentNorm: Double
  /// The trace of the covariance of one pair's gradient.
  package var covarianceTrace: Double
  /// trCov/|∇L|²; null where the gradient is zero up to rounding.
  package var noiseToSignal: NumberOrNull
}

/// The best of n draws from the reference, ties drawn at random.
package struct BestOfNExplanation: Codable, Equatable, Sendable {
  /// The number of draws.
  package var n: Int
  /// The probability of each completion.
  package var distribution: [Double]
  /// Its expected reward.
  package var reward: Double
  /// Its divergence from the reference, in nats.
  package var divergence: Double
  /// The bound log n − (n − 1)/n on that divergence.
  package var divergenceBound: Double
}

extension VarianceExplanation {
  /// Computes every quantity for a bandit.
  package init(of bandit: Bandit) {
    let objective = ExactObjective(
      logReference: bandit.reference.map { log($0) }, rewards: bandit.reward, beta: bandit.beta)
    let policy = ScoredPolicy(tabular: bandit.policy.map { log($0) })
    let exact = ExactPolicyGradient(policy: policy, objective: objective)
    let preference = ExactPreferenceGradient(policy: policy, objective: objective)
    input = bandit
    logPartition = objective.logPartition
    let z = exp(objective.logPartition)
    partition = NumberOrNull(z.isNormal ? z : nil)
    softValue = exact.softValue
    optimum = AnnealingPath(objective: objective).logProbabilities(at: 1).map { exp($0) }
    (referenceReward, referenceRewardVariance) = (exact.referenceMean, exact.referenceVariance)
    policyReward = objective.reward(of: policy.logProbabilities)
    value = exact.policyValue
    divergenceFromReference = exact.divergenceFromReference
    divergenceFromOptimum = exact.divergenceFromOptimum
    referenceDivergenceFromOptimum = exact.referenceDivergenceFromOptimum
    (optimalBaseline, fisherTrace) = (exact.optimalBaseline, exact.fisherTrace)
    (gradient, squaredGradientNorm) = (exact.gradient, exact.squaredNorm)
    let isStationary = exact.squaredNorm <= exact.fisherTrace * squaredRounding(of: bandit)
    estimators = Dictionary(
      uniqueKeysWithValues: GradientEstimator.explained.map {
        let explanation = EstimatorExplanation(
          $0, of: exact, objective: objective, isStationary: isStationary)
        return ($0.key, explanation)
      })
    dpo = PreferenceExplanation(preference, squaredRounding: squaredRounding(of: bandit))
    rewardModel = PreferenceExplanation(
      ExactPreferenceGradient(
        reward: ScoredReward(tabular: bandit.reward), objective: objective),
      squaredRounding: squaredRounding(of: bandit))
    bestOfN = [2, 4].map { BestOfNExplanation($0, objective: objective) }
  }
}

/// The square of 10⁻¹²·(β + max r − min r): returns that differ by less do so by rounding alone.
private func squaredRounding(of bandit: Bandit) -> Double {
  let spread = (bandit.reward.max() ?? 0) - (bandit.reward.min() ?? 0)
  let rounding = 1e-12 * (bandit.beta + spread)
  return rounding * rounding
}

extension PreferenceExplanation {
  init(_ exact: ExactPreferenceGradient, squaredRounding: Double) {
    (loss, descent) = (exact.loss, exact.descent)
    (squaredDescentNorm, covarianceTrace) = (exact.squaredNorm, exact.covarianceTrace)
    let ratio = ExactTheory.noiseToSignal(
      covarianceTrace: exact.covarianceTrace, squaredNorm: exact.squaredNorm)
    noiseToSignal = NumberOrNull(exact.squaredNorm <= squaredRounding ? nil : ratio)
  }
}

extension BestOfNExplanation {
  init(_ n: Int, objective: ExactObjective) {
    let policy = bestOfNLogProbabilities(
      n, logReference: objective.logReference, rewards: objective.rewards)
    self.n = n
    distribution = policy.map { exp($0) }
    reward = objective.reward(of: policy)
    divergence = klDivergence(of: policy, from: objective.logReference)
    divergenceBound = bestOfNDivergenceBound(n)
  }
}
