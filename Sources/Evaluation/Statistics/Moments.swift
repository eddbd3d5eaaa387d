import TensorKernels

/// The variance with Bessel's correction, Σ(x − x̄)²/(n − 1); NaN for fewer than two values.
public func sampleVariance(of values: [Double]) -> Double {
  guard values.count > 1 else { return .nan }
  let center = mean(of: values)
  let sumOfSquares = values.reduce(0) { $0 + ($1 - center) * ($1 - center) }
  return sumOfSquares / Double(values.count - 1)
}

/// The square root of the variance with Bessel's correction.
public func standardDeviation(of values: [Double]) -> Double {
  sampleVariance(of: values).squareRoot()
}

/// The estimated standard deviation of the mean, s/√n, of independent values.
public func standardError(of values: [Double]) -> Double {
  standardDeviation(of: values) / Double(values.count).squareRoot()
}

/// The quantile that NumPy's `percentile` computes: linear between order statistics.
///
/// With h = p·(n − 1) it lies between the sorted values number ⌊h⌋ and ⌊h⌋ + 1 (definition 7 of
/// Hyndman and Fan, 1996). NaN for no values.
public func quantile(_ probability: Double, of values: [Double]) -> Double {
  quantile(probability, ofSorted: values.sorted())
}

/// The quantile of values that are sorted already.
func quantile(_ probability: Double, ofSorted sorted: [Double]) -> Double {
  precondition(0 <= probability && probability <= 1, "\(probability) is no probability")
  guard let last = sorted.indices.last else { return .nan }
  let position = probability * Double(last)
  let below = min(Int(position), last)
  // At a value itself there is nothing to interpolate, and its neighbour may be infinite.
  guard position > Double(below) else { return sorted[below] }
  let above = min(below + 1, last)
  return sorted[below] + (position - Double(below)) * (sorted[above] - sorted[below])
}

/// The middle value; the mean of the two middle ones for an even count.
public func median(of values: [Double]) -> Double {
  quantile(0.5, of: values)
}

/// The distance between the quartiles, as `scipy.stats.iqr` computes it.
public func interquartileRange(of values: [Double]) -> Double {
  let sorted = values.sorted()
  return quantile(0.75, ofSorted: sorted) - quantile(0.25, ofSorted: sorted)
}

/// The median distance from the median, without a factor that would match a normal's deviation.
public func medianAbsoluteDeviation(of values: [Double]) -> Double {
  let center = median(of: values)
  return median(of: values.map { abs($0 - center) })
}

/// The mean after cutting a share of the values off each end, as `scipy.stats.trim_mean` does.
///
/// The number cut at each end is ⌊share·n⌋: five values lose one at each end at a share of 0.25.
public func trimmedMean(of values: [Double], cutting share: Double) -> Double {
  precondition(0 <= share && share < 0.5, "cutting \(share) at each end leaves nothing")
  let cut = Int(share * Double(values.count))
  return mean(of: Array(values.sorted()[cut..<(values.count - cut)]))
}

/// The mean of the middle half, Agarwal (2021), section 4.3: robust as the median, less wasteful.
public func interquartileMean(of values: [Double]) -> Double {
  trimmedMean(of: values, cutting: 0.25)
}
