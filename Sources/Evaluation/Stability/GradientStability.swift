import TensorKernels

/// How steady the gradient was over one run.
public struct GradientStability: Codable, Hashable, Sendable {
  /// The mean of the gradient's norm before clipping.
  public var meanNorm: Double
  /// The standard deviation of the norm over its mean.
  public var coefficientOfVariation: Double
  /// The largest norm over the median one: how far the worst spike stood out.
  public var largestOverMedian: Double
  /// The gradient noise scale, `gradientNoiseScale`; NaN where it was not measured.
  public var noiseScale: Double

  /// Summarizes the norms and noise estimates of a run's updates, one of each an update.
  ///
  /// Only finite norms are counted: the update that diverged is reported as a diverged run.
  public init(norms: [Double], gradientPowers: [Double] = [], covarianceTraces: [Double] = []) {
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
/// A ratio of means over updates, not a mean of ratios: both parts are unbiased (appendix A.1), the
/// ratio of one update is not, and |G|² may come out negative. NaN where its mean is not positive:
/// the gradient was then lost in the noise.
public func gradientNoiseScale(
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
public struct SeriesSummary: Codable, Hashable, Sendable {
  /// The mean of the finite values.
  public var mean: Double
  /// The standard deviation of the finite values.
  public var standardDeviation: Double
  /// The smallest finite value.
  public var smallest: Double
  /// The largest finite value.
  public var largest: Double
  /// The value logged last.
  public var last: Double
  /// How many values were not finite.
  public var nonFinite: Int

  /// Summarizes the values in the order they were logged.
  public init(_ values: [Double]) {
    let finite = values.filter(\.isFinite)
    mean = TensorKernels.mean(of: finite)
    standardDeviation = Evaluation.standardDeviation(of: finite)
    smallest = finite.min() ?? .nan
    largest = finite.max() ?? .nan
    last = values.last ?? .nan
    nonFinite = values.count - finite.count
  }
}
