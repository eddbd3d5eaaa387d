import Datasets
import ExactTheory
import RealModule

extension Identity {
  /// Baselines made of samples, each against the sum over all samples there can be.
  static let samples: [Identity] = [
    Identity(
      "samples.reference-completion", "one reference completion as a baseline (V8)",
      "b = r(y′), y′ ~ p: trCov = trCov(E_p r) + Var_p(r)·F", eachProblem: checkReferenceSample),
    Identity(
      "samples.log-mean-exp", "several reference completions approach the soft value (V8)",
      "b = β·log mean exp(r/β): moments and trCov by enumeration, E_p r ≤ E b ↑ V*", instances: 6,
      actions: 2...4, eachProblem: checkLogMeanExp),
    Identity(
      "samples.leave-one-out", "the leave-one-out estimator against all pairs and triples (V9)",
      "trCov_K = (K − 2)/(K(K − 1))·trCov(V^q) + 2/(K(K − 1))·ζ₂",
      source: "derived; Kool (2019), equation 8", instances: 6, actions: 2...4,
      eachProblem: checkLeaveOneOut),
    Identity(
      "samples.batch-mean", "the own sample in the mean shrinks the estimator (V9)",
      "1/K·Σ(Rᵢ − R̄)·sᵢ = (K − 1)/K·leave-one-out", instances: 6, actions: 2...4,
      eachProblem: checkBatchMean),
  ]
}

private func checkReferenceSample(
  _ problem: RandomProblem, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (p, q, rewards) = (problem.bandit.p, problem.q, problem.bandit.rewards)
  let (returns, scores) = (problem.plainReturns, problem.plainScores)
  let draws = tuples(2, below: q.count)
  let trace = plainCovarianceTrace(
    draws.map { q[$0[0]] * p[$0[1]] },
    draws.map { draw in scores[draw[0]].map { (returns[draw[0]] - rewards[draw[1]]) * $0 } })
  deviation.compare(
    problem.exact.referenceSampleCovarianceTrace(), to: trace, scale: problem.varianceScale)
  let mean = plainSum(p) { rewards[$0] }
  let variance = plainSum(p) { (rewards[$0] - mean) * (rewards[$0] - mean) }
  deviation.compare(
    problem.exact.covarianceTrace(baselineMean: mean, variance: variance), to: trace,
    scale: problem.varianceScale)
}

private func checkLogMeanExp(
  _ problem: RandomProblem, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (bandit, scale) = (problem.bandit, problem.bandit.scale)
  let (p, best) = (bandit.p, problem.exact.optimalBaseline)
  let least = problem.plainCovariance(baseline: best)
  let soft = bandit.plainValue(of: bandit.plainOptimum)
  var before = -Double.infinity
  for samples in 1...4 {
    let draws = tuples(samples, below: p.count)
    let weights = draws.map { $0.reduce(1) { $0 * p[$1] } }
    let baselines = draws.map { draw in
      let top = draw.reduce(-.infinity) { max($0, bandit.rewards[$1]) }
      let mean = draw.reduce(0) { $0 + .exp((bandit.rewards[$1] - top) / bandit.beta) }
      return top + bandit.beta * .log(mean / Double(samples))
    }
    let mean = plainSum(weights) { baselines[$0] }
    let variance = plainSum(weights) { (baselines[$0] - mean) * (baselines[$0] - mean) }
    let moments = logMeanExpMoments(objective: bandit.objective, samples: samples)
    deviation.compare(moments.mean, to: mean, scale: scale)
    deviation.compare(moments.variance, to: variance, scale: scale * scale)
    let distance = mean - best
    deviation.compare(
      problem.exact.logMeanExpCovarianceTrace(samples: samples),
      to: least + (distance * distance + variance) * problem.plainFisherTrace,
      scale: problem.varianceScale)
    deviation.bound(before, by: moments.mean, scale: scale)
    deviation.bound(moments.mean, by: soft, scale: scale)
    before = moments.mean
  }
}

/// The mean and covariance trace of scale·Σ(Rᵢ − R̄)·sᵢ over every sample of this size.
private func sampleMoments(
  _ problem: RandomProblem, samples: Int, scale: Double
) -> (mean: [Double], trace: Double) {
  let (q, returns, scores) = (problem.q, problem.plainReturns, problem.plainScores)
  let draws = tuples(samples, below: q.count)
  let weights = draws.map { $0.reduce(1) { $0 * q[$1] } }
  let vectors = draws.map { draw in
    let mean = draw.reduce(0) { $0 + returns[$1] } / Double(samples)
    return plainCombination(
      draw.map { scale * (returns[$0] - mean) }, of: draw.map { scores[$0] })
  }
  return (plainCombination(weights, of: vectors), plainCovarianceTrace(weights, vectors))
}

private func checkLeaveOneOut(
  _ problem: RandomProblem, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  for samples in 2...4 {
    let (mean, trace) = sampleMoments(problem, samples: samples, scale: 1 / Double(samples - 1))
    deviation.compare(
      problem.exact.leaveOneOutCovarianceTrace(samples: samples), to: trace,
      scale: problem.varianceScale)
    deviation.compare(problem.exact.gradient, to: mean, scale: problem.bandit.scale)
  }
}

private func checkBatchMean(
  _ problem: RandomProblem, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  for samples in 2...4 {
    let (mean, trace) = sampleMoments(problem, samples: samples, scale: 1 / Double(samples))
    deviation.compare(
      problem.exact.batchMeanCovarianceTrace(samples: samples), to: trace,
      scale: problem.varianceScale)
    let factor = Double(samples - 1) / Double(samples)
    deviation.compare(
      problem.exact.gradient.map { factor * $0 }, to: mean, scale: problem.bandit.scale)
  }
}
