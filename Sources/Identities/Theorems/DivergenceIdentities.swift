import Autograd
import Datasets
import Evaluation
import ExactTheory
import PPO
import RealModule

extension Identity {
  /// Estimates of divergences and their gradients; the best of n.
  static let divergences: [Identity] = [
    Identity(
      "divergences.estimators", "k1 and k3 are unbiased, and k3 is never negative",
      "E_q[k1] = E_q[k3] = KL(q‖p), k3 ≥ 0", source: "Schulman (2020), Approximating KL divergence",
      eachProblem: checkEstimatorValues),
    Identity(
      "divergences.whole-completions", "sums over tokens estimate the divergence of completions",
      "E_q[Σₜ k1] = E_q[Σₜ k3] = KL(q‖p)", source: "Schulman (2020)", instances: 4, actions: 8...8,
      eachBandit: checkSequenceEstimators),
    Identity(
      "divergences.k1-as-loss", "k1 as a loss has no gradient at all", "E_q[∇k1] = 0",
      eachProblem: checkFirstEstimatorLoss),
    Identity(
      "divergences.k2-as-loss", "k2 as a loss has the gradient of the reverse divergence",
      "E_q[∇k2] = ∇KL(q‖p), k2 = ½·log²(q/p)", eachProblem: checkSecondEstimatorLoss),
    Identity(
      "divergences.k3-as-loss", "k3 as a loss has the gradient of the forward divergence",
      "E_q[∇k3] = ∇KL(p‖q)", eachProblem: checkThirdEstimatorLoss),
    Identity(
      "divergences.best-of-n", "the best of n draws, ties at random",
      "q(y) = p(y)/p(r = r(y))·(Fⁿ − F₋ⁿ)", instances: 8, actions: 2...4,
      eachBandit: checkBestOfN),
    Identity(
      "divergences.best-of-n-bound", "the best of n stays near the reference",
      "KL(q_n‖p) ≤ log n − (n − 1)/n = ∫₀¹ n·uⁿ⁻¹·log(n·uⁿ⁻¹) du",
      source: "Gao (2022), section 2.1; Beirami (2024), theorem 3.1", actions: 2...7,
      eachBandit: checkBestOfNBound),
    Identity(
      "divergences.win-rate", "the exact win rate counts ties half",
      "Σ q·q′·(1[r > r′] + ½·1[r = r′])", actions: 2...6, eachBandit: checkWinRate),
  ]
}

private func checkEstimatorValues(
  _ problem: RandomProblem, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (p, q) = (problem.bandit.p, problem.q)
  let divergence = plainDivergence(q, p)
  for estimator in [KLEstimator.k1, .k3] {
    let mean = plainSum(q) { estimator(policy: .log(q[$0]), reference: .log(p[$0])) }
    deviation.compare(mean, to: divergence, scale: 1)
  }
  for y in q.indices {
    deviation.bound(
      -KLEstimator.k3(policy: Double.log(q[y]), reference: .log(p[y])), by: 0, scale: 1)
  }
  deviation.compare(
    klDivergence(of: q.map { .log($0) }, from: p.map { .log($0) }), to: divergence, scale: 1)
}

private func checkSequenceEstimators(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let world = RandomTree(using: &generator)
  let (p, q) = (world.bandit.p, world.bandit.q)
  let estimates = SequenceDivergence(
    policy: world.completions.map { world.tokenLogProbabilities(q, of: $0) },
    reference: world.completions.map { world.tokenLogProbabilities(p, of: $0) })
  deviation.compare(plainSum(q) { estimates.k1[$0] }, to: plainDivergence(q, p))
  deviation.compare(plainSum(q) { estimates.k3[$0] }, to: plainDivergence(q, p))
}

/// E_q[k′·s]: the mean gradient of an estimator of one sample, the sample itself held fixed.
private func meanGradient(
  _ problem: RandomProblem, of estimator: (_ logPolicy: Double, _ logReference: Double) -> Double
) -> [Double] {
  let (p, q) = (problem.bandit.p, problem.q)
  return plainCombination(
    q.indices.map { y in
      q[y] * numericalDerivative { estimator(.log(q[y]) + $0, .log(p[y])) }
    }, of: problem.plainScores)
}

