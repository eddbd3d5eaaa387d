import Datasets
import ExactTheory
import RealModule

extension Identity {
  /// Fixed baselines of Rafailov (2023), section 5.2: the parabola, and what vanishes at the optimum.
  static let baselines: [Identity] = [
    Identity(
      "baselines.quadratic-law", "every fixed baseline is a point of one parabola (V1)",
      "trCov(b) = trCov(b*) + (b − b*)²·F, b* = E_q[R·w]/F",
      source: "Greensmith (2004), theorem 8; checked by enumeration", eachProblem: checkParabola),
    Identity(
      "baselines.zero-variance", "at the optimum good baselines leave no variance (V4)",
      "q = π*: R = V*, trCov = 0 for V*, V^q, b*, leave-one-out, batch mean",
      eachBandit: checkZeroVariance),
    Identity(
      "baselines.remaining-variance", "at the optimum other baselines leave known variances (V4)",
      "none: V*²·F; E_p r: (β·KL(p‖π*))²·F; sample: ((β·KL(p‖π*))² + Var_p r)·F",
      eachBandit: checkRemainingVariance),
    Identity(
      "baselines.uniqueness", "without a baseline only DPO's reward has no variance there (V5)",
      "q = π*: trCov(0) = 0 for r + c ⇔ c = −V*", source: "derived; Rafailov (2023), equation 9",
      eachBandit: checkBaselineFree),
    Identity(
      "baselines.offset-law", "an offset of the reward moves only what has no baseline (V6)",
      "r + c: g and trCov(b + c) unchanged, trCov(0) = trCov(b*) + (b* + c)²·F",
      eachProblem: checkOffset),
    Identity(
      "baselines.learned-value", "an error of a learned value costs its square (V10)",
      "trCov(b* + e) = trCov(b*) + e²·F, less than trCov(0) ⇔ |e| < |b*|",
      eachProblem: checkLearnedValue),
    Identity(
      "baselines.soft-or-policy-value", "the soft value beats the policy's on one side only (V7)",
      "trCov(V*) − trCov(V^q) = (V* − V^q)·(V* + V^q − 2·b*)·F", eachProblem: checkEitherOrder),
  ]
}

private func checkParabola(
  _ problem: RandomProblem, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (exact, scale) = (problem.exact, problem.varianceScale)
  let (q, returns, scores) = (problem.q, problem.plainReturns, problem.plainScores)
  let norms = scores.map { $0.reduce(0) { $0 + $1 * $1 } }
  deviation.compare(exact.fisherTrace, to: problem.plainFisherTrace)
  let best = plainSum(q) { returns[$0] * norms[$0] } / problem.plainFisherTrace
  deviation.compare(exact.optimalBaseline, to: best, scale: problem.bandit.scale)
  let least = problem.plainCovariance(baseline: best)
  deviation.compare(exact.leastCovarianceTrace, to: least, scale: scale)
  deviation.compare(
    exact.policyValueCovarianceTrace(),
    to: problem.plainCovariance(baseline: plainSum(q) { returns[$0] }), scale: scale)
  let referenceMean = plainSum(problem.bandit.p) { problem.bandit.rewards[$0] }
  deviation.compare(
    exact.referenceMeanCovarianceTrace(), to: problem.plainCovariance(baseline: referenceMean),
    scale: scale)
  for baseline in [0, exact.softValue, exact.policyValue, best, 5 * generator.normal()] {
    let trace = exact.covarianceTrace(baseline: baseline)
    deviation.compare(trace, to: problem.plainCovariance(baseline: baseline), scale: scale)
    let distance = baseline - best
    deviation.compare(
      trace, to: least + distance * distance * problem.plainFisherTrace, scale: scale)
  }
}

private func checkZeroVariance(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let problem = RandomProblem(optimumOf: bandit, using: &generator)
  let (exact, scale) = (problem.exact, problem.varianceScale)
  for value in exact.returns { deviation.compare(value, to: exact.softValue, scale: bandit.scale) }
  for slope in exact.gradient { deviation.vanish(slope, scale: bandit.scale) }
  for baseline in [exact.softValue, exact.policyValue, exact.optimalBaseline] {
    deviation.vanish(exact.covarianceTrace(baseline: baseline), scale: scale)
  }
  for samples in [2, 3, 8] {
    deviation.vanish(exact.leaveOneOutCovarianceTrace(samples: samples), scale: scale)
    deviation.vanish(exact.batchMeanCovarianceTrace(samples: samples), scale: scale)
  }
}

