import Datasets
import ExactTheory
import RealModule

extension Identity {
  /// The closed-form optimum, its reward and its value: Rafailov (2023), sections 4 and 5.1.
  static let optimum: [Identity] = [
    Identity(
      "optimum.closed-form", "the closed-form policy maximises J",
      "π* = p·exp(r/β)/Z = argmax_q E_q[r] − β·KL(q‖p)", source: "Rafailov (2023), equation 4",
      eachBandit: checkClosedForm),
    Identity(
      "optimum.reward", "the reward is the optimum's log-ratio plus β·log Z",
      "r = β·log(π_r/p) + β·log Z", source: "Rafailov (2023), equation 5",
      eachBandit: checkReward),
    Identity(
      "optimum.value", "every policy's value is the optimum's less its divergence from it",
      "J(q) = β·log Z − β·KL(q‖π*)", source: "Rafailov (2023), equations 11 to 15",
      eachBandit: checkValue),
    Identity(
      "optimum.lemma-2", "rewards of one class have one optimum",
      "π_{r+f(x)} = π_r", source: "Rafailov (2023), lemma 2", eachBandit: checkLemma2),
    Identity(
      "optimum.theorem-1", "the projected reward normalises, and its optimum is the same",
      "Σ p·exp(f/β) = 1 for f = r − β·log Z",
      source: "Rafailov (2023), theorem 1, equations 8 and 9", eachBandit: checkTheorem1),
    Identity(
      "optimum.uniqueness", "one reward of each class normalises",
      "Σ p·exp((r + c)/β) = 1 ⇔ c = −β·log Z", source: "Rafailov (2023), proposition 1",
      eachBandit: checkUniqueness),
    Identity(
      "optimum.frontier", "no policy lies above the exact frontier, and the optima lie on it",
      "E_q[r] ≤ max{E_π[r] : KL(π‖p) = KL(q‖p)}", source: "derived (Lagrange)", instances: 6,
      eachBandit: checkFrontier),
    Identity(
      "optimum.mean-log-ratio", "the reference's mean log-ratio is minus the forward divergence",
      "E_p[log q/p] = −KL(p‖q)", source: "derived", eachBandit: checkMeanLogRatio),
  ]
}

private func checkClosedForm(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let optimum = bandit.objective.optimalLogProbabilities
  let slopes = numericalGradient(at: optimum) { bandit.plainValue(of: plainSoftmax($0)) }
  deviation.compare(
    slopes, to: [Double](repeating: 0, count: slopes.count), scale: bandit.scale)
  let best = bandit.plainValue(of: plainSoftmax(optimum))
  for _ in 0..<8 {
    let other = plainSoftmax(optimum.map { $0 + 0.3 * generator.normal() })
    deviation.bound(bandit.plainValue(of: other), by: best, scale: bandit.scale)
  }
}

private func checkReward(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let objective = bandit.objective
  let rewards = zip(objective.optimalLogProbabilities, objective.logReference).map {
    bandit.beta * ($0 - $1) + bandit.beta * objective.logPartition
  }
  deviation.compare(rewards, to: bandit.rewards, scale: bandit.scale)
}

private func checkValue(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let objective = bandit.objective
  let value = objective.value(of: bandit.logPolicy)
  deviation.compare(value, to: bandit.plainValue(of: bandit.q), scale: bandit.scale)
  deviation.compare(
    value, to: objective.softValue - bandit.beta * objective.suboptimality(of: bandit.logPolicy),
    scale: bandit.scale)
  deviation.compare(
    objective.suboptimality(of: bandit.logPolicy),
    to: plainDivergence(bandit.q, bandit.plainOptimum))
}

private func checkLemma2(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let offset = 5 * generator.normal()
  let shifted = bandit.rewarded(bandit.rewards.map { $0 + offset })
  deviation.compare(
    shifted.optimalLogProbabilities.map { .exp($0) }, to: bandit.plainOptimum, scale: 1)
  deviation.compare(
    shifted.softValue, to: bandit.objective.softValue + offset, scale: bandit.scale)
}

private func checkTheorem1(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let projected = bandit.rewards.map { $0 - bandit.objective.softValue }
  let total = plainSum(bandit.p) { .exp(projected[$0] / bandit.beta) }
  deviation.compare(total, to: 1)
  let logRatios = zip(bandit.objective.optimalLogProbabilities, bandit.objective.logReference)
  deviation.compare(
    logRatios.map { bandit.beta * ($0 - $1) }, to: projected, scale: bandit.scale)
}

