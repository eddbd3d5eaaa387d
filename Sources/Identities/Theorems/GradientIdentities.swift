import Autograd
import Datasets
import ExactTheory
import PPO
import RealModule
import TensorKernels

extension Identity {
  /// Score vectors, the exact gradient, and what section 5.2 says about the reward to use.
  static let gradients: [Identity] = [
    Identity(
      "gradients.scores", "score vectors are the derivatives of the log-probabilities",
      "s(y) = ∇log q(y), E_q[s] = 0", eachProblem: checkScores),
    Identity(
      "gradients.policy-gradient", "the expected product of return and score is the gradient",
      "∇J = E_q[(R − b)·s] for every b, R = r − β·log(q/p)",
      source: "Williams (1992); Rafailov (2023), equation 10", eachProblem: checkPolicyGradient),
    Identity(
      "gradients.first-update", "PPO's first update has that gradient",
      "∇(clipped loss) = −∇J at ratio 1 with A = R − b",
      source: "Schulman (2017), equations 1 and 7",
      eachProblem: checkFirstUpdate),
    Identity(
      "gradients.soft-value-advantage", "a return less the soft value is a log-ratio (V2)",
      "R − V* = β·log(π*/q)", source: "derived from Rafailov (2023), equation 10",
      eachProblem: checkSoftValueAdvantage),
    Identity(
      "gradients.gap", "the soft value exceeds the policy's by its divergence (V3)",
      "V* − V^q = β·KL(q‖π*) ≥ 0, at q = p: V* − E_p[r] = β·KL(p‖π*)", eachProblem: checkGap),
  ]
}

private func checkScores(
  _ problem: RandomProblem, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (policy, width) = (problem.policy, problem.weights.count)
  deviation.compare(policy.logProbabilities.map { .exp($0) }, to: problem.q, scale: 1)
  for y in problem.q.indices {
    let slope = numericalGradient(at: problem.weights) { .log(problem.plainPolicy(at: $0)[y]) }
    let score = Array(policy.scores[y * width..<(y + 1) * width])
    deviation.compare(score, to: slope, scale: 1)
    deviation.compare(
      policy.squaredNorms[y], to: slope.reduce(0) { $0 + $1 * $1 }, scale: 1)
  }
  for mean in policy.combination(problem.q) { deviation.vanish(mean, scale: 1) }
  let (gram, scores) = (policy.gram(), problem.plainScores)
  for (i, row) in scores.enumerated() {
    for (j, other) in scores.enumerated() {
      deviation.compare(
        gram[i * scores.count + j], to: zip(row, other).reduce(0) { $0 + $1.0 * $1.1 }, scale: 1)
    }
  }
}

private func checkPolicyGradient(
  _ problem: RandomProblem, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (exact, scale) = (problem.exact, problem.bandit.scale)
  let slope = numericalGradient(at: problem.weights) {
    problem.bandit.plainValue(of: problem.plainPolicy(at: $0))
  }
  deviation.compare(exact.gradient, to: slope, scale: scale)
  deviation.compare(exact.returns, to: problem.plainReturns, scale: scale)
  deviation.compare(
    exact.squaredNorm, to: slope.reduce(0) { $0 + $1 * $1 }, scale: scale)
  let baseline = 3 * generator.normal()
  let weights = zip(problem.q, exact.returns).map { $0 * ($1 - baseline) }
  deviation.compare(problem.policy.combination(weights), to: slope, scale: scale)
}

private func checkFirstUpdate(
  _ problem: RandomProblem, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (q, baseline) = (problem.q, generator.normal())
  let policy = TapedPolicy(base: q.map { .log($0) }, features: problem.features)
  let read = policy.logProbabilities(of: Array(q.indices))
  // Every completion once, its advantage weighted with its probability instead of drawn.
  let advantages = q.indices.map {
    Double(q.count) * q[$0] * (problem.exact.returns[$0] - baseline)
  }
  let loss = clippedPolicyLoss(
    logRatios: read - read.detached(), advantages: advantages,
    weights: q.map { _ in 1 / Double(q.count) }, clipRange: 0.2, on: policy.tape
  ).loss
  let slope = numericalGradient(at: problem.weights) {
    problem.bandit.plainValue(of: problem.plainPolicy(at: $0))
  }
  deviation.compare(policy.gradient(of: loss), to: slope.map { -$0 }, scale: problem.bandit.scale)
}

private func checkSoftValueAdvantage(
  _ problem: RandomProblem, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (optimum, q) = (problem.bandit.plainOptimum, problem.q)
  deviation.compare(
    problem.exact.returns.map { $0 - problem.exact.softValue },
    to: q.indices.map { problem.bandit.beta * .log(optimum[$0] / q[$0]) },
    scale: problem.bandit.scale)
}

private func checkGap(
  _ problem: RandomProblem, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (bandit, exact) = (problem.bandit, problem.exact)
  deviation.compare(
    exact.softValue - exact.policyValue,
    to: bandit.beta * plainDivergence(problem.q, bandit.plainOptimum), scale: bandit.scale)
  deviation.compare(exact.divergenceFromReference, to: plainDivergence(problem.q, bandit.p))
  deviation.compare(
    exact.divergenceFromOptimum, to: plainDivergence(problem.q, bandit.plainOptimum))
  deviation.compare(
    exact.referenceDivergenceFromOptimum, to: plainDivergence(bandit.p, bandit.plainOptimum))
  deviation.compare(
    exact.policyValue, to: plainSum(problem.q) { problem.plainReturns[$0] }, scale: bandit.scale)
  deviation.compare(
    exact.softValue - exact.referenceMean,
    to: bandit.beta * plainDivergence(bandit.p, bandit.plainOptimum), scale: bandit.scale)
  let mean = plainSum(bandit.p) { bandit.rewards[$0] }
  let variance = plainSum(bandit.p) { (bandit.rewards[$0] - mean) * (bandit.rewards[$0] - mean) }
  deviation.compare(exact.referenceVariance, to: variance)
}