private func checkRemainingVariance(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let problem = RandomProblem(optimumOf: bandit, using: &generator)
  let (exact, fisher, p) = (problem.exact, problem.plainFisherTrace, bandit.p)
  let gap = bandit.beta * plainDivergence(p, bandit.plainOptimum)
  let soft = bandit.plainValue(of: bandit.plainOptimum)
  let mean = plainSum(p) { bandit.rewards[$0] }
  let variance = plainSum(p) { (bandit.rewards[$0] - mean) * (bandit.rewards[$0] - mean) }
  let scale = 1e-3 * problem.varianceScale
  deviation.compare(exact.covarianceTrace(baseline: 0), to: soft * soft * fisher, scale: scale)
  deviation.compare(
    exact.covarianceTrace(baseline: exact.referenceMean), to: gap * gap * fisher, scale: scale)
  deviation.compare(
    exact.referenceSampleCovarianceTrace(), to: (gap * gap + variance) * fisher, scale: scale)
}

private func checkBaselineFree(
  _ bandit: RandomBandit, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let problem = RandomProblem(optimumOf: bandit, using: &generator)
  let fisher = problem.plainFisherTrace
  let soft = bandit.plainValue(of: bandit.plainOptimum)
  for offset in [0, generator.normal(), 1e-2] {
    let objective = bandit.rewarded(bandit.rewards.map { $0 - soft + offset })
    let exact = ExactPolicyGradient(policy: problem.policy, objective: objective)
    deviation.compare(
      exact.covarianceTrace(baseline: 0), to: offset * offset * fisher,
      scale: 1e-3 * problem.varianceScale)
  }
}

private func checkOffset(
  _ problem: RandomProblem, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (exact, offset) = (problem.exact, 3 * generator.normal())
  let objective = problem.bandit.rewarded(problem.bandit.rewards.map { $0 + offset })
  let shifted = ExactPolicyGradient(policy: problem.policy, objective: objective)
  let (fisher, scale) = (problem.plainFisherTrace, problem.varianceScale)
  deviation.compare(shifted.gradient, to: exact.gradient, scale: problem.bandit.scale)
  deviation.compare(
    shifted.softValue, to: exact.softValue + offset, scale: problem.bandit.scale)
  deviation.compare(
    shifted.policyValue, to: exact.policyValue + offset, scale: problem.bandit.scale)
  let best = exact.optimalBaseline
  deviation.compare(shifted.optimalBaseline, to: best + offset, scale: problem.bandit.scale)
  deviation.compare(
    shifted.covarianceTrace(baseline: 0),
    to: problem.plainCovariance(baseline: best) + (best + offset) * (best + offset) * fisher,
    scale: scale)
  deviation.compare(
    shifted.leaveOneOutCovarianceTrace(samples: 2),
    to: exact.leaveOneOutCovarianceTrace(samples: 2), scale: scale)
}

private func checkLearnedValue(
  _ problem: RandomProblem, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (exact, scale) = (problem.exact, problem.varianceScale)
  let best = exact.optimalBaseline
  for error in [2 * generator.normal(), 0.9 * best, -1.1 * best] {
    let trace = exact.covarianceTrace(baseline: best + error)
    deviation.compare(
      trace, to: problem.plainCovariance(baseline: best) + error * error * problem.plainFisherTrace,
      scale: scale)
    let isBetter = trace < exact.covarianceTrace(baseline: 0)
    if isBetter != (abs(error) < abs(best)) { deviation.vanish(1, scale: 1) }
  }
}

private func checkEitherOrder(
  _ problem: RandomProblem, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let exact = problem.exact
  let (soft, value) = (exact.softValue, exact.policyValue)
  let difference =
    problem.plainCovariance(baseline: soft) - problem.plainCovariance(baseline: value)
  let product =
    (soft - value) * (soft + value - 2 * exact.optimalBaseline) * problem.plainFisherTrace
  deviation.compare(product, to: difference, scale: problem.varianceScale)
  deviation.compare(
    exact.covarianceTrace(baseline: soft) - exact.covarianceTrace(baseline: value),
    to: difference, scale: problem.varianceScale)
}
