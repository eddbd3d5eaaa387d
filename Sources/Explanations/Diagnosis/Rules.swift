import DPO
import Evaluation
import PPO
import Training
import Workbench

/// A KL that costs nothing.
struct KLCoefficientZeroRule: DiagnosticRule {
  let symptom = GallerySymptom.klCoefficientZero

  func evidence(in history: MetricsHistory) -> Evidence? {
    let metric = MetricKey.nonScoreReward
    let penalties = history.points(metric).filter { $0.step > 1 }
    guard let last = penalties.last, penalties.allSatisfy({ $0.value == 0 }),
      let kl = history.lastQuarter(.rolloutKL), abs(kl.value) > 1e-9
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
    let metric = MetricKey.policyLoss
    guard let loss = history.beforeTraining(metric), abs(loss) > Self.leastLoss,
      history.beforeTraining(.approximateKL) == 0,
      let mean = history.beforeTraining(.advantageMean),
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
    let metric = MetricKey.approximateKL
    guard !history.points(.ratio).isEmpty,
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
    let metric = MetricKey.valueGradientNorm
    guard let head = history.beforeTraining(metric),
      let whole = history.beforeTraining(.gradientNorm), whole > Self.leastNorm,
      head <= whole, head > Self.largestShare * whole
    else { return nil }
    return Evidence(
      metric: metric, step: 0, value: head,
      rule: "policy and value head together have grad_norm \(brief(whole)); "
        + "the head's share is below \(Self.largestShare) in a sound run")
  }
}

/// More end tokens than completions: every pad counts as one.
struct PadIsEndRule: DiagnosticRule {
  let symptom = GallerySymptom.padIsEnd

  func evidence(in history: MetricsHistory) -> Evidence? {
    let metric = MetricKey.endTokens
    var before = 0.0
    for row in history.rows where row.step > 0 {
      guard let ends = row.values[metric], let episode = row.values[.episode] else { continue }
      defer { before = episode }
      // A completion has one end at most; a trainer that samples past the end may have two or three.
      if episode > before, ends > 3 * (episode - before) {
        return Evidence(
          metric: metric, step: row.step, value: ends,
          rule: "\(brief(episode - before)) completions have at most as many ends")
      }
    }
    return nil
  }
}

/// Before any update the policy is the reference; noise shows as a KL between the two.
struct NoisyLogProbabilitiesRule: DiagnosticRule {
  let symptom = GallerySymptom.noisyLogProbabilities

  func evidence(in history: MetricsHistory) -> Evidence? {
    let metric: MetricKey = history.points(.rolloutKLK3).isEmpty ? .rolloutKL : .rolloutKLK3
    guard let kl = history.beforeTraining(metric), abs(kl) > 1e-3,
      let moved = history.beforeTraining(.approximateKL), moved > 1e-6
    else { return nil }
    return Evidence(
      metric: metric, step: 0, value: kl,
      rule: "before the first update it is 0, and so is policy/approxkl_avg, now \(brief(moved))")
  }
}

/// Before any update every ratio is one; with two temperatures they are not, though the KL is zero.
///
/// Their mean says nothing, for ratios of any two distributions have an expectation of one.
struct TemperatureMismatchRule: DiagnosticRule {
  let symptom = GallerySymptom.temperatureMismatch

  func evidence(in history: MetricsHistory) -> Evidence? {
    let metric = MetricKey.approximateKL
    guard let moved = history.beforeTraining(metric), moved > 1e-6,
      let kl = history.beforeTraining(.rolloutKL), abs(kl) <= 1e-3
    else { return nil }
    return Evidence(
      metric: metric, step: 0, value: moved,
      rule: "before the first update it is 0; objective/kl is \(brief(kl)), as it should be")
  }
}

/// A KL of exactly zero while updates move the policy.
struct AliasedReferenceRule: DiagnosticRule {
  let symptom = GallerySymptom.aliasedReference

  func evidence(in history: MetricsHistory) -> Evidence? {
    let metric = MetricKey.rolloutKL
    let later = history.points(metric).filter { $0.step > 1 }
    guard let last = later.last, later.allSatisfy({ abs($0.value) < 1e-9 }),
      let moved = history.median(.approximateKL), moved > 1e-9
    else { return nil }
    return Evidence(metric, last, "it stays 0 while policy/approxkl_avg is \(brief(moved))")
  }
}

/// Every pair is ranked, and the margin still grows: no finite margin is the optimum.
struct DeterministicLabelsRule: DiagnosticRule {
  let symptom = GallerySymptom.deterministicLabels
  /// The loss below which sampled labels would have to be noiseless, in nats.
  static let leastLoss = 0.2

  func evidence(in history: MetricsHistory) -> Evidence? {
    guard let accuracy = history.lastQuarter(.rewardAccuracy), accuracy.value > 0.95,
      let loss = history.lastQuarter(.loss), loss.value < Self.leastLoss
    else { return nil }
    return Evidence(
      .loss, loss, "below \(Self.leastLoss) with rewards/accuracies \(brief(accuracy.value))")
  }
}

/// The margin grows because the rejected completions fall faster than the chosen ones.
struct ChosenFallingRule: DiagnosticRule {
  let symptom = GallerySymptom.chosenFalling
  /// How far the chosen log-probability may fall over a training, as a share of where it began.
  static let largestFall = 0.7

  func evidence(in history: MetricsHistory) -> Evidence? {
    let metric = MetricKey.chosenLogProbability
    guard let first = history.points(metric).first, let end = history.lastQuarter(metric),
      let margin = history.lastQuarter(.rewardMargin), margin.value > 0,
      first.value - end.value > Self.largestFall * abs(first.value)
    else { return nil }
    return Evidence(
      metric, end,
      "it began at \(brief(first.value)), while rewards/margins grew to \(brief(margin.value))")
  }
}