private func checkFirstEstimatorLoss(
  _ problem: RandomProblem, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  for slope in meanGradient(problem, of: { KLEstimator.k1(policy: $0, reference: $1) }) {
    deviation.vanish(slope, scale: 1)
  }
}

private func checkSecondEstimatorLoss(
  _ problem: RandomProblem, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let reference = problem.bandit.objective.logReference
  let slope = numericalGradient(at: problem.weights) {
    klDivergence(of: problem.plainPolicy(at: $0).map { .log($0) }, from: reference)
  }
  // The library's k2 is the `approxkl` of PPO's policy loss.
  let tape = Tape<Double>()
  let mean = meanGradient(problem) { policy, reference in
    defer { tape.reset() }
    return clippedPolicyLoss(
      logRatios: tape.column([policy - reference]), advantages: [0], weights: [1], clipRange: 0.2,
      on: tape
    ).reading.approximateKL
  }
  deviation.compare(mean, to: slope, scale: 1)
}

private func checkThirdEstimatorLoss(
  _ problem: RandomProblem, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let reference = problem.bandit.objective.logReference
  let slope = numericalGradient(at: problem.weights) {
    klDivergence(of: reference, from: problem.plainPolicy(at: $0).map { .log($0) })
  }
  let mean = meanGradient(problem) { KLEstimator.k3(policy: $0, reference: $1) }
  deviation.compare(mean, to: slope, scale: 1)
}

private func checkBestOfN(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  // Whole rewards, so that some are equal.
  let (p, rewards) = (bandit.p, bandit.rewards.map { $0.rounded() })
  for n in 1...4 {
    var shares = [Double](repeating: 0, count: p.count)
    for draw in tuples(n, below: p.count) {
      let probability = draw.reduce(1) { $0 * p[$1] }
      let best = draw.reduce(-.infinity) { max($0, rewards[$1]) }
      let winners = draw.filter { rewards[$0] == best }
      for winner in winners { shares[winner] += probability / Double(winners.count) }
    }
    let exact = bestOfNLogProbabilities(
      n, logReference: bandit.objective.logReference, rewards: rewards)
    deviation.compare(exact.map { .exp($0) }, to: shares)
  }
}

private func checkBestOfNBound(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  for n in [1, 2, 4, 16, 128] {
    let best = bestOfNLogProbabilities(
      n, logReference: bandit.objective.logReference, rewards: bandit.rewards)
    let bound = bestOfNDivergenceBound(n)
    deviation.bound(plainDivergence(best.map { .exp($0) }, bandit.p), by: bound, scale: 1)
    deviation.compare(bound, to: continuousDivergence(n), scale: 1)
  }
}

/// ∫₀¹ f·log f du with f = n·uⁿ⁻¹, by Simpson's rule in x where u = exp(−x/n).
private func continuousDivergence(_ n: Int) -> Double {
  let (count, steps, length) = (Double(n), 8000, 60.0)
  let width = length / Double(steps)
  return (0...steps).reduce(0) { sum, i in
    let x = Double(i) * width
    let weight = i == 0 || i == steps ? 1.0 : i.isMultiple(of: 2) ? 2 : 4
    return sum + weight * width / 3 * .exp(-x) * (.log(count) - (count - 1) / count * x)
  }
}

private func checkWinRate(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (p, q, rewards) = (bandit.p, bandit.q, bandit.rewards.map { $0.rounded() })
  let wins = plainSum(q) { i in
    plainSum(p) { j in rewards[i] > rewards[j] ? 1 : rewards[i] == rewards[j] ? 0.5 : 0 }
  }
  deviation.compare(
    exactWinRate(of: bandit.logPolicy, over: bandit.objective.logReference, rewards: rewards),
    to: wins)
}
