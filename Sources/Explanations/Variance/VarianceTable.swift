import ExactTheory

extension VarianceExplanation: Explanation {
  /// The quantities in sections, each with a title.
  package var sections: [(title: String, rows: [ExplanationRow])] {
    [
      ("The objective J(q) = E_q[r] − β·KL(q‖p)", objectiveRows),
      ("Its policy gradient, with R = r − β·log(q/p), s = ∇log q, w = |s|²", gradientRows),
      ("Covariance trace of one estimate of g", estimatorRows),
      ("Noise to signal trCov/|E ĝ|² of one estimate", ratioRows),
      ("DPO and the reward model: pairs y₁, y₂ ~ p with ties, labels ~ σ(r₁ − r₂)", pairRows),
      ("Best of n draws from p", bestRows),
    ]
  }

  private var objectiveRows: [ExplanationRow] {
    [
      .init("p", input.reference, "the reference"),
      .init("q", input.policy, "the policy, a softmax of free logits"),
      .init("r", input.reward, "the reward"),
      .init("β", input.beta, "the strength of the divergence"),
      partition.number.map { .init("Z", $0, "Σ p·exp(r/β)") }
        ?? .init("Z", "–", "Σ p·exp(r/β) is beyond the range of a Double; see log Z"),
      .init("log Z", logPartition, "log Σ p·exp(r/β)"),
      .init("V*", softValue, "β·log Z, the soft value"),
      .init("π*", optimum, "p·exp(r/β)/Z, the optimum (DPO paper, eq. 4)"),
      .init("E_p r", referenceReward, "Σ p·r"),
      .init("Var_p r", referenceRewardVariance, "Σ p·(r − E_p r)²"),
      .init("E_q r", policyReward, "Σ q·r"),
      .init("J = V^q", value, "E_q[R] = V* − β·KL(q‖π*) (DPO paper, eq. 11–15)"),
      .init("KL(q‖p)", divergenceFromReference, "Σ q·log(q/p)"),
      .init("KL(q‖π*)", divergenceFromOptimum, "Σ q·log(q/π*)"),
      .init("KL(p‖π*)", referenceDivergenceFromOptimum, "(V* − E_p r)/β"),
    ]
  }

  private var gradientRows: [ExplanationRow] {
    [
      .init("b*", optimalBaseline, "E_q[R·w]/F, the baseline of least variance"),
      .init("F", fisherTrace, "E_q[w], the trace of the Fisher matrix"),
      .init("g", gradient, "∇J = E_q[R·s]"),
      .init("|g|²", squaredGradientNorm, "the signal"),
    ]
  }

  private var estimatorRows: [ExplanationRow] {
    GradientEstimator.explained.compactMap { estimator in
      estimators[estimator.key].map {
        .init(estimator.key, $0.covarianceTrace, estimator.equation)
      }
    }
  }

  private var ratioRows: [ExplanationRow] {
    GradientEstimator.explained.compactMap { estimator in
      guard let explanation = estimators[estimator.key] else { return nil }
      let samples = explanation.samples == 1 ? "a sample" : "\(explanation.samples) samples"
      return row(estimator.key, explanation.noiseToSignal, "of \(samples)")
    }
  }

  private func row(_ name: String, _ ratio: NumberOrNull, _ equation: String) -> ExplanationRow {
    ratio.number.map { .init(name, $0, equation) }
      ?? .init(name, "–", "the gradient is zero up to rounding")
  }

  private var pairRows: [ExplanationRow] {
    [
      .init("DPO loss", dpo.loss, "−E log σ(m), m = β·log(q₁/p₁) − β·log(q₂/p₂) (eq. 7)"),
      .init("−∇L", dpo.descent, "β·E[(σ(r₁ − r₂) − σ(m))·(s₁ − s₂)]"),
      .init("|∇L|²", dpo.squaredDescentNorm, "the signal"),
      .init("DPO trCov", dpo.covarianceTrace, "β²·E[(P(1 − P) + (P − σ(m))²)|s₁ − s₂|²] − |∇L|²"),
      row("DPO trCov/|∇L|²", dpo.noiseToSignal, "of a pair"),
      .init("reward model loss", rewardModel.loss, "−E log σ(r₁ − r₂), at the true reward"),
      .init(
        "reward model trCov", rewardModel.covarianceTrace,
        "E[P(1 − P)·|e₁ − e₂|²] of a free number for each completion"),
    ]
  }

  private var bestRows: [ExplanationRow] {
    bestOfN.flatMap { best -> [ExplanationRow] in
      [
        .init(
          "best of \(best.n)", best.distribution, "p(y)/p(r = r(y))·(F(r(y))ⁿ − F₋(r(y))ⁿ)"),
        .init("  E r", best.reward, "its expected reward"),
        .init("  KL", best.divergence, "its divergence from p"),
        .init("  KL bound", best.divergenceBound, "log n − (n − 1)/n"),
      ]
    }
  }
}
