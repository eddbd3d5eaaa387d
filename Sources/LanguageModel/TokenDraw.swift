import TensorKernels

/// A token drawn from one row of logits, and its log-probability.
struct TokenDraw: Equatable {
  var token: Int
  var logProbability: Double
}

/// Draws a token by inverting the cumulative distribution, in the order of the vocabulary.
///
///     token = min {v : Σ over w ≤ v of p(w) > u}        p = softmax(logits/temperature)
///
/// - Parameters:
///   - logits: Rows of the size of the vocabulary.
///   - row: The row to draw from.
///   - columns: The size of the vocabulary.
///   - temperature: Divides the logits; above zero.
///   - uniform: The number u in [0, 1) that decides.
///   - weights: Room for one row, overwritten.
/// - Returns: The token and its log-probability at this temperature.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
func draw<Scalar: BLASScalar>(
  from logits: Span<Scalar>, row: Int, columns: Int, temperature: Scalar, uniform: Double,
  weights: inout MutableSpan<Scalar>
) -> TokenDraw {
  let start = row * columns
  let largest = logits[start + greatest(logits, row: row, columns: columns)]
  let factor = 1 / temperature
  var sum: Scalar = 0
  for c in 0..<columns {
    let weight = Scalar.exponential((logits[start + c] - largest) * factor)
    weights[c] = weight
    sum += weight
  }
  let token = invert(weights.span, columns: columns, at: uniform)
  let shifted = (logits[start + token] - largest) * factor
  return TokenDraw(token: token, logProbability: Double(shifted - .logarithm(sum)))
}

/// The first token whose cumulative weight exceeds the share `uniform` of all weight.
///
/// Where rounding leaves none, it is the last token with any weight.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func invert<Scalar: BLASScalar>(
  _ weights: Span<Scalar>, columns: Int, at uniform: Double
) -> Int {
  var total = 0.0
  for c in 0..<columns { total += Double(weights[c]) }
  let threshold = uniform * total
  var (cumulative, last) = (0.0, 0)
  for c in 0..<columns where weights[c] > 0 {
    cumulative += Double(weights[c])
    last = c
    if cumulative > threshold { return c }
  }
  return last
}

/// The token with the greatest logit of a row, the first of them at a tie.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
func greatest<Scalar: BLASScalar>(_ logits: Span<Scalar>, row: Int, columns: Int) -> Int {
  var best = row * columns
  for c in row * columns..<(row + 1) * columns where logits[c] > logits[best] { best = c }
  return best - row * columns
}
