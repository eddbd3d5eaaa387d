import RealModule
import TensorKernels

/// The regularized incomplete beta function Iₓ(a, b), for a and b above zero.
///
/// The continued fraction of DLMF 8.17.22, by the modified Lentz algorithm; where it converges
/// slowly, x > (a + 1)/(a + b + 2), the reflection Iₓ(a, b) = 1 − I₁₋ₓ(b, a) is taken.
package func regularizedIncompleteBeta(_ x: Double, a: Double, b: Double) -> Double {
  precondition(a > 0 && b > 0, "the beta function needs positive arguments, not \(a) and \(b)")
  guard x > 0 else { return 0 }
  guard x < 1 else { return 1 }
  guard x <= (a + 1) / (a + b + 2) else {
    return 1 - regularizedIncompleteBeta(1 - x, a: b, b: a)
  }
  let logBeta = Double.logGamma(a) + Double.logGamma(b) - Double.logGamma(a + b)
  let front = Double.exp(a * .log(x) + b * .log(onePlus: -x) - logBeta) / a
  return front / betaContinuedFraction(x, a: a, b: b)
}

/// The value 1 + d₁/(1 + d₂/(1 + …)) of DLMF 8.17.22.
private func betaContinuedFraction(_ x: Double, a: Double, b: Double) -> Double {
  let tiny = 1e-300
  var value = 1.0
  var (numerator, denominator) = (1.0, 0.0)
  for term in 1...2000 {
    let m = Double(term / 2)
    let coefficient =
      term.isMultiple(of: 2)
      ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    denominator = 1 + coefficient * denominator
    denominator = 1 / (abs(denominator) < tiny ? tiny : denominator)
    numerator = 1 + coefficient / numerator
    numerator = abs(numerator) < tiny ? tiny : numerator
    value *= numerator * denominator
    if abs(numerator * denominator - 1) < 1e-16 { break }
  }
  return value
}

/// P(T ≤ t) of Student's t distribution.
package func studentProbability(below t: Double, degreesOfFreedom: Double) -> Double {
  let x = degreesOfFreedom / (degreesOfFreedom + t * t)
  let tail = regularizedIncompleteBeta(x, a: degreesOfFreedom / 2, b: 0.5) / 2
  return t > 0 ? 1 - tail : tail
}

/// The value below which Student's t falls with the given probability.
package func studentQuantile(_ probability: Double, degreesOfFreedom: Double) -> Double {
  precondition(degreesOfFreedom > 0, "\(degreesOfFreedom) degrees of freedom")
  return symmetricQuantile(probability) { t in
    studentProbability(below: t, degreesOfFreedom: degreesOfFreedom)
  }
}

/// P(Z ≤ z) of the standard normal distribution, ½·erfc(−z/√2).
package func normalProbability(below z: Double) -> Double {
  Double.erfc(-z / 2.0.squareRoot()) / 2
}

/// The value below which a standard normal falls with the given probability.
package func normalQuantile(_ probability: Double) -> Double {
  symmetricQuantile(probability, distribution: normalProbability)
}

/// The quantile of a distribution symmetric about zero, by bisection of its lower tail.
///
/// The lower tail keeps its relative precision where the upper one is rounded against 1.
private func symmetricQuantile(
  _ probability: Double, distribution: (Double) -> Double
) -> Double {
  precondition(0 < probability && probability < 1, "the quantile at \(probability) is not finite")
  guard probability != 0.5 else { return 0 }
  let tail = min(probability, 1 - probability)
  var (lower, upper) = (-1.0, 0.0)
  while distribution(lower) > tail { (lower, upper) = (2 * lower, lower) }
  while true {
    let middle = lower + (upper - lower) / 2
    guard lower < middle, middle < upper else { break }
    if distribution(middle) < tail { lower = middle } else { upper = middle }
  }
  return probability < 0.5 ? upper : -upper
}

/// The variance with Bessel's correction, Σ(x − x̄)²/(n − 1); NaN for fewer than two values.
package func sampleVariance(of values: [Double]) -> Double {
  guard values.count > 1 else { return .nan }
  let center = mean(of: values)
  let sumOfSquares = values.reduce(0) { $0 + ($1 - center) * ($1 - center) }
  return sumOfSquares / Double(values.count - 1)
}

/// The square root of the variance with Bessel's correction.
package func standardDeviation(of values: [Double]) -> Double {
  sampleVariance(of: values).squareRoot()
}

/// The estimated standard deviation of the mean, s/√n, of independent values.
package func standardError(of values: [Double]) -> Double {
  standardDeviation(of: values) / Double(values.count).squareRoot()
}

/// The quantile that NumPy's `percentile` computes: linear between order statistics.
///
/// With h = p·(n − 1) it lies between the sorted values number ⌊h⌋ and ⌊h⌋ + 1 (definition 7 of
/// Hyndman and Fan, 1996). NaN for no values.
package func quantile(_ probability: Double, of values: [Double]) -> Double {
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
package func median(of values: [Double]) -> Double {
  quantile(0.5, of: values)
}

/// The distance between the quartiles, as `scipy.stats.iqr` computes it.
package func interquartileRange(of values: [Double]) -> Double {
  let sorted = values.sorted()
  return quantile(0.75, ofSorted: sorted) - quantile(0.25, ofSorted: sorted)
}

/// The median distance from the median, without a factor that would match a normal's deviation.
package func medianAbsoluteDeviation(of values: [Double]) -> Double {
  let center = median(of: values)
  return median(of: values.map { abs($0 - center) })
}

/// The mean after cutting a share of the values off each end, as `scipy.stats.trim_mean` does.
///
/// The number cut at each end is ⌊share·n⌋: five values lose one at each end at a share of 0.25.
package func trimmedMean(of values: [Double], cutting share: Double) -> Double {
  precondition(0 <= share && share < 0.5, "cutting \(share) at each end leaves nothing")
  let cut = Int(share * Double(values.count))
  return mean(of: Array(values.sorted()[cut..<(values.count - cut)]))
}

/// The mean of the middle half, Agarwal (2021), section 4.3: robust as the median, less wasteful.
package func interquartileMean(of values: [Double]) -> Double {
  trimmedMean(of: values, cutting: 0.25)
}
