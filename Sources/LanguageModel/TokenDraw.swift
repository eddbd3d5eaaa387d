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
func draw<Scalar: BLASScalar>(
  from logits: Span<Scalar>, row: Int, columns: Int, temperature: Scalar, uniform: Double,
  weights: inout MutableSpan<Scalar>
) -> TokenDraw {
  let logits = logits.extracting(row * columns..<(row + 1) * columns)
  let sum = exponentialWeights(of: logits, temperature: temperature, into: &weights)
  let token = inverse(of: weights.span, at: uniform)
  let logWeight = (logits[token] - largest(logits)) / temperature
  return TokenDraw(token: token, logProbability: Double(logWeight - .logarithm(sum)))
}

/// The token with the greatest logit of a row, the first of them at a tie.
func greatest<Scalar: BLASScalar>(_ logits: Span<Scalar>, row: Int, columns: Int) -> Int {
  let logits = logits.extracting(row * columns..<(row + 1) * columns)
  return firstIndex(of: largest(logits), in: logits)
}
