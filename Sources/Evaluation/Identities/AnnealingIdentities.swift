import Datasets
import RealModule

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
