import Autograd
import DPO
import Datasets
import ExactTheory
import RealModule
import RewardModeling
import TensorKernels

extension Identity {
  /// The DPO gradient, and what labels make of it.
  static let labels: [Identity] = [
    Identity(
      "labels.pair-gradient", "the DPO gradient of a pair",
      "∇ℓ = −β·σ(r̂(y⁻) − r̂(y⁺))·(∇log q(y⁺) − ∇log q(y⁻))",
      source: "Rafailov (2023), section 4 and appendix A.4", eachBandit: checkPairGradient),
    Identity(
      "labels.population-gradient", "the expected DPO gradient over labelled pairs",
      "−∇L = β·E_{p×p}[(σ(r₁ − r₂) − σ(m))·(s₁ − s₂)]", source: "derived",
      eachBandit: checkPopulationGradient),
    Identity(
      "labels.optimum", "the expected DPO gradient is zero at the optimum of RLHF",
      "∇L(π*) = 0", source: "Rafailov (2023), sections 4 and 5.1", eachBandit: checkDPOOptimum),
    Identity(
      "labels.information-equality", "there, the noise of a pair's gradient is the Hessian (W1)",
      "Cov = ∇²L, tr Cov = β²·E[σ(Δr)·(1 − σ(Δr))·|s₁ − s₂|²] > 0", source: "derived",
      instances: 6, actions: 2...5, eachBandit: checkInformationEquality),
    Identity(
      "labels.reward-model", "the reward model's gradient carries the same noise of labels",
      "r_φ = r: ∇L = 0, tr Cov = E[σ(Δr)·(1 − σ(Δr))·|∇r₁ − ∇r₂|²] > 0", source: "derived",
      eachBandit: checkRewardGradient),
    Identity(
      "labels.step-0", "the loss is log 2 where the policy is the reference", "L(p) = log 2",
      source: "Rafailov (2023), equation 7", eachBandit: checkStepZero),
    Identity(
      "labels.soft-self-labels", "labels drawn from the policy's own preferences teach nothing",
      "P = σ(m) ⇒ ∇L = 0", source: "derived", eachBandit: checkSelfLabels),
    Identity(
      "labels.one-bit-leave-one-out",
      "at the reference DPO is leave-one-out with a bit for Δr (W2)",
      "−∇ℓ = β/2·z·(s₁ − s₂), E[z] = tanh(Δr/2); −∇L → β/2·∇J for small r", source: "derived",
      eachBandit: checkOneBitLeaveOneOut),
    Identity(
      id: "labels.isomorphic-classes",
      name: "DPO is the reward's maximum likelihood and the exact optimum for it",
      equation: "q_DPO = p·exp(r_MLE/β)/Z on any data that have an MLE, KL ≤ 1e-10",
      source: "derived from Rafailov (2023), section 5.1", tolerance: 1e-10,
      check: isomorphicDivergence),
  ]
}

private func checkPairGradient(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (q, implicit, reference) = (bandit.q, bandit.implicitRewards, bandit.objective.logReference)
  for pair in CompletionPair.all(of: bandit.count) where pair.chosen != pair.rejected {
    let policy = TapedPolicy(base: bandit.logPolicy)
    let loss = DPOLoss(beta: bandit.beta)(policy.pairs([pair], logReference: reference))
    let gradient = policy.gradient(of: loss)
    let pull =
      bandit.beta * plainSigmoid(implicit[pair.rejected] - implicit[pair.chosen])
    // ∇log q(y) = e_y − q for a table of logits.
    let scores = { (y: Int) in q.indices.map { ($0 == y ? 1 : 0) - q[$0] } }
    deviation.compare(
      gradient, to: plainCombination([-pull, pull], of: [pair.chosen, pair.rejected].map(scores)))
    let differences = numericalGradient(at: bandit.logPolicy) { logits in
      let ratios = zip(plainSoftmax(logits), reference).map { .log($0) - $1 }
      return plainRankingLoss(bandit.beta * (ratios[pair.chosen] - ratios[pair.rejected]))
    }
    deviation.compare(gradient, to: differences)
  }
}

