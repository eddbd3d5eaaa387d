import TensorKernels

// The measures of Chan (2020), 'Measuring the Reliability of Reinforcement Learning Algorithms',
// arXiv 1912.05663, table 1, on curves of a held-out score.

extension LearningCurve {
  /// Dispersion across time: the interquartile range of the differences; zero on a straight line.
  ///
  /// Chan (2020), section 3.2, with one window as long as the run, since a run here is evaluated
  /// tens of times, not thousands.
  public var dispersionAcrossTime: Double {
    interquartileRange(of: differences)
  }

  /// Short-term risk: the mean of the worst differences, `tail` of them; negative where it falls.
  public func shortTermRisk(tail: Double = 0.05) -> Double {
    conditionalValueAtRisk(lower: differences, tail: tail)
  }

  /// Long-term risk: the mean of the largest drawdowns, `tail` of them; zero if it never falls.
  public func longTermRisk(tail: Double = 0.05) -> Double {
    conditionalValueAtRisk(upper: drawdowns, tail: tail)
  }

  /// The largest fall from the best score so far; NaN for an empty curve.
  public var maximumDrawdown: Double {
    drawdowns.max() ?? .nan
  }

  /// How much of the best score the run had lost at its end.
  public var finalDrawdown: Double {
    drawdowns.last ?? .nan
  }
}

/// A measure of how far the scores of several runs lie apart.
public enum Spread: String, Codable, CaseIterable, Sendable {
  /// The distance between the quartiles.
  case interquartileRange = "interquartile-range"
  /// The median distance from the median.
  case medianAbsoluteDeviation = "median-absolute-deviation"

  /// The spread of the values.
  public func callAsFunction(_ values: [Double]) -> Double {
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
public func dispersionAcrossRuns(
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
public func riskAcrossRuns(_ curves: [LearningCurve], tail: Double = 0.05) -> Double {
  conditionalValueAtRisk(lower: curves.compactMap(\.values.last), tail: tail)
}
