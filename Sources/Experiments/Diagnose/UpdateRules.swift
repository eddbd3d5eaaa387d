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

  func evidence(in history: MetricsHistory) -> Evidence? {
    let metric = "loss/policy_avg"
    guard let loss = history.beforeTraining(metric),
      let mean = history.beforeTraining("val/advantages_mean"),
      let deviation = history.beforeTraining("val/advantages_std"),
      abs(mean) > 0.1 * deviation, abs(loss + mean) < 0.3 * abs(mean)
    else { return nil }
    return Evidence(
      metric: metric, step: 0, value: loss,
      rule: "it is minus the mean advantage, \(brief(mean)) before whitening; whitened it is near 0"
    )
  }
}

/// Updates that use up their batch of rollouts.
struct LearningRateTooHighRule: DiagnosticRule {
  let symptom = GallerySymptom.learningRateTooHigh
  /// The largest median over iterations of the approximate KL of an update, in nats a token.
  static let largestKL = 0.1

  func evidence(in history: MetricsHistory) -> Evidence? {
    let metric = "policy/approxkl_avg"
    guard history.points("val/ratio").last != nil,
      let last = history.points(metric).max(by: { $0.value < $1.value }),
      let median = history.median(metric), median > Self.largestKL
    else { return nil }
    return Evidence(
      metric, last, "its median is \(brief(median)), above \(Self.largestKL) nats a token")
  }
}

/// Values that explain nothing of the returns at the end of the training.
struct ValueCoefficientWrongRule: DiagnosticRule {
  let symptom = GallerySymptom.valueCoefficientWrong
  /// The least explained variance over the last quarter.
  static let leastExplained = 0.1

  func evidence(in history: MetricsHistory) -> Evidence? {
    let metric = "val/explained_variance"
    guard let end = history.lastQuarter(metric), end.value < Self.leastExplained else { return nil }
    return Evidence(
      metric, end, "its mean over the last quarter is below \(Self.leastExplained)")
  }
}
