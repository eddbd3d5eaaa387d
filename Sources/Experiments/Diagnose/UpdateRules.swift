/// A KL that costs nothing.
struct KLCoefficientZeroRule: DiagnosticRule {
  let symptom = GallerySymptom.klCoefficientZero

  func evidence(in history: MetricsHistory) -> Evidence? {
    let metric = "objective/non_score_reward"
    let penalties = history.points(metric).filter { $0.step > 1 }
    guard let last = penalties.last, penalties.allSatisfy({ $0.value == 0 }),
      let kl = history.lastQuarter("objective/kl"), abs(kl.value) > 1e-9
    else { return nil }
    return Evidence(metric, last, "it is −kl_coef·KL, and objective/kl is \(brief(kl.value))")
  }
}

/// With ratios of one the policy loss is minus the mean advantage, which whitening makes zero.
struct NoAdvantageWhiteningRule: DiagnosticRule {
  let symptom = GallerySymptom.noAdvantageWhitening
  /// The least first loss: that of whitened advantages is the noise of a minibatch, about 0.1.
  static let leastLoss = 0.2

  func evidence(in history: MetricsHistory) -> Evidence? {
    let metric = "loss/policy_avg"
    guard let loss = history.beforeTraining(metric), abs(loss) > Self.leastLoss,
      history.beforeTraining("policy/approxkl_avg") == 0,
      let mean = history.beforeTraining("val/advantages_mean"),
      abs(loss + mean) < 0.2 * abs(mean)
    else { return nil }
    return Evidence(
      metric: metric, step: 0, value: loss,
      rule: "it is minus the mean advantage, \(brief(mean)) before whitening; whitened it is near 0"
    )
  }
}

/// Updates that use up their batch of rollouts at once.
struct LearningRateTooHighRule: DiagnosticRule {
  let symptom = GallerySymptom.learningRateTooHigh
  /// The largest approximate KL of an iteration's updates, in nats a token.
  static let largestKL = 1.0

  func evidence(in history: MetricsHistory) -> Evidence? {
    let metric = "policy/approxkl_avg"
    guard !history.points("val/ratio").isEmpty,
      let largest = history.points(metric).max(by: { $0.value < $1.value }),
      largest.value > Self.largestKL
    else { return nil }
    return Evidence(metric, largest, "above \(brief(Self.largestKL)) nats a token in one iteration")
  }
}

/// A value head on the policy's trunk whose gradient is all there is of the first update.
///
/// Gradients are clipped together: what the value loss takes, the policy loses.
struct ValueCoefficientWrongRule: DiagnosticRule {
  let symptom = GallerySymptom.valueCoefficientWrong
  /// The largest share of the value head's gradient in the length of the first one.
  static let largestShare = 0.9
  /// The least length of a gradient that is worth the name: whitened advantages give 1 or less.
  static let leastNorm = 3.0

  func evidence(in history: MetricsHistory) -> Evidence? {
    let metric = "grad_norm/value"
    guard let head = history.beforeTraining(metric),
      let whole = history.beforeTraining("grad_norm"), whole > Self.leastNorm,
      head <= whole, head > Self.largestShare * whole
    else { return nil }
    return Evidence(
      metric: metric, step: 0, value: head,
      rule: "policy and value head together have grad_norm \(brief(whole)); "
        + "the head's share is below \(Self.largestShare) in a sound run")
  }
}
