// Tests of a mean over seeds: against a bound, for equivalence, and many of them at once.

/// A mean of n independent values with its standard error: what a t test reads.
package struct MeanEstimate: Hashable, Sendable {
  /// The mean.
  package var mean: Double
  /// Its estimated standard deviation, s/√n.
  package var standardError: Double
  /// The number of values, at least two.
  package var count: Int

  /// A mean of so many values.
  package init(mean: Double, standardError: Double, count: Int) {
    precondition(count > 1, "a standard error needs two values, not \(count)")
    (self.mean, self.standardError, self.count) = (mean, standardError, count)
  }

  /// A mean from the ends of Student's 95 % interval, x̄ ± t·s/√n.
  package init(mean: Double, low: Double, high: Double, count: Int) {
    let t = studentQuantile(0.975, degreesOfFreedom: Double(count - 1))
    self.init(mean: mean, standardError: (high - low) / (2 * t), count: count)
  }

  /// P(T > (x̄ − bound)/(s/√n)): small where the mean lies above the bound.
  ///
  /// Values that do not differ leave no doubt: 0 above the bound, 1 below it, ½ on it.
  package func probability(notAbove bound: Double) -> Double {
    let distance = mean - bound
    guard standardError > 0 else { return distance > 0 ? 0 : distance < 0 ? 1 : 0.5 }
    // The lower tail keeps its relative precision where the upper one is rounded against 1.
    return studentProbability(
      below: -distance / standardError, degreesOfFreedom: Double(count - 1))
  }

  /// The two-sided p-value of Student's t test of `mean = bound`, Student (1908).
  ///
  /// It is below 0.05 where the 95 % interval leaves the bound out. Of paired differences it is that
  /// of the paired test.
  package func pValue(against bound: Double) -> Double {
    let above = probability(notAbove: bound)
    return min(1, 2 * min(above, 1 - above))
  }

  /// The p-value of two one-sided tests for |mean − bound| < margin, Schuirmann (1987).
  ///
  ///     p = max(P(T > (x̄ − (b − m))/se), P(T < (x̄ − (b + m))/se))
  ///
  /// It is below 0.05 where the 90 % interval lies within the margin. The margin has to be stated
  /// before the data are seen.
  package func equivalenceP(around bound: Double = 0, margin: Double) -> Double {
    precondition(margin > 0, "a margin of \(margin)")
    let mirrored = MeanEstimate(mean: -mean, standardError: standardError, count: count)
    return max(
      probability(notAbove: bound - margin), mirrored.probability(notAbove: -(bound + margin)))
  }
}

/// The adjusted p-values of Holm's step-down procedure, Holm (1979), in the order of the given ones.
///
///     p̃₍ᵢ₎ = max over j ≤ i of min(1, (m − j + 1)·p₍ⱼ₎)
///
/// Rejecting where p̃ < α keeps the probability of any false rejection among the m hypotheses below α,
/// whatever their dependence.
package func holmAdjusted(_ pValues: [Double]) -> [Double] {
  var adjusted = pValues
  var largest = 0.0
  for (place, index) in pValues.indices.sorted(by: { pValues[$0] < pValues[$1] }).enumerated() {
    largest = max(largest, min(1, Double(pValues.count - place) * pValues[index]))
    adjusted[index] = largest
  }
  return adjusted
}