private func checkUniqueness(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let p = bandit.p
  let shift = root(ofIncreasing: { c in
    plainSum(p) { .exp(min(700, (bandit.rewards[$0] + c) / bandit.beta)) } - 1
  })
  deviation.compare(shift, to: -bandit.objective.softValue, scale: bandit.scale)
}

private func checkFrontier(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let frontier = ExactFrontier(
    logReferences: [bandit.objective.logReference], rewards: [bandit.rewards])
  let (p, rewards) = (bandit.p, bandit.rewards)
  for _ in 0..<6 {
    let q = plainSoftmax(bandit.objective.logReference.map { $0 + 2 * generator.normal() })
    deviation.bound(
      plainSum(q) { rewards[$0] }, by: frontier.reward(atDivergence: plainDivergence(q, p)),
      scale: bandit.scale)
  }
  let optimum = bandit.plainOptimum
  let point = frontier.point(atInverseBeta: 1 / bandit.beta)
  deviation.compare(point.divergence, to: plainDivergence(optimum, p), scale: 1)
  let reward = plainSum(optimum) { rewards[$0] }
  deviation.compare(point.reward, to: reward, scale: bandit.scale)
  deviation.compare(
    frontier.reward(atDivergence: plainDivergence(optimum, p)), to: reward, scale: bandit.scale)
}

private func checkMeanLogRatio(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (p, q, reference) = (bandit.p, bandit.q, bandit.objective.logReference)
  let logRatios = zip(bandit.logPolicy, reference).map { $0 - $1 }
  let mean = plainSum(p) { logRatios[$0] }
  deviation.compare(-klDivergence(of: reference, from: bandit.logPolicy), to: mean)
  deviation.compare(expectation(of: logRatios, under: reference), to: mean)
  let crossEntropy = -plainSum(q) { reference[$0] }
  deviation.compare(
    crossEntropy - entropy(of: bandit.logPolicy), to: plainDivergence(q, p), scale: 1)
}

extension Identity {
  /// The path q_t ∝ p·exp(t·r/β) on which the noise is compared with the gradient.
  static let annealing: [Identity] = [
    Identity(
      "annealing.path", "the path leads from the reference to the optimum (V11)",
      "q_t ∝ p·exp(t·r/β), q₀ = p, q₁ = π*, R = (1 − t)·r + β·log Z_t", source: "derived",
      eachBandit: checkPath),
    Identity(
      "annealing.gradient", "the gradient along the path is a covariance (V11)",
      "g = (1 − t)·Cov_{q_t}(r, s)", source: "derived", eachBandit: checkPathGradient),
  ]
}

/// Steps of the path, with their distance u = 1 − t from the optimum.
private let steps = [0, 0.25, 0.5, 0.9, 0.99, 1]

private func checkPath(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let path = AnnealingPath(objective: bandit.objective)
  let (p, rewards, beta) = (bandit.p, bandit.rewards, bandit.beta)
  deviation.compare(path.logProbabilities(at: 0).map { .exp($0) }, to: p, scale: 1)
  deviation.compare(
    path.logProbabilities(at: 1).map { .exp($0) }, to: bandit.plainOptimum, scale: 1)
  let top = rewards.reduce(-.infinity) { max($0, $1) }
  for t in steps {
    let logPolicy = path.logProbabilities(at: t)
    let exact = ExactPolicyGradient(
      policy: ScoredPolicy(tabular: logPolicy), objective: bandit.objective)
    let logTotal =
      t * top / beta + .log(plainSum(p) { .exp(t * (rewards[$0] - top) / beta) })
    deviation.compare(
      exact.returns, to: rewards.map { (1 - t) * $0 + beta * logTotal }, scale: bandit.scale)
  }
}

private func checkPathGradient(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (path, rewards) = (AnnealingPath(objective: bandit.objective), bandit.rewards)
  for t in steps {
    let problem = RandomProblem(bandit, tabular: path.logProbabilities(at: t))
    let (q, scores) = (problem.q, problem.plainScores)
    let mean = plainSum(q) { rewards[$0] }
    let covariance = plainCombination(q.indices.map { q[$0] * (rewards[$0] - mean) }, of: scores)
    deviation.compare(
      problem.exact.gradient, to: covariance.map { (1 - t) * $0 }, scale: bandit.scale)
  }
}
