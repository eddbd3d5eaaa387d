import Evaluation
import Foundation

extension VarianceExplanation {
  /// Computes every quantity for a bandit.
  public init(of bandit: Bandit) {
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
      uniqueKeysWithValues: Estimator.explained.map {
        let explanation = EstimatorExplanation(
          $0, of: exact, objective: objective, isStationary: isStationary)
        return ($0.name, explanation)
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
    let ratio = Evaluation.noiseToSignal(
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
