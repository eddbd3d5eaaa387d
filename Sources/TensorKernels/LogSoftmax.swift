/// What the fused head keeps of every row of logits.
public struct TokenStatistics<Scalar: BLASScalar>: Sendable {
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
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func softmaxInPlace<Scalar: BLASScalar>(
  _ logits: inout MutableSpan<Scalar>, targets: [Int], temperature: Scalar
) -> TokenStatistics<Scalar> {
  var statistics = TokenStatistics<Scalar>(rows: targets.count)
  guard !targets.isEmpty else { return statistics }
  let columns = logits.count / targets.count
  checkCounts(logits.count, logits.count, columns * targets.count)
  unsafe logits.withUnsafeMutableBufferPointer { logits in
    guard let start = logits.baseAddress else { return }
    for (row, target) in targets.enumerated() {
      precondition(target >= 0 && target < columns, "target \(target) of \(columns)")
      let z = unsafe start + row * columns
      unsafe softmaxRow(
        z, columns, target: target, temperature: temperature, row: row, &statistics)
    }
  }
  return statistics
}

@inline(__always)
private func softmaxRow<Scalar: BLASScalar>(
  _ z: UnsafeMutablePointer<Scalar>, _ columns: Int, target: Int, temperature: Scalar, row: Int,
  _ statistics: inout TokenStatistics<Scalar>
) {
  let factor = 1 / temperature
  var (largest, best) = unsafe (z[0], 0)
  var total: Scalar = 0
  for c in 0..<columns {
    let value = unsafe z[c]
    total += value
    if value > largest { (largest, best) = (value, c) }
  }
  let targetLogit = unsafe (z[target] - largest) * factor
  var (sum, weighted): (Scalar, Scalar) = (0, 0)
  for c in 0..<columns {
    let shifted = unsafe (z[c] - largest) * factor
    let weight = Scalar.exponential(shifted)
    sum += weight
    weighted += weight * shifted
    unsafe z[c] = weight
  }
  let inverse = 1 / sum
  for c in 0..<columns { unsafe z[c] *= inverse }
  let logSum = Scalar.logarithm(sum)
  statistics.logProbabilities[row] = targetLogit - logSum
  statistics.entropies[row] = logSum - weighted * inverse
  statistics.meanLogits[row] = total * factor / Scalar(columns)
  statistics.arePredicted[row] = best == target
}

/// The derivative of the target's log-probability for the logits, in place of the probabilities.
///
///     ∂L/∂logit(c) = ∂L/∂log p(y) · (1[c = y] − p(c)) / temperature
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func softmaxDerivativeInPlace<Scalar: BLASScalar>(
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
