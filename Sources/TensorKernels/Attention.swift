/// Causal softmax attention within every segment, Vaswani (2017), equation 1.
///
///     weights(i, j) = softmax over j ≤ i of ⟨q(i), k(j)⟩/√headDimension
///     output(i) = Σⱼ weights(i, j)·v(j)
///
/// - Parameters:
///   - queries: rows × heads·headDimension.
///   - keys: rows × keyValueHeads·headDimension.
///   - values: as keys.
///   - shape: the segments, heads and widths.
///   - output: as queries.
///   - weights: for every segment and head a length × length matrix, kept for the derivative;
///     entries above its diagonal are undefined.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func causalAttention<Scalar: BLASScalar>(
  queries: Span<Scalar>, keys: Span<Scalar>, values: Span<Scalar>, shape: AttentionShape,
  into output: inout MutableSpan<Scalar>, weights: inout MutableSpan<Scalar>
) {
  shape.check(
    queries: queries.count, keys: keys.count, values: values.count, weights: weights.count)
  checkCounts(queries.count, queries.count, output.count)
  unsafe withPointers(queries, keys, values) { q, k, v in
    unsafe withMutablePointers(&output, &weights) { y, w in
      shape.forEachHead { row, column, length, offset in
        unsafe attendOneHead(
          queries: q + row, keys: k + column, values: v + column, shape: shape, length: length,
          into: y + row, weights: w + offset)
      }
    }
  }
}

/// The attention of one head over one segment, in three passes so that the exponentials of the
/// whole segment are one long loop.
@inline(__always)
private func attendOneHead<Scalar: BLASScalar>(
  queries: UnsafePointer<Scalar>, keys: UnsafePointer<Scalar>, values: UnsafePointer<Scalar>,
  shape: AttentionShape, length: Int, into output: UnsafeMutablePointer<Scalar>,
  weights: UnsafeMutablePointer<Scalar>
) {
  for i in 0..<length {
    let (query, scores) = unsafe (queries + i &* shape.queryColumns, weights + i &* length)
    unsafe shiftedScores(query, keys, shape: shape, count: i &+ 1, into: scores)
    for j in i &+ 1..<max(length, i &+ 1) { unsafe scores[j] = 0 }
  }
  for j in 0..<length &* length { unsafe weights[j] = .boundedExponential(weights[j]) }
  for i in 0..<length {
    unsafe normalizeAndMix(
      weights + i &* length, values, shape: shape, count: i &+ 1,
      into: output + i &* shape.queryColumns)
  }
}

/// `scores[j] = ⟨query, key j⟩/√headDimension` less the largest of them.
@inline(__always)
func shiftedScores<Scalar: BLASScalar>(
  _ query: UnsafePointer<Scalar>, _ keys: UnsafePointer<Scalar>, shape: AttentionShape,
  count: Int, into scores: UnsafeMutablePointer<Scalar>
) {
  let scale = 1 / Scalar(shape.headDimension).squareRoot()
  for j in 0..<count {
    unsafe scores[j] = dot(query, keys + j &* shape.keyColumns, shape.headDimension) * scale
  }
  let best = unsafe largest(scores, count)
  for j in 0..<count { unsafe scores[j] -= best }
}

/// Divides weights by their sum and mixes the values with them.
@inline(__always)
func normalizeAndMix<Scalar: BLASScalar>(
  _ weights: UnsafeMutablePointer<Scalar>, _ values: UnsafePointer<Scalar>,
  shape: AttentionShape, count: Int, into output: UnsafeMutablePointer<Scalar>
) {
  let inverse = unsafe 1 / sum(weights, count)
  for j in 0..<count { unsafe weights[j] *= inverse }
  for d in 0..<shape.headDimension { unsafe output[d] = 0 }
  unsafe accumulateWeightedRows(
    weights, weightStride: 1, rows: values, stride: shape.keyColumns, count: count,
    width: shape.headDimension, into: output)
}