/// −E log σ(m) over labelled pairs of the reference, as a double sum.
private func plainLoss(_ bandit: RandomBandit, logits: [Double]) -> Double {
  let (p, q) = (bandit.p, plainSoftmax(logits))
  let implicit = zip(q, p).map { bandit.beta * .log($0 / $1) }
  return plainSum(p) { i in
    plainSum(p) { j in
      let preference = plainSigmoid(bandit.rewards[i] - bandit.rewards[j])
      let margin = implicit[i] - implicit[j]
      return preference * plainRankingLoss(margin) + (1 - preference) * plainRankingLoss(-margin)
    }
  }
}

private func tabularGradient(_ bandit: RandomBandit, at logits: [Double]) -> ExactPreferenceGradient
{
  ExactPreferenceGradient(policy: ScoredPolicy(tabular: logits), objective: bandit.objective)
}

/// −∇L by the library's loss on a tape, each labelled pair weighted with its probability.
private func tapedDescent(
  _ bandit: RandomBandit, logits: [Double], preference: (CompletionPair) -> Double
) -> [Double] {
  let (p, pairs) = (bandit.p, CompletionPair.all(of: bandit.count))
  let policy = TapedPolicy(base: logits)
  let losses = DPOLoss(beta: bandit.beta)
    .pairLosses(policy.pairs(pairs, logReference: bandit.objective.logReference))
  // Each of the two orders in which a pair is drawn gives this label with its probability.
  let weights = pairs.map { 2 * p[$0.chosen] * p[$0.rejected] * preference($0) }
  return policy.gradient(of: losses.weightedSum(weights)).map { -$0 }
}

private func checkPopulationGradient(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let exact = tabularGradient(bandit, at: bandit.logPolicy)
  let rewards = bandit.rewards
  deviation.compare(exact.loss, to: plainLoss(bandit, logits: bandit.logPolicy))
  let descent = numericalGradient(at: bandit.logPolicy) { -plainLoss(bandit, logits: $0) }
  deviation.compare(exact.descent, to: descent, scale: 1e-3 * bandit.beta)
  let taped = tapedDescent(bandit, logits: bandit.logPolicy) {
    plainSigmoid(rewards[$0.chosen] - rewards[$0.rejected])
  }
  deviation.compare(taped, to: descent, scale: 1e-3 * bandit.beta)
  deviation.compare(
    exact.squaredNorm, to: descent.reduce(0) { $0 + $1 * $1 }, scale: 1e-3 * bandit.beta)
}

private func checkDPOOptimum(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let optimum = bandit.objective.optimalLogProbabilities
  let exact = tabularGradient(bandit, at: optimum)
  let taped = tapedDescent(bandit, logits: optimum) {
    plainSigmoid(bandit.rewards[$0.chosen] - bandit.rewards[$0.rejected])
  }
  for slope in exact.descent + taped { deviation.vanish(slope, scale: bandit.beta) }
}

private func checkInformationEquality(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let optimum = bandit.objective.optimalLogProbabilities
  let preference = { (pair: CompletionPair) in
    plainSigmoid(bandit.rewards[pair.chosen] - bandit.rewards[pair.rejected])
  }
  let (p, indices) = (bandit.p, optimum.indices)
  var covariance = indices.map { _ in indices.map { _ in 0.0 } }
  for pair in CompletionPair.all(of: bandit.count) where pair.chosen != pair.rejected {
    let policy = TapedPolicy(base: optimum)
    let loss = DPOLoss(beta: bandit.beta)(
      policy.pairs([pair], logReference: bandit.objective.logReference))
    let gradient = policy.gradient(of: loss)
    let weight = 2 * p[pair.chosen] * p[pair.rejected] * preference(pair)
    for i in indices { for j in indices { covariance[i][j] += weight * gradient[i] * gradient[j] } }
  }
  let trace = indices.reduce(0) { $0 + covariance[$1][$1] }
  deviation.compare(tabularGradient(bandit, at: optimum).covarianceTrace, to: trace)
  let information = plainSum(p) { i in
    plainSum(p) { j in
      let chance = preference(CompletionPair(chosen: i, rejected: j))
      // |s₁ − s₂|² = |e₁ − e₂|² is 2 for a table of logits.
      return i == j ? 0 : 2 * bandit.beta * bandit.beta * chance * (1 - chance)
    }
  }
  deviation.compare(trace, to: information)
  for i in indices {
    let row = numericalGradient(at: optimum) {
      -tapedDescent(bandit, logits: $0, preference: preference)[i]
    }
    deviation.compare(row, to: covariance[i], scale: trace)
  }
}

