/// What the fused head keeps of every row of logits.
public struct TokenStatistics<Scalar: TensorScalar>: Sendable {
  /// log p(target).
  public var logProbabilities: [Scalar]
  /// −Σ p log p.
  public var entropies: [Scalar]
  /// The mean over the vocabulary of the logits, temperature applied.
  public var meanLogits: [Scalar]
  /// Whether the target has the largest logit (the first of them at a tie).
  public var arePredicted: [Bool]

  /// Room for so many rows.
  public init(rows: Int) {
    logProbabilities = [Scalar](repeating: 0, count: rows)
    entropies = logProbabilities
    meanLogits = logProbabilities
    arePredicted = [Bool](repeating: false, count: rows)
  }
}

/// Turns rows of logits into probabilities in place and collects what losses see of them.
///
///     z = logits / temperature        log p(y) = z(y) − max z − log Σ exp(z − max z)
///
/// - Parameters:
///   - logits: rows × columns, overwritten with probabilities.
///   - targets: the column whose log-probability is wanted, one a row.
///   - temperature: divides the logits.
/// - Returns: log-probabilities, entropies and what else losses see.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func softmaxInPlace<Scalar: TensorScalar>(
  _ logits: inout MutableSpan<Scalar>, targets: [Int], temperature: Scalar
) -> TokenStatistics<Scalar> {
  var statistics = TokenStatistics<Scalar>(rows: targets.count)
  guard !targets.isEmpty else { return statistics }
  let columns = logits.count / targets.count
  checkCounts(logits.count, logits.count, columns * targets.count)
  var scratch = [Scalar](repeating: 0, count: columns)
  var shifted = scratch.mutableSpan
  unsafe withMutablePointers(&logits, &shifted) { logits, shifted in
    for (row, target) in targets.enumerated() {
      precondition(target >= 0 && target < columns, "target \(target) of \(columns)")
      unsafe softmaxRow(
        logits + row * columns, shifted, columns, target: target, temperature: temperature,
        row: row, &statistics)
    }
  }
  return statistics
}

@inline(__always)
private func softmaxRow<Scalar: TensorScalar>(
  _ z: UnsafeMutablePointer<Scalar>, _ shifted: UnsafeMutablePointer<Scalar>, _ columns: Int,
  target: Int, temperature: Scalar, row: Int, _ statistics: inout TokenStatistics<Scalar>
) {
  let factor = 1 / temperature
  let best = unsafe largest(z, columns)
  statistics.meanLogits[row] = unsafe sum(z, columns) * factor / Scalar(columns)
  statistics.arePredicted[row] = unsafe isFirst(best, at: target, in: z)
  for c in 0..<columns { unsafe shifted[c] = (z[c] - best) * factor }
  for c in 0..<columns { unsafe z[c] = .boundedExponential(shifted[c]) }
  let total = unsafe sum(z, columns)
  let weighted = unsafe dot(z, shifted, columns)
  let inverse = 1 / total
  for c in 0..<columns { unsafe z[c] *= inverse }
  let logTotal = Scalar.logarithm(total)
  statistics.logProbabilities[row] = unsafe shifted[target] - logTotal
  statistics.entropies[row] = logTotal - weighted * inverse
}

/// Whether `values[index]` is the value and none before it is.
@inline(__always)
private func isFirst<Scalar: TensorScalar>(
  _ value: Scalar, at index: Int, in values: UnsafeMutablePointer<Scalar>
) -> Bool {
  guard unsafe values[index] == value else { return false }
  for c in 0..<index where unsafe values[c] == value { return false }
  return true
}

/// The derivative of the target's log-probability for the logits, in place of the probabilities.
///
///     ∂L/∂logit(c) = ∂L/∂log p(y) · (1[c = y] − p(c)) / temperature
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func softmaxDerivativeInPlace<Scalar: TensorScalar>(
  _ probabilities: inout MutableSpan<Scalar>, targets: [Int], temperature: Scalar,
  outputGradient: Span<Scalar>
) {
  guard !targets.isEmpty else { return }
  let columns = probabilities.count / targets.count
  checkCounts(targets.count, outputGradient.count, targets.count)
  for (row, target) in targets.enumerated() {
    let gradient = outputGradient[row] / temperature
    for c in row * columns..<(row + 1) * columns { probabilities[c] *= -gradient }
    probabilities[row * columns + target] += gradient
  }
}

/// The unnormalised probabilities of a row of logits: `weights[c] = exp((logits[c] − max)/T)`.
///
/// - Returns: their sum.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func exponentialWeights<Scalar: TensorScalar>(
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
public func inverse<Scalar: TensorScalar>(of weights: Span<Scalar>, at uniform: Double) -> Int {
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
private func sumInDouble<Scalar: TensorScalar>(_ values: Span<Scalar>) -> Double {
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
private func lastWeight<Scalar: TensorScalar>(_ weights: Span<Scalar>) -> Int {
  for c in stride(from: weights.count - 1, through: 0, by: -1) where weights[c] > 0 { return c }
  return 0
}

/// The largest of at least one value; NaN never wins unless it is the first.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func largest<Scalar: TensorScalar>(_ values: Span<Scalar>) -> Scalar {
  precondition(!values.isEmpty, "the largest of no values")
  return unsafe values.withUnsafeBufferPointer { buffer in
    guard let values = buffer.baseAddress else { return 0 }
    return unsafe largest(values, buffer.count)
  }
}

/// The first index at which a value stands; zero where it does not.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func firstIndex<Scalar: TensorScalar>(of value: Scalar, in values: Span<Scalar>) -> Int {
  for c in 0..<values.count where values[c] == value { return c }
  return 0
}
