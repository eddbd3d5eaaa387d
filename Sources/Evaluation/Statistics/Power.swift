import RealModule

/// P(T ≤ t) of the noncentral t distribution, T = (Z + δ)/√(V/ν), by integration over S = √(V/ν).
///
///     P(T ≤ t) = ∫₀^∞ Φ(t·s − δ)·f(s) ds        f(s) = 2·(ν/2)^{ν/2}/Γ(ν/2) · s^{ν−1}·e^{−ν·s²/2}
///
/// Johnson, Kotz and Balakrishnan (1995), equation 31.10. Simpson's rule with 4,000 intervals over the
/// places that hold all but 1e-20 of f; the error is below 1e-9.
package func noncentralStudentProbability(
  below t: Double, degreesOfFreedom: Double, noncentrality: Double
) -> Double {
  precondition(degreesOfFreedom >= 1, "\(degreesOfFreedom) degrees of freedom")
  let half = degreesOfFreedom / 2
  let logFactor = Double.log(2) + half * Double.log(half) - Double.logGamma(half)
  func integrand(_ s: Double) -> Double {
    let power = degreesOfFreedom == 1 ? 0 : (degreesOfFreedom - 1) * .log(s)
    let density = Double.exp(logFactor + power - half * s * s)
    return density * normalProbability(below: t * s - noncentrality)
  }
  let reach = 10 / degreesOfFreedom.squareRoot()
  let (low, high, intervals) = (max(0, 1 - reach), 1 + reach, 4000)
  let width = (high - low) / Double(intervals)
  var sum = integrand(low) + integrand(high)
  for place in 1..<intervals {
    sum += (place.isMultiple(of: 2) ? 2 : 4) * integrand(low + Double(place) * width)
  }
  return min(1, max(0, sum * width / 3))
}

/// The power of the two-sided paired t test: the probability of p < α at a true mean difference.
///
///     δ = √n·effect/sd        power = P(|T| > t₁₋α/₂)        T noncentral with n − 1 degrees of freedom
///
/// - Parameters:
///   - effect: The mean difference that is to be seen.
///   - deviation: The standard deviation of the differences of one pair, as a pilot shows it.
///   - pairs: The number of pairs n, at least two.
///   - level: The significance level α; after Holm the level of one test of m is at least α/m.
/// - Returns: The power, between α and 1.
package func pairedTestPower(
  effect: Double, deviation: Double, pairs: Int, level: Double = 0.05
) -> Double {
  precondition(pairs > 1 && deviation > 0, "\(pairs) pairs of deviation \(deviation)")
  let freedom = Double(pairs - 1)
  let critical = studentQuantile(1 - level / 2, degreesOfFreedom: freedom)
  let delta = Double(pairs).squareRoot() * abs(effect) / deviation
  func below(_ t: Double) -> Double {
    noncentralStudentProbability(below: t, degreesOfFreedom: freedom, noncentrality: delta)
  }
  return 1 - below(critical) + below(-critical)
}

/// The smallest number of pairs at which the paired t test has the wanted power; nil beyond 10,000.
///
/// A pilot's deviation is itself uncertain: of six pairs it may be half as large again.
package func pairsNeeded(
  effect: Double, deviation: Double, power: Double = 0.8, level: Double = 0.05
) -> Int? {
  func suffices(_ pairs: Int) -> Bool {
    pairedTestPower(effect: effect, deviation: deviation, pairs: pairs, level: level) >= power
  }
  // Power grows with the pairs: double until they suffice, then halve the gap.
  var enough = 2
  while !suffices(enough) {
    guard enough < 10_000 else { return nil }
    enough *= 2
  }
  var tooFew = enough / 2
  while enough - tooFew > 1 {
    let middle = (enough + tooFew) / 2
    if suffices(middle) { enough = middle } else { tooFew = middle }
  }
  return enough
}
