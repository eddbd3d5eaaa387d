/// The derivative of `causalAttention`, for queries, keys and values at once.
///
///     a(i, j) = ⟨∂L/∂y(i), v(j)⟩        s(i, j) = w(i, j)·(a(i, j) − Σₖ w(i, k)·a(i, k))/√width
///     ∂L/∂q(i) += Σⱼ s(i, j)·k(j)    ∂L/∂k(j) += Σᵢ s(i, j)·q(i)    ∂L/∂v(j) += Σᵢ w(i, j)·∂L/∂y(i)
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func causalAttentionDerivative<Scalar: BLASScalar>(
  queries: Span<Scalar>, keys: Span<Scalar>, values: Span<Scalar>, weights: Span<Scalar>,
  shape: AttentionShape, outputGradient: Span<Scalar>,
  intoQueries queryGradient: inout MutableSpan<Scalar>,
  keys keyGradient: inout MutableSpan<Scalar>, values valueGradient: inout MutableSpan<Scalar>
) {
  shape.check(
    queries: queries.count, keys: keys.count, values: values.count, weights: weights.count)
  checkCounts(queries.count, outputGradient.count, queryGradient.count)
  checkCounts(keys.count, keyGradient.count, valueGradient.count)
  let longest = shape.segments.lengths.max() ?? 0
  var scratch = [Scalar](repeating: 0, count: longest * longest)
  var slopes = scratch.mutableSpan
  unsafe withPointers(queries, keys, values) { q, k, v in
    unsafe withPointers(weights, outputGradient) { w, dy in
      unsafe withMutablePointers(&queryGradient, &keyGradient, &valueGradient) { dq, dk, dv in
        unsafe slopes.withUnsafeMutableBufferPointer { slopes in
          guard let s = slopes.baseAddress else { return }
          shape.forEachHead { row, column, length, offset in
            unsafe scoreSlopes(
              weights: w + offset, values: v + column, outputGradient: dy + row, shape: shape,
              length: length, into: s)
            unsafe differentiateOneHead(
              slopes: s, weights: w + offset, queries: q + row, keys: k + column,
              outputGradient: dy + row, shape: shape, length: length, intoQueries: dq + row,
              keys: dk + column, values: dv + column)
          }
        }
      }
    }
  }
}

/// The derivative s(i, j) for every scaled score of one head.
@inline(__always)
private func scoreSlopes<Scalar: BLASScalar>(
  weights: UnsafePointer<Scalar>, values: UnsafePointer<Scalar>,
  outputGradient: UnsafePointer<Scalar>, shape: AttentionShape, length: Int,
  into slopes: UnsafeMutablePointer<Scalar>
) {
  let width = shape.headDimension
  let scale = 1 / Scalar(width).squareRoot()
  for i in 0..<length {
    let (w, s) = unsafe (weights + i &* length, slopes + i &* length)
    let dy = unsafe outputGradient + i &* shape.queryColumns
    for j in 0...i { unsafe s[j] = dot(dy, values + j &* shape.keyColumns, width) }
    let mean = unsafe dot(w, s, i &+ 1)
    for j in 0...i { unsafe s[j] = w[j] * (s[j] - mean) * scale }
  }
}

/// Adds what one head contributes to the gradients of its queries, keys and values.
@inline(__always)
private func differentiateOneHead<Scalar: BLASScalar>(
  slopes: UnsafePointer<Scalar>, weights: UnsafePointer<Scalar>, queries: UnsafePointer<Scalar>,
  keys: UnsafePointer<Scalar>, outputGradient: UnsafePointer<Scalar>, shape: AttentionShape,
  length: Int, intoQueries queryGradient: UnsafeMutablePointer<Scalar>,
  keys keyGradient: UnsafeMutablePointer<Scalar>,
  values valueGradient: UnsafeMutablePointer<Scalar>
) {
  let (width, wide, narrow) = (shape.headDimension, shape.queryColumns, shape.keyColumns)
  for i in 0..<length {
    unsafe accumulateWeightedRows(
      slopes + i &* length, weightStride: 1, rows: keys, stride: narrow, count: i &+ 1,
      width: width, into: queryGradient + i &* wide)
  }
  for j in 0..<length {
    let (diagonal, below) = (j &* length &+ j, length &- j)
    unsafe accumulateWeightedRows(
      slopes + diagonal, weightStride: length, rows: queries + j &* wide, stride: wide,
      count: below, width: width, into: keyGradient + j &* narrow)
    unsafe accumulateWeightedRows(
      weights + diagonal, weightStride: length, rows: outputGradient + j &* wide, stride: wide,
      count: below, width: width, into: valueGradient + j &* narrow)
  }
}
