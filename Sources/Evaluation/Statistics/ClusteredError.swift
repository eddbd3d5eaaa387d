import TensorKernels

// Two completions of one prompt are no two independent trials: what the prompt decides counts once.

/// The standard error of a mean whose values come in clusters.
///
///     SE² = G/(G − 1) · Σ_g (Σ_{i∈g} (xᵢ − x̄))² / n²
///
/// The cluster-robust variance of Liang and Zeger (1986), for a mean, with the factor for few clusters
/// of Cameron and Miller (2015), section II.B. It assumes that clusters are independent, and nothing of
/// the values of one cluster. Where every value is its own cluster it is s/√n, `standardError`.
///
/// - Parameters:
///   - values: The n values.
///   - clusters: The cluster of each value, such as the place of its prompt.
/// - Returns: The standard error, in the values' unit; NaN for fewer than two clusters.
package func clusteredStandardError(of values: [Double], clusters: [Int]) -> Double {
  precondition(values.count == clusters.count, "\(values.count) values, \(clusters.count) clusters")
  let center = mean(of: values)
  // In the order of first appearance, so that the sum has the same bits every time.
  var places: [Int: Int] = [:]
  var sums: [Double] = []
  for (value, cluster) in zip(values, clusters) {
    if let place = places[cluster] {
      sums[place] += value - center
    } else {
      places[cluster] = sums.count
      sums.append(value - center)
    }
  }
  guard sums.count > 1 else { return .nan }
  let count = Double(sums.count)
  let squares = sums.reduce(0) { $0 + $1 * $1 }
  return (count / (count - 1) * squares).squareRoot() / Double(values.count)
}

/// Wilson's interval of a share whose outcomes come in clusters; a tie is half a success.
///
///     n* = n / max(1, SE²_clustered / SE²)
///
/// The trials of `wilsonInterval` are replaced by the effective number n* of Kish (1965), section 8.2:
/// as many independent ones as would give the clustered standard error. Outcomes that are all alike
/// tell nothing of their clustering; there n* is the number of clusters.
///
/// - Parameters:
///   - outcomes: 1 for a success, ½ for a tie, 0 for a failure.
///   - clusters: The cluster of each outcome.
///   - confidence: The nominal probability that the interval holds the true share.
/// - Returns: The interval, whose estimate is the share itself.
package func clusteredWilsonInterval(
  of outcomes: [Double], clusters: [Int], confidence: Double = 0.95
) -> Interval {
  let share = mean(of: outcomes)
  let clustered = clusteredStandardError(of: outcomes, clusters: clusters)
  let naive = standardError(of: outcomes)
  let effect = naive > 0 ? max(1, clustered * clustered / (naive * naive)) : .nan
  let trials =
    effect.isFinite
    ? Int((Double(outcomes.count) / effect).rounded()) : Set(clusters).count
  var interval = wilsonInterval(
    successes: share * Double(trials), trials: trials, confidence: confidence)
  interval.estimate = share
  return interval
}
