public import TensorKernels

/// The mean and the spread of a set of numbers, accumulated in double precision.
public struct Moments: Sendable, Equatable {
  /// The arithmetic mean; zero of nothing.
  public let mean: Double
  /// The variance with Bessel's correction, Σ(x − mean)² / (n − 1); zero of fewer than two.
  public let variance: Double

  /// The moments of the values, in two passes.
  public init<Scalar: BinaryFloatingPoint>(_ values: [Scalar]) {
    let count = Double(values.count)
    let mean = values.isEmpty ? 0 : values.reduce(0.0) { $0 + Double($1) } / count
    let squares = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    self.mean = mean
    variance = values.count < 2 ? 0 : squares / (count - 1)
  }

  /// The variance under one of the two conventions.
  public func variance(_ convention: VarianceConvention, count: Int) -> Double {
    switch convention {
    case .sample: variance
    case .population: count < 2 ? 0 : variance * Double(count - 1) / Double(count)
    }
  }

  /// The square root of the variance.
  public var standardDeviation: Double { variance.squareRoot() }
}

/// What a sum of squares is divided by.
public enum VarianceConvention: String, Codable, Sendable, CaseIterable {
  /// n − 1, Bessel's correction: TRL, legacy and current.
  case sample
  /// n: Ziegler's code (`tf.nn.moments`), OpenRLHF.
  case population
}

/// Over which tokens advantages are whitened.
public enum WhiteningScope: String, Codable, Sendable, CaseIterable {
  /// All of an iteration's rollouts, once: TRL.
  case rollouts
  /// Those of each minibatch, in its loss: Ziegler's code.
  case minibatch
}

/// Shifts and scales rows of numbers to mean zero and variance one over all rows together.
///
///     x ← (x − mean) / √(variance + 10⁻⁸)        TRL's `masked_whiten`, Bessel-corrected
///
/// PPO's advantages are whitened over the tokens of a whole batch of rollouts, once.
public func whitened<Scalar: BLASScalar>(
  _ rows: [[Scalar]], variance convention: VarianceConvention = .sample
) -> [[Scalar]] {
  let all = rows.flatMap { $0 }
  let moments = Moments(all)
  if moments.variance == .infinity, let largest = all.map(abs).max(), largest.isFinite {
    // Squares beyond the range of a Double; in units of the largest number they are not.
    return whitened(rows.map { row in row.map { $0 / largest } }, variance: convention)
  }
  let scale = 1 / (moments.variance(convention, count: all.count) + 1e-8).squareRoot()
  return rows.map { row in row.map { Scalar((Double($0) - moments.mean) * scale) } }
}

/// Scales rows of numbers to variance one around the mean that they keep.
///
///     x ← (x − mean) / √(variance + 10⁻⁸) + mean        TRL's `masked_whiten(shift_mean=False)`
///
/// This is TRL's `whiten_rewards`: it changes what the KL penalty weighs against the score.
public func whitenedKeepingMean<Scalar: BLASScalar>(
  _ rows: [[Scalar]], variance convention: VarianceConvention = .sample
) -> [[Scalar]] {
  let mean = Moments(rows.flatMap { $0 }).mean
  return whitened(rows, variance: convention).map { row in row.map { Scalar(Double($0) + mean) } }
}
