import Datasets
import TensorKernels

/// An estimate with the bounds of its confidence interval.
package struct Interval: Codable, Hashable, Sendable {
  /// The value estimated from all the data.
  package var estimate: Double
  /// The lower bound; NaN where the data do not determine one.
  package var lower: Double
  /// The upper bound; NaN where the data do not determine one.
  package var upper: Double
  /// The nominal probability that such an interval holds the truth.
  package var confidence: Double

  /// An estimate between two bounds.
  package init(estimate: Double, lower: Double, upper: Double, confidence: Double = 0.95) {
    self.estimate = estimate
    self.lower = lower
    self.upper = upper
    self.confidence = confidence
  }

  /// Whether the value lies within the bounds, which count as inside.
  package func contains(_ value: Double) -> Bool {
    lower <= value && value <= upper
  }

  /// Whether both bounds lie above zero.
  package var isAboveZero: Bool { lower > 0 && upper > 0 }

  /// Whether both bounds lie below zero.
  package var isBelowZero: Bool { lower < 0 && upper < 0 }
}

/// Student's interval of a mean, x̄ ± t·s/√n, with n − 1 degrees of freedom.
///
/// Exact for independent normal values. The bounds are NaN for fewer than two values.
package func studentInterval(of values: [Double], confidence: Double = 0.95) -> Interval {
  let center = mean(of: values)
  guard values.count > 1 else {
    return Interval(estimate: center, lower: .nan, upper: .nan, confidence: confidence)
  }
  let t = studentQuantile((1 + confidence) / 2, degreesOfFreedom: Double(values.count - 1))
  let margin = t * standardError(of: values)
  return Interval(
    estimate: center, lower: center - margin, upper: center + margin, confidence: confidence)
}

/// Student's interval of the mean of paired differences, `first[i] − second[i]`.
///
/// The pairs are seeds: both arms of a seed share data and starting point, so that the difference
/// is free of what only the seed decides.
package func pairedDifferenceInterval(
  _ first: [Double], minus second: [Double], confidence: Double = 0.95
) -> Interval {
  precondition(first.count == second.count, "\(first.count) values against \(second.count)")
  return studentInterval(of: zip(first, second).map { $0 - $1 }, confidence: confidence)
}

/// Wilson's score interval of a share, Wilson (1927); a tie counts as half a success.
///
///     (p̂ + z²/2n ± z·√(p̂(1 − p̂)/n + z²/4n²)) / (1 + z²/n)
///
/// Ties make the outcomes vary less than Bernoulli trials do, so the interval errs on the wide side.
package func wilsonInterval(
  successes: Double, trials: Int, confidence: Double = 0.95
) -> Interval {
  precondition(0 <= successes && successes <= Double(trials), "\(successes) of \(trials)")
  let (n, z) = (Double(trials), normalQuantile((1 + confidence) / 2))
  guard trials > 0 else {
    return Interval(estimate: .nan, lower: .nan, upper: .nan, confidence: confidence)
  }
  let share = successes / n
  let center = (share + z * z / (2 * n)) / (1 + z * z / n)
  let margin =
    z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot() / (1 + z * z / n)
  // Where all trials agree one bound is exact, and rounding must not move it past the estimate.
  return Interval(
    estimate: share, lower: successes == 0 ? 0 : max(0, center - margin),
    upper: successes == n ? 1 : min(1, center + margin), confidence: confidence)
}

/// The two-sided p value of the sign-flip test on paired differences; exact for up to 20 of them.
///
/// Under the hypothesis each difference is as likely with the other sign; p is the share of the
/// 2ⁿ sign patterns whose sum is at least as far from zero as the observed one. It cannot fall
/// below 2/2ⁿ: five pairs never reach 0.05. Beyond 20 pairs it is that of 100,000 random patterns
/// and the observed one, (1 + extreme)/(1 + drawn) of Phipson and Smyth (2010), equation 2.
package func signFlipProbability(of differences: [Double]) -> Double {
  let magnitudes = differences.map(abs)
  let tolerance = 1e-12 * magnitudes.reduce(0, +)
  let observed = abs(differences.reduce(0, +)) - tolerance
  func isExtreme(_ isFlipped: (Int) -> Bool) -> Bool {
    var sum = 0.0
    for (i, magnitude) in magnitudes.enumerated() { sum += isFlipped(i) ? -magnitude : magnitude }
    return abs(sum) >= observed
  }
  guard differences.count > 20 else {
    let patterns = 1 << differences.count
    let extreme = (0..<patterns).count { pattern in isExtreme { pattern >> $0 & 1 == 1 } }
    return Double(extreme) / Double(patterns)
  }
  var generator = Seed(0).generator(for: "statistics.sign-flips")
  let drawn = 100_000
  let extreme = (0..<drawn).count { _ in isExtreme { _ in generator.next() & 1 == 1 } }
  return Double(1 + extreme) / Double(1 + drawn)
}
