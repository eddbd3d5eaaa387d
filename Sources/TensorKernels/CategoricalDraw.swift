/// The unnormalised probabilities of a row of logits: `weights[c] = exp((logits[c] − max)/T)`.
///
/// - Returns: their sum.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func exponentialWeights<Scalar: BLASScalar>(
  of logits: Span<Scalar>, temperature: Scalar, into weights: inout MutableSpan<Scalar>
) -> Scalar {
  checkCounts(logits.count, logits.count, weights.count)
  let (best, factor) = (largest(logits), 1 / temperature)
  for c in 0..<weights.count { weights[c] = .exponential((logits[c] - best) * factor) }
  return sum(weights.span)
}

/// The first index whose cumulative weight exceeds the share `uniform` of all weight.
///
///     min {c : Σ over j ≤ c of w(j) > uniform · Σ over all j of w(j)}
///
/// Cumulative weights are summed in Double. Where rounding leaves none above the share, it is the
/// last index with any weight.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func inverse<Scalar: BLASScalar>(of weights: Span<Scalar>, at uniform: Double) -> Int {
  let threshold = uniform * sumInDouble(weights)
  var cumulative = 0.0
  for c in 0..<weights.count where weights[c] > 0 {
    cumulative += Double(weights[c])
    if cumulative > threshold { return c }
  }
  return lastWeight(weights)
}

/// The sum in four interleaved Doubles.
@inline(__always)
private func sumInDouble<Scalar: BLASScalar>(_ values: Span<Scalar>) -> Double {
  var sums = SIMD4<Double>(repeating: 0)
  let whole = values.count & ~3
  for c in stride(from: 0, to: whole, by: 4) {
    sums += SIMD4(
      Double(values[c]), Double(values[c &+ 1]), Double(values[c &+ 2]), Double(values[c &+ 3]))
  }
  var total = sums.sum()
  for c in whole..<values.count { total += Double(values[c]) }
  return total
}

@inline(__always)
private func lastWeight<Scalar: BLASScalar>(_ weights: Span<Scalar>) -> Int {
  for c in stride(from: weights.count - 1, through: 0, by: -1) where weights[c] > 0 { return c }
  return 0
}

/// The largest of at least one value; NaN never wins unless it is the first.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func largest<Scalar: BLASScalar>(_ values: Span<Scalar>) -> Scalar {
  precondition(!values.isEmpty, "the largest of no values")
  return unsafe values.withUnsafeBufferPointer { buffer in
    guard let values = buffer.baseAddress else { return 0 }
    return unsafe largest(values, buffer.count)
  }
}

/// The first index at which a value stands; zero where it does not.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func firstIndex<Scalar: BLASScalar>(of value: Scalar, in values: Span<Scalar>) -> Int {
  for c in 0..<values.count where values[c] == value { return c }
  return 0
}
