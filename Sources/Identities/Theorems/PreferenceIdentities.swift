import Autograd
import DPO
import Datasets
import ExactTheory
import RealModule
import RewardModeling
import TensorKernels

extension Identity {
  /// Bradley–Terry under the reparameterised reward, and the loss that follows.
  static let preferences: [Identity] = [
    Identity(
      "preferences.reparameterised", "preferences are those of the optimum's log-ratios",
      "p(y₁ > y₂) = 1/(1 + exp(β·log π*(y₂)/p(y₂) − β·log π*(y₁)/p(y₁)))",
      source: "Rafailov (2023), equation 6", eachBandit: checkReparameterisedPreference),
    Identity(
      "preferences.dpo-loss", "the DPO loss is the Bradley–Terry loss of the implicit reward",
      "−log σ(β·h) = −log σ(r̂(y⁺) − r̂(y⁻)), r̂ = β·log q/p",
      source: "Rafailov (2023), equations 2 and 7", eachBandit: checkLossOfImplicitReward),
    Identity(
      "preferences.lemma-1", "rewards of one class have one preference distribution",
      "σ(r₁ + f − r₂ − f) = σ(r₁ − r₂), and the same for rankings",
      source: "Rafailov (2023), lemma 1", actions: 3...4, eachBandit: checkLemma1),
  ]

  /// Plackett–Luce rankings, Rafailov (2023), appendix A.3.
  static let rankings: [Identity] = [
    Identity(
      "rankings.total", "the probabilities of all rankings sum to one", "Σ_τ p(τ) = 1",
      source: "Rafailov (2023), equation 18", actions: 2...5, eachBandit: checkRankingTotal),
    Identity(
      "rankings.sequential-choice", "a ranking is a sequence of choices among what is left",
      "p(τ) = Πₖ exp r(τₖ)/Σ_{j≥k} exp r(τⱼ)", source: "Rafailov (2023), equation 18",
      actions: 2...5, eachBandit: checkSequentialChoice),
    Identity(
      "rankings.two-is-bradley-terry", "a ranking of two is a Bradley–Terry preference",
      "log p(y₁ > y₂) = log σ(r₁ − r₂)", source: "Rafailov (2023), appendix A.3", actions: 2...2,
      eachBandit: checkRankingOfTwo),
    Identity(
      "rankings.substitution", "the optimum's log-ratios rank as the reward does",
      "p(τ; β·log π*/p) = p(τ; r)", source: "Rafailov (2023), equations 19 and 20", actions: 3...4,
      eachBandit: checkRankingSubstitution),
  ]
}

/// −log σ of each reward difference by the library's ranking loss.
private func rankingLosses(chosen: [Double], rejected: [Double]) -> [Double] {
  let tape = Tape<Double>()
  return BradleyTerryLoss()
    .pairLosses(chosen: tape.column(chosen), rejected: tape.column(rejected)).values
}

private func checkReparameterisedPreference(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (annotator, beta) = (BradleyTerryAnnotator(seed: Seed(1)), bandit.beta)
  let ratios = zip(bandit.objective.optimalLogProbabilities, bandit.objective.logReference)
    .map { $0 - $1 }
  for pair in CompletionPair.all(of: bandit.count) {
    let probability = annotator.probabilityFirstPreferred(
      goldDifference: bandit.rewards[pair.chosen] - bandit.rewards[pair.rejected])
    let exponent = beta * ratios[pair.rejected] - beta * ratios[pair.chosen]
    deviation.compare(1 / (1 + .exp(exponent)), to: probability)
  }
}

private func checkLossOfImplicitReward(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (pairs, implicit) = (CompletionPair.all(of: bandit.count), bandit.implicitRewards)
  let policy = TapedPolicy(base: bandit.logPolicy)
  let losses = DPOLoss(beta: bandit.beta)
    .pairLosses(policy.pairs(pairs, logReference: bandit.objective.logReference)).values
  let ranking = rankingLosses(
    chosen: pairs.map { implicit[$0.chosen] }, rejected: pairs.map { implicit[$0.rejected] })
  let plain = pairs.map { plainRankingLoss(implicit[$0.chosen] - implicit[$0.rejected]) }
  deviation.compare(losses, to: plain)
  deviation.compare(ranking, to: plain)
}

private func checkLemma1(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (rewards, offset) = (bandit.rewards, 5 * generator.normal())
  let pairs = CompletionPair.all(of: bandit.count)
  let shifted = rankingLosses(
    chosen: pairs.map { rewards[$0.chosen] + offset },
    rejected: pairs.map { rewards[$0.rejected] + offset })
  deviation.compare(
    shifted, to: pairs.map { plainRankingLoss(rewards[$0.chosen] - rewards[$0.rejected]) })
  for order in permutations(bandit.count) {
    deviation.compare(
      rankingLogProbability(ofRanked: order.map { rewards[$0] + offset }),
      to: .log(sequentialChoice(order, rewards)), scale: 1)
  }
}

/// The probability that each of the ranked is chosen among those not ranked before it.
private func sequentialChoice(_ order: [Int], _ rewards: [Double]) -> Double {
  order.indices.reduce(1) { probability, k in
    let rivals = order[k...].reduce(0) { $0 + .exp(rewards[$1] - rewards[order[k]]) }
    return probability / rivals
  }
}

private func checkRankingTotal(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let total = permutations(bandit.count).reduce(0) { sum, order in
    sum + .exp(rankingLogProbability(ofRanked: order.map { bandit.rewards[$0] }))
  }
  deviation.compare(total, to: 1)
}

private func checkSequentialChoice(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  for order in permutations(bandit.count) {
    deviation.compare(
      .exp(rankingLogProbability(ofRanked: order.map { bandit.rewards[$0] })),
      to: sequentialChoice(order, bandit.rewards))
  }
}

private func checkRankingOfTwo(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let losses = rankingLosses(chosen: [bandit.rewards[0]], rejected: [bandit.rewards[1]])
  deviation.compare(-rankingLogProbability(ofRanked: bandit.rewards), to: losses[0], scale: 1)
}

private func checkRankingSubstitution(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let implicit = zip(bandit.objective.optimalLogProbabilities, bandit.objective.logReference)
    .map { bandit.beta * ($0 - $1) }
  for order in permutations(bandit.count) {
    deviation.compare(
      rankingLogProbability(ofRanked: order.map { implicit[$0] }),
      to: .log(sequentialChoice(order, bandit.rewards)), scale: 1)
  }
}
