/// The parts of the gradient noise scale, McCandlish (2018), appendix A.1.
///
/// From S shards of b items each, with shard gradients gₛ and their mean G over B = S·b items:
///
///     |𝒢|² = (B·|G|² − b·mean|gₛ|²)/(B − b)        tr Σ = (mean|gₛ|² − |G|²)/(1/b − 1/B)
///
/// Both are unbiased and may be negative in a single step. The noise scale tr Σ / |𝒢|² is the ratio
/// of their means over steps, never the mean of their ratios.
public struct GradientNoise: Codable, Sendable, Equatable {
  /// The unbiased estimate of the squared norm of the true gradient.
  public var gradientPower: Double
  /// The unbiased estimate of the trace of the covariance of one item's gradient.
  public var covarianceTrace: Double

  /// An estimate with these parts.
  public init(gradientPower: Double, covarianceTrace: Double) {
    self.gradientPower = gradientPower
    self.covarianceTrace = covarianceTrace
  }

  /// The estimate from the squared norm of the mean gradient and those of its equal shards.
  ///
  /// - Parameters:
  ///   - meanSquaredNorm: |G|².
  ///   - shardSquaredNorms: |gₛ|² of each shard's own mean loss; one shard alone gives NaN.
  ///   - itemsPerShard: b, or 1 to count the covariance per shard.
  public init(meanSquaredNorm: Double, shardSquaredNorms: [Double], itemsPerShard: Double) {
    let shards = Double(shardSquaredNorms.count)
    guard shards > 1 else {
      self.init(gradientPower: .nan, covarianceTrace: .nan)
      return
    }
    let small = shardSquaredNorms.reduce(0, +) / shards
    self.init(
      gradientPower: (shards * meanSquaredNorm - small) / (shards - 1),
      covarianceTrace: (small - meanSquaredNorm) * itemsPerShard * shards / (shards - 1))
  }
}