private func checkRewardGradient(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (p, rewards) = (bandit.p, bandit.rewards)
  let model = rewards.map { $0 + generator.normal() }
  let exact = ExactPreferenceGradient(
    reward: ScoredReward(tabular: model), objective: bandit.objective)
  let slope = numericalGradient(at: model) { scores in
    plainSum(p) { i in
      plainSum(p) { j in
        plainSigmoid(rewards[i] - rewards[j]) * plainRankingLoss(scores[i] - scores[j])
          + plainSigmoid(rewards[j] - rewards[i]) * plainRankingLoss(scores[j] - scores[i])
      }
    }
  }
  deviation.compare(exact.descent, to: slope.map { -$0 }, scale: 1e-3)
  let fitted = ExactPreferenceGradient(
    reward: ScoredReward(tabular: rewards), objective: bandit.objective)
  for slope in fitted.descent { deviation.vanish(slope, scale: 1) }
  let noise = plainSum(p) { i in
    plainSum(p) { j in
      let chance = plainSigmoid(rewards[i] - rewards[j])
      return i == j ? 0 : 2 * chance * (1 - chance)
    }
  }
  deviation.compare(fitted.covarianceTrace, to: noise)
}

private func checkStepZero(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let reference = bandit.objective.logReference
  deviation.compare(tabularGradient(bandit, at: reference).loss, to: .log(2))
  let policy = TapedPolicy(base: reference)
  let losses = DPOLoss(beta: bandit.beta)
    .pairLosses(policy.pairs(CompletionPair.all(of: bandit.count), logReference: reference)).values
  for loss in losses { deviation.compare(loss, to: .log(2)) }
}

private func checkSelfLabels(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let implicit = bandit.implicitRewards
  let exact = ExactPreferenceGradient(
    policy: ScoredPolicy(tabular: bandit.logPolicy), objective: bandit.rewarded(implicit))
  let taped = tapedDescent(bandit, logits: bandit.logPolicy) {
    plainSigmoid(implicit[$0.chosen] - implicit[$0.rejected])
  }
  for slope in exact.descent + taped { deviation.vanish(slope, scale: bandit.beta) }
}

private func checkOneBitLeaveOneOut(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (p, reference, rewards) = (bandit.p, bandit.objective.logReference, bandit.rewards)
  let scores = unitVectors(bandit.count)
  let mean = (0..<bandit.count).map { i in
    bandit.beta / 2 * 2 * p[i] * plainSum(p) { .tanh((rewards[i] - rewards[$0]) / 2) }
  }
  deviation.compare(tabularGradient(bandit, at: reference).descent, to: mean)
  for pair in CompletionPair.all(of: bandit.count) where pair.chosen != pair.rejected {
    let policy = TapedPolicy(base: reference)
    let loss = DPOLoss(beta: bandit.beta)(policy.pairs([pair], logReference: reference))
    deviation.compare(
      policy.gradient(of: loss).map { -$0 },
      to: plainCombination(
        [bandit.beta / 2, -bandit.beta / 2], of: [scores[pair.chosen], scores[pair.rejected]]))
  }
  let small = bandit.rewarded(rewards.map { 3e-6 * ($0 - rewards[0]) })
  let table = ScoredPolicy(tabular: reference)
  let direction = ExactPolicyGradient(policy: table, objective: small).gradient
  deviation.compare(
    ExactPreferenceGradient(policy: table, objective: small).descent,
    to: direction.map { bandit.beta / 2 * $0 })
}
