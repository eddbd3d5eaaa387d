/// Attention of one new token over the cached keys and values of its own sequence.
///
/// The same sums in the same order as row `length − 1` of `causalAttention`.
///
/// - Parameters:
///   - query: heads·headDimension, of the new token.
///   - keys: the cache of this sequence, at least length × keyValueHeads·headDimension, the new
///     token's key included.
///   - values: as keys.
///   - length: tokens in the cache.
///   - shape: heads and widths; its segments are not read.
///   - output: as query.
///   - scores: room for at least `length` values.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func cachedAttention<Scalar: BLASScalar>(
  query: Span<Scalar>, keys: Span<Scalar>, values: Span<Scalar>, length: Int,
  shape: AttentionShape, into output: inout MutableSpan<Scalar>,
  scores: inout MutableSpan<Scalar>
) {
  precondition(
    length > 0 && keys.count >= length * shape.keyColumns && values.count >= keys.count
      && scores.count >= length,
    "\(length) tokens in \(keys.count) keys, \(values.count) values and \(scores.count) scores")
  checkCounts(query.count, output.count, shape.queryColumns)
  let (width, group) = (shape.headDimension, shape.heads / shape.keyValueHeads)
  unsafe withPointers(query, keys, values) { q, k, v in
    unsafe withMutablePointers(&output, &scores) { y, weights in
      for head in 0..<shape.heads {
        let first = head / group * width
        unsafe shiftedScores(
          q + head * width, k + first, shape: shape, count: length, into: weights)
        for j in 0..<length { unsafe weights[j] = .boundedExponential(weights[j]) }
        unsafe normalizeAndMix(
          weights, v + first, shape: shape, count: length, into: y + head * width)
      }
    }
  }
}
