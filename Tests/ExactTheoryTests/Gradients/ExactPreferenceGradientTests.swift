import ExactTheory
import Foundation
import Testing

@Suite struct ExactPreferenceGradientTests {
  // Every pair and both of its labels, with the gradient of −log σ written out for each.
  @Test(arguments: 0..<12)
  func gradientAndCovarianceAreThoseOfAllLabelledPairs(draw: Int) {
    let bandit = RandomBandit(draw)
    let exact = ExactPreferenceGradient(policy: bandit.policy, objective: bandit.objective)
    let implicit = zip(bandit.logPolicy, bandit.objective.logReference).map {
      bandit.objective.beta * ($0 - $1)
    }
    let expected = enumerated(bandit, modelRewards: implicit) { y in
      bandit.score(y).map { $0 * bandit.objective.beta }
    }
    #expect(agree(exact.loss, expected.loss, 1e-13))
    #expect(agree(exact.descent, expected.moments.mean, 1e-12))
    #expect(agree(exact.covarianceTrace, expected.moments.covarianceTrace, 1e-11))
  }

  @Test(arguments: 0..<12)
  func rewardModelsGradientIsThatOfAllLabelledPairs(draw: Int) {
    let bandit = RandomBandit(draw)
    let modelRewards = bandit.logPolicy
    let exact = ExactPreferenceGradient(
      reward: ScoredReward(tabular: modelRewards), objective: bandit.objective)
    let expected = enumerated(bandit, modelRewards: modelRewards) { y in
      (0..<4).map { $0 == y ? 1 : 0 }
    }
    #expect(agree(exact.loss, expected.loss, 1e-13))
    #expect(agree(exact.descent, expected.moments.mean, 1e-12))
    #expect(agree(exact.covarianceTrace, expected.moments.covarianceTrace, 1e-11))
  }

  private func enumerated(
    _ bandit: RandomBandit, modelRewards: [Double], gradient: (Int) -> [Double]
  ) -> (loss: Double, moments: EnumeratedMoments) {
    var loss = 0.0
    var moments = EnumeratedMoments(width: 4)
    func sigma(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    for a in 0..<4 {
      for b in 0..<4 {
        let rewards = bandit.objective.rewards
        let mass = exp(bandit.objective.logReference[a] + bandit.objective.logReference[b])
        for (chosen, rejected) in [(a, b), (b, a)] {
          let probability = mass * sigma(rewards[chosen] - rewards[rejected])
          let margin = modelRewards[chosen] - modelRewards[rejected]
          loss += probability * log1p(exp(-margin))
          let weight = 1 - sigma(margin)
          moments.add(
            zip(gradient(chosen), gradient(rejected)).map { weight * ($0 - $1) },
            probability: probability)
        }
      }
    }
    return (loss, moments)
  }

  // The information equality: at π* the covariance of the score is the Hessian of the loss.
  @Test(arguments: 0..<6)
  func noiseAtTheOptimumIsTheTraceOfTheHessian(draw: Int) {
    let objective = RandomBandit(draw, beta: 1).objective
    let optimum = objective.optimalLogProbabilities
    let exact = ExactPreferenceGradient(
      policy: ScoredPolicy(tabular: optimum), objective: objective)
    var trace = 0.0
    for i in 0..<4 {
      func slope(_ step: Double) -> Double {
        var logits = optimum
        logits[i] += step
        return -ExactPreferenceGradient(
          policy: ScoredPolicy(tabular: logits), objective: objective
        ).descent[i]
      }
      trace += (slope(1e-5) - slope(-1e-5)) / 2e-5
    }
    #expect(exact.squaredNorm < 1e-28)
    #expect(trace > 0.01 && abs(exact.covarianceTrace - trace) < 1e-8)
  }

  // At the reference DPO is a leave-one-out pair with one bit for R₁ − R₂: G → (β/2)·∇J.
  @Test func smallRewardsMakeDPOHalfOfTheBetaTimesThePolicyGradient() {
    let bandit = RandomBandit(2, beta: 0.3)
    let objective = ExactObjective(
      logReference: bandit.objective.logReference,
      rewards: bandit.objective.rewards.map { $0 * 1e-4 }, beta: 0.3)
    let reference = ScoredPolicy(tabular: objective.logReference)
    let preference = ExactPreferenceGradient(policy: reference, objective: objective)
    let policy = ExactPolicyGradient(policy: reference, objective: objective)
    #expect(agree(preference.descent, policy.gradient.map { $0 * 0.15 }, 1e-6))
  }
}
