import RealModule

/// The policy gradient of one prompt and the covariance trace of each of its estimators, exactly.
///
///     g = ∇J = E_q[(R − b)·s]        R = r − β·log(q/p)        w = |s|²
///
/// The equality holds for every baseline b that does not depend on y, since E_q[s] = 0; the
/// variance does depend on it. One sample of the estimator (R − b)·s has the covariance trace
///
///     trCov(b) = E_q[(R − b)²·w] − |g|² = trCov(b*) + (b − b*)²·F        b* = E_q[R·w]/F
///
/// a parabola (Greensmith (2004), theorem 8, for one step) with F = E_q[w]. Its lowest point is
/// summed as E_q|(R − b*)·s − g|², and all returns are taken from the soft value first, so that
/// neither rounding nor a large offset of the rewards makes a variance out of nothing.
package struct ExactPolicyGradient: Sendable {
  /// The return R(y) of each completion.
  package let returns: [Double]
  /// The gradient g of the objective for every parameter.
  package let gradient: [Double]
  /// The squared norm |g|².
  package let squaredNorm: Double
  /// The trace of the Fisher matrix, F = E_q[w].
  package let fisherTrace: Double
  /// The policy's value V^q = E_q[R] = J(q).
  package let policyValue: Double
  /// The soft value V* = β·log Z.
  package let softValue: Double
  /// The baseline of least variance b* = E_q[R·w]/F; the policy's value where F is zero.
  package let optimalBaseline: Double
  /// The reference's expected reward E_p[r].
  package let referenceMean: Double
  /// The variance Var_p[r] of the reward under the reference.
  package let referenceVariance: Double
  /// The variance Var_q[R] of the return under the policy.
  package let returnVariance: Double
  /// How far the policy is from the reference, KL(q‖p) in nats.
  package let divergenceFromReference: Double
  /// How far the policy is from the optimum, KL(q‖π*) = (V* − V^q)/β in nats.
  package let divergenceFromOptimum: Double
  /// How far the reference is from the optimum, KL(p‖π*) = (V* − E_p[r])/β in nats.
  package let referenceDivergenceFromOptimum: Double
  /// The least covariance trace of all baselines, trCov(b*).
  package let leastCovarianceTrace: Double

  private let objective: CentredObjective
  private let centredPolicyValue: Double
  private let centredOptimalBaseline: Double
  private let weightedReturnVariance: Double

  /// The exact gradient of a policy that is scored on the objective's completions.
  package init(policy: ScoredPolicy, objective: ExactObjective) {
    let n = policy.logProbabilities.count
    precondition(
      n == objective.rewards.count, "\(n) scored completions, \(objective.rewards.count) rewards")
    let centred = CentredObjective(objective)
    let advantages = centred.advantages(of: policy.logProbabilities)
    let probabilities = policy.logProbabilities.map { Double.exp($0) }
    let norms = policy.squaredNorms
    func mean(_ term: (Int) -> Double) -> Double {
      probabilities.indices.reduce(0) { $0 + probabilities[$1] * term($1) }
    }
    let value = mean { advantages[$0] }
    let fisherTrace = mean { norms[$0] }
    let lean = mean { (advantages[$0] - value) * norms[$0] }
    let best = fisherTrace > 0 ? value + lean / fisherTrace : value
    let gradient = policy.combination(
      probabilities.indices.map { probabilities[$0] * (advantages[$0] - value) })
    self.gradient = gradient
    squaredNorm = gradient.reduce(0) { $0 + $1 * $1 }
    leastCovarianceTrace = policy.rows.spread(
      advantages.map { $0 - best }, around: gradient, weights: probabilities)
    returnVariance = mean { (advantages[$0] - value) * (advantages[$0] - value) }
    weightedReturnVariance = mean {
      (advantages[$0] - value) * (advantages[$0] - value) * norms[$0]
    }
    (self.objective, self.fisherTrace) = (centred, fisherTrace)
    (centredPolicyValue, centredOptimalBaseline) = (value, best)
    softValue = centred.softValue
    returns = advantages.map { centred.softValue + $0 }
    policyValue = centred.softValue + value
    optimalBaseline = centred.softValue + best
    referenceMean = expectation(of: objective.rewards, under: objective.logReference)
    referenceVariance = centred.referenceVariance
    divergenceFromOptimum = divergence(probabilities, advantages.map { $0 / objective.beta })
    divergenceFromReference = divergence(
      probabilities, zip(objective.logReference, policy.logProbabilities).map { $0 - $1 })
    referenceDivergenceFromOptimum = divergence(
      objective.logReference.map { Double.exp($0) },
      centred.advantages(of: objective.logReference).map { $0 / objective.beta })
  }

  /// The covariance trace with a fixed baseline, trCov(b*) + (b − b*)²·F.
  package func covarianceTrace(baseline: Double) -> Double {
    covarianceTrace(centredBaseline: baseline - softValue, variance: 0)
  }

  /// The covariance trace with a random baseline that does not depend on the sampled completion.
  ///
  ///     trCov = trCov(E b) + Var(b)·F
  package func covarianceTrace(baselineMean: Double, variance: Double) -> Double {
    covarianceTrace(centredBaseline: baselineMean - softValue, variance: variance)
  }

  /// The covariance trace with the policy's value V^q for a baseline.
  ///
  /// The same as `covarianceTrace(baseline: policyValue)`, with all digits where V^q is large.
  package func policyValueCovarianceTrace() -> Double {
    covarianceTrace(centredBaseline: centredPolicyValue, variance: 0)
  }

  /// The covariance trace with the reference's mean E_p[r] for a baseline.
  ///
  /// The same as `covarianceTrace(baseline: referenceMean)`, with all digits where E_p[r] is large.
  package func referenceMeanCovarianceTrace() -> Double {
    covarianceTrace(centredBaseline: objective.referenceMean, variance: 0)
  }

  /// The covariance trace with the reward of one reference completion, b = r(y′), y′ ~ p.
  ///
  /// Rafailov (2023), section 5.2: "a human completion baseline, essentially a single sample
  /// Monte-Carlo estimate of the normalizing term". Its mean is E_p[r] = V* − β·KL(p‖π*).
  package func referenceSampleCovarianceTrace() -> Double {
    covarianceTrace(centredBaseline: objective.referenceMean, variance: referenceVariance)
  }

  /// The covariance trace with b = β·log((1/k)·Σ exp(r(yᵢ)/β)) over k reference completions.
  package func logMeanExpCovarianceTrace(samples k: Int) -> Double {
    let moments = objective.logMeanExpMoments(samples: k)
    return covarianceTrace(centredBaseline: moments.mean, variance: moments.variance)
  }

  /// The covariance trace of the leave-one-out estimator with k samples, Kool (2019), equation 8.
  ///
  ///     ĝ = 1/(k − 1)·Σ (Rᵢ − R̄)·sᵢ
  ///     trCov = (k − 2)/(k(k − 1))·trCov(V^q) + 2/(k(k − 1))·ζ₂
  ///     ζ₂ = ¼·E[(R₁ − R₂)²·|s₁ − s₂|²] − |g|² = ½·(E_q[(R − V^q)²·w] + Var_q(R)·F)
  ///
  /// ĝ is a U-statistic with the kernel ½(R₁ − R₂)(s₁ − s₂), whence the first line (Hoeffding,
  /// 1948, equation 5.13); the sum over pairs becomes one over completions because E_q[s] = 0.
  package func leaveOneOutCovarianceTrace(samples k: Int) -> Double {
    precondition(k > 1, "leave-one-out with \(k) samples")
    let pairs = Double(k * (k - 1))
    let pairTrace = (weightedReturnVariance + returnVariance * fisherTrace) / 2
    return (Double(k - 2) * policyValueCovarianceTrace() + 2 * pairTrace) / pairs
  }

  /// The covariance trace with the mean of all k samples, the own one included, for a baseline.
  ///
  /// The estimator is (k − 1)/k times the leave-one-out estimator: smaller, biased by that factor,
  /// with the same noise-to-signal ratio.
  package func batchMeanCovarianceTrace(samples k: Int) -> Double {
    let factor = Double(k - 1) / Double(k)
    return factor * factor * leaveOneOutCovarianceTrace(samples: k)
  }

  private func covarianceTrace(centredBaseline: Double, variance: Double) -> Double {
    let distance = centredBaseline - centredOptimalBaseline
    return leastCovarianceTrace + (distance * distance + variance) * fisherTrace
  }
}

/// KL(q‖q′) = Σ q·(exp(d) − 1 − d) with d = log(q′/q): no term is negative, so that a small
/// divergence keeps its digits.
private func divergence(_ probabilities: [Double], _ logRatios: [Double]) -> Double {
  zip(probabilities, logRatios).reduce(0) { $0 + $1.0 * exponentialBeyondLinear($1.1) }
}
