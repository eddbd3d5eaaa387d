package import Datasets
import TensorKernels

/// Intervals of several means at once: with the nominal probability all of them hold the truth.
package struct SimultaneousBand: Codable, Hashable, Sendable {
  /// The interval at each place.
  package let intervals: [Interval]
  /// How many standard errors wide each half is, in place of Student's quantile; NaN where no place
  /// has a spread.
  package let criticalValue: Double
}

/// A simultaneous band of the mean of paired differences over several places of a curve.
///
///     d̄ⱼ ± c·sⱼ/√nⱼ        P(maxⱼ |d̄ⱼ − δⱼ|/(sⱼ/√nⱼ) ≤ c) = confidence
///
/// The max-t band of Hothorn, Bretz and Westfall (2008), section 3, whose correlation between places is
/// that of the seeds. c is simulated: with residuals rₖⱼ = dₖⱼ − d̄ⱼ and independent normals gᵢₖ the
/// curves Σₖ gᵢₖ·rₖⱼ, one for each seed i, have mean zero and the covariance that was seen, and c is the
/// quantile of their largest |t|. At a single place it is Student's interval but for the simulation.
/// It assumes normal seeds; how far it covers at small numbers of them is simulated in its test.
///
/// - Parameters:
///   - differences: `[place][seed]`, NaN where a seed has none.
///   - confidence: The nominal probability that all intervals hold the truth at once.
///   - draws: How many sets of curves are simulated.
///   - seed: Where the draws come from.
/// - Returns: One interval for each place; its bounds are NaN where fewer than two seeds have a value.
package func simultaneousBand(
  of differences: [[Double]], confidence: Double = 0.95, draws: Int = 4000, seed: Seed
) -> SimultaneousBand {
  let places = differences.map(BandPlace.init)
  let spread = places.filter { $0.error > 0 }
  var generator = seed.generator(for: "statistics.simultaneous-band")
  let seeds = differences.first?.count ?? 0
  let maxima = (0..<(spread.isEmpty ? 0 : draws)).map { _ in
    let normals = (0..<seeds).map { _ in (0..<seeds).map { _ in generator.normal() } }
    return spread.map { $0.statistic(normals) }.max() ?? 0
  }
  let critical = quantile(confidence, of: maxima)
  return SimultaneousBand(
    intervals: places.map { $0.interval(critical, confidence: confidence) },
    criticalValue: critical)
}

/// The differences of one place.
private struct BandPlace {
  let mean: Double
  /// The standard error of the mean; NaN for fewer than two seeds.
  let error: Double
  /// The seeds with a value, and how far each of them lies from the mean.
  let residuals: [(seed: Int, value: Double)]

  init(_ differences: [Double]) {
    let known = differences.enumerated().filter { $0.element.isFinite }
    let center = TensorKernels.mean(of: known.map(\.element))
    mean = center
    error = standardError(of: known.map(\.element))
    residuals = known.map { ($0.offset, $0.element - center) }
  }

  /// |t| of simulated curves at this place.
  func statistic(_ normals: [[Double]]) -> Double {
    let values = residuals.map { curve in
      residuals.reduce(0) { $0 + normals[curve.seed][$1.seed] * $1.value }
    }
    return abs(TensorKernels.mean(of: values)) / standardError(of: values)
  }

  func interval(_ critical: Double, confidence: Double) -> Interval {
    // Seeds that all agree leave no margin, as in Student's interval.
    let margin = error == 0 ? 0 : critical * error
    return Interval(
      estimate: mean, lower: mean - margin, upper: mean + margin, confidence: confidence)
  }
}
