import RealModule

/// The gradient of a loss on preference pairs of one prompt and its covariance, exactly.
///
/// Pairs y₁, y₂ ~ p × p, ties included, are labelled with probability P = σ(r₁ − r₂); the model
/// says σ(m) with a margin m = f₁ − f₂. For DPO f = β·log(q/p) (Rafailov (2023), equation 7), for a
/// reward model f is its reward (equation 2).
///
///     L = −E[P·log σ(m) + (1 − P)·log σ(−m)]
///     G = −∇L = E[(P − σ(m))·(∇f₁ − ∇f₂)]
///     trCov = E[(P(1 − P) + (P − σ(m))²)·|∇f₁ − ∇f₂|²] − |G|²
///
/// At the optimum m = r₁ − r₂, G is zero and the trace is that of the Fisher information of the
/// labels, which no baseline removes. It takes n²·P multiplications for n completions.
package struct ExactPreferenceGradient: Sendable {
  /// The loss L; log 2 where the policy is the reference.
  package let loss: Double
  /// The direction of descent G for every parameter.
  package let descent: [Double]
  /// The squared norm |G|².
  package let squaredNorm: Double
  /// The covariance trace of one pair's gradient.
  package let covarianceTrace: Double

  /// DPO's gradient for a policy that is scored on the objective's completions.
  package init(policy: ScoredPolicy, objective: ExactObjective) {
    let implicitRewards = zip(policy.logProbabilities, objective.logReference).map {
      objective.beta * ($0 - $1)
    }
    self.init(
      modelRewards: implicitRewards, rows: policy.rows, scale: objective.beta, objective: objective,
      surplus: CentredObjective(objective).advantages(of: policy.logProbabilities))
  }

  /// A reward model's gradient; the objective's β does not enter.
  package init(reward: ScoredReward, objective: ExactObjective) {
    self.init(
      modelRewards: reward.rewards, rows: reward.rows, scale: 1, objective: objective,
      surplus: zip(objective.rewards, reward.rewards).map { $0 - $1 })
  }

  /// The gradient of a model with rewards f, derivatives `scale`·rows and surplus r − f + constant.
  private init(
    modelRewards: [Double], rows: GradientRows, scale: Double, objective: ExactObjective,
    surplus: [Double]
  ) {
    precondition(
      rows.count == objective.rewards.count,
      "\(rows.count) scored completions, \(objective.rewards.count) rewards")
    let probabilities = objective.logReference.map { Double.exp($0) }
    let (gram, norms) = (rows.gram(), rows.squaredNorms)
    var (loss, second) = (0.0, 0.0)
    var pulls = [Double](repeating: 0, count: rows.count)
    for i in pulls.indices {
      loss += probabilities[i] * probabilities[i] * .log(2)
      for j in 0..<i {
        let pair = LabelledPair(
          rewardDifference: objective.rewards[i] - objective.rewards[j],
          margin: modelRewards[i] - modelRewards[j], surplus: surplus[i] - surplus[j])
        let weight = 2 * probabilities[i] * probabilities[j]
        let distance = norms[i] + norms[j] - 2 * gram[i * rows.count + j]
        loss += weight * pair.loss
        second += weight * pair.secondMoment * distance
        pulls[i] += 2 * probabilities[i] * probabilities[j] * pair.error
        pulls[j] -= 2 * probabilities[i] * probabilities[j] * pair.error
      }
    }
    self.loss = loss
    descent = rows.combination(pulls.map { scale * $0 })
    squaredNorm = descent.reduce(0) { $0 + $1 * $1 }
    covarianceTrace = scale * scale * second - squaredNorm
  }
}

/// What two completions contribute, whichever of them is preferred.
private struct LabelledPair {
  /// The expected loss −P·log σ(m) − (1 − P)·log σ(−m).
  let loss: Double
  /// P − σ(m).
  let error: Double
  /// E[(label − σ(m))²] = P(1 − P) + (P − σ(m))².
  let secondMoment: Double

  /// A pair whose surplus is the reward difference minus the margin, with all its digits.
  init(rewardDifference: Double, margin: Double, surplus: Double) {
    let (preferred, other) = (sigmoid(rewardDifference), sigmoid(-rewardDifference))
    // σ(a) − σ(b) = σ(a)·σ(−b)·(1 − exp(b − a)), written so that exp does not overflow.
    error =
      surplus >= 0
      ? -preferred * sigmoid(-margin) * .expMinusOne(-surplus)
      : sigmoid(margin) * other * .expMinusOne(surplus)
    secondMoment = preferred * other + error * error
    loss = preferred * softplus(-margin) + other * softplus(margin)
  }
}

/// σ(x) = 1/(1 + exp(−x)).
private func sigmoid(_ x: Double) -> Double { 1 / (1 + .exp(-x)) }

/// log(1 + exp(x)), without overflow.
private func softplus(_ x: Double) -> Double { max(x, 0) + .log(onePlus: .exp(-abs(x))) }
