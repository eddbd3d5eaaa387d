import TensorKernels

// The measures of Chan (2020), 'Measuring the Reliability of Reinforcement Learning Algorithms',
// arXiv 1912.05663, table 1, on curves of a held-out score.

extension LearningCurve {
  /// Dispersion across time: the interquartile range of the differences; zero on a straight line.
  ///
  /// Chan (2020), section 3.2, with one window as long as the run, since a run here is evaluated
  /// tens of times, not thousands.
  package var dispersionAcrossTime: Double {
    interquartileRange(of: differences)
  }

  /// Short-term risk: the mean of the worst differences, `tail` of them; negative where it falls.
  package func shortTermRisk(tail: Double = 0.05) -> Double {
    conditionalValueAtRisk(lower: differences, tail: tail)
  }

  /// Long-term risk: the mean of the largest drawdowns, `tail` of them; zero if it never falls.
  package func longTermRisk(tail: Double = 0.05) -> Double {
    conditionalValueAtRisk(upper: drawdowns, tail: tail)
  }

  /// The largest fall from the best score so far; NaN for an empty curve.
  package var maximumDrawdown: Double {
    drawdowns.max() ?? .nan
  }

  /// How much of the best score the run had lost at its end.
  package var finalDrawdown: Double {
    drawdowns.last ?? .nan
  }
}

/// A measure of how far the scores of several runs lie apart.
package enum Spread: String, Codable, CaseIterable, Sendable {
  /// The distance between the quartiles.
  case interquartileRange = "interquartile-range"
  /// The median distance from the median.
  case medianAbsoluteDeviation = "median-absolute-deviation"

  /// The spread of the values.
  package func callAsFunction(_ values: [Double]) -> Double {
    switch self {
    case .interquartileRange: Evaluation.interquartileRange(of: values)
    case .medianAbsoluteDeviation: Evaluation.medianAbsoluteDeviation(of: values)
    }
  }
}

/// Dispersion across runs: the spread of the runs' scores at each time, averaged over the times.
///
/// Chan (2020), section 3.3, without the low-pass filter, which needs long curves. A time counts if
/// at least two runs have a score at it, so a run that ended early counts for as long as it lasted.
package func dispersionAcrossRuns(
  _ curves: [LearningCurve], spread: Spread = .interquartileRange
) -> Double {
  var scores: [Double: [Double]] = [:]
  for curve in curves {
    for (time, value) in zip(curve.times, curve.values) { scores[time, default: []].append(value) }
  }
  let shared = scores.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }
  return mean(of: shared.map { spread($0.value) })
}

/// Risk across runs: the mean of the worst final scores, `tail` of them.
///
/// Chan (2020), section 3.3. With fewer than twenty runs it is nearly the worst run.
package func riskAcrossRuns(_ curves: [LearningCurve], tail: Double = 0.05) -> Double {
  conditionalValueAtRisk(lower: curves.compactMap(\.values.last), tail: tail)
}

/// How steady the gradient was over one run.
package struct GradientStability: Codable, Hashable, Sendable {
  /// The mean of the gradient's norm before clipping.
  package var meanNorm: Double
  /// The standard deviation of the norm over its mean.
  package var coefficientOfVariation: Double
  /// The largest norm over the median one: how far the worst spike stood out.
  package var largestOverMedian: Double
  /// The gradient noise scale, `gradientNoiseScale`; NaN where it was not measured.
  package var noiseScale: Double

  /// Summarizes the norms and noise estimates of a run's updates, one of each an update.
  ///
  /// Only finite norms are counted: the update that diverged is reported as a diverged run.
  package init(norms: [Double], gradientPowers: [Double] = [], covarianceTraces: [Double] = []) {
    let finite = norms.filter(\.isFinite)
    meanNorm = mean(of: finite)
    coefficientOfVariation = standardDeviation(of: finite) / meanNorm
    largestOverMedian = (finite.max() ?? .nan) / median(of: finite)
    noiseScale = gradientNoiseScale(
      gradientPowers: gradientPowers, covarianceTraces: covarianceTraces)
  }
}

/// The simple noise scale tr Σ / |G|², McCandlish (2018), equation 2.9, in items of the batch.
///
/// A ratio of means over updates, not a mean of ratios: both parts are unbiased on fresh data
/// (appendix A.1), the ratio of one update is not, and |G|² may come out negative. Over several passes
/// through the same data it is the noise scale of the training set's loss. NaN where the mean of |G|²
/// is not positive: the gradient was then lost in the noise.
package func gradientNoiseScale(
  gradientPowers: [Double], covarianceTraces: [Double]
) -> Double {
  precondition(
    gradientPowers.count == covarianceTraces.count,
    "\(gradientPowers.count) gradient powers, \(covarianceTraces.count) covariance traces")
  let pairs = zip(gradientPowers, covarianceTraces).filter { $0.isFinite && $1.isFinite }
  let power = mean(of: pairs.map(\.0))
  return power > 0 ? mean(of: pairs.map(\.1)) / power : .nan
}

/// What a series of logged values did over a run.
package struct SeriesSummary: Codable, Hashable, Sendable {
  /// The mean of the finite values.
  package var mean: Double
  /// The standard deviation of the finite values.
  package var standardDeviation: Double
  /// The smallest finite value.
  package var smallest: Double
  /// The largest finite value.
  package var largest: Double
  /// The value logged last.
  package var last: Double
  /// How many values were not finite.
  package var nonFinite: Int

  /// Summarizes the values in the order they were logged.
  package init(_ values: [Double]) {
    let finite = values.filter(\.isFinite)
    mean = TensorKernels.mean(of: finite)
    standardDeviation = Evaluation.standardDeviation(of: finite)
    smallest = finite.min() ?? .nan
    largest = finite.max() ?? .nan
    last = values.last ?? .nan
    nonFinite = values.count - finite.count
  }
}
