/// Causal softmax self-attention within every segment, Vaswani (2017), equation 1, with rotary
/// positions, Su (2021), equation 34.
///
///     weights(i, j) = softmax over j ≤ i of ⟨Rᵢ·q(i), Rⱼ·k(j)⟩/√headDimension
///     output(i) = Σⱼ weights(i, j)·v(j)
///
/// A row's position is its index in its segment. Queries and keys are turned on their way into
/// the products and nowhere stored; the derivative turns them again.
///
/// - Parameters:
///   - rows: queries, keys and values of every row side by side, rows × `shape.rowColumns`.
///   - shape: the segments, heads and widths.
///   - table: cosines and sines for every position.
///   - output: rows × heads·headDimension.
///   - weights: for every segment and head a matrix of length × padded length, kept for the
///     derivative; entries above its diagonal are undefined, except that those in the diagonal's
///     own vector of sixteen are zero.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func selfAttention<Scalar: BLASScalar>(
  _ rows: Span<Scalar>, shape: AttentionShape, table: RotaryTable<Scalar>,
  into output: inout MutableSpan<Scalar>, weights: inout MutableSpan<Scalar>
) {
  shape.check(rows: rows.count, outputs: output.count, weights: weights.count)
  table.check(shape)
  let (longest, width) = (shape.longest, shape.headDimension)
  var scratch = [Scalar](repeating: 0, count: longest * width + paddedLength(longest) * width)
  var scratchSpan = scratch.mutableSpan
  unsafe withPointers(rows, table.cosines.span, table.sines.span) { x, cosines, sines in
    unsafe withMutablePointers(&output, &weights, &scratchSpan) { y, w, scratch in
      let table = unsafe RotaryPointers(cosines: cosines, sines: sines)
      shape.forEachKeyHead { rows, keyHead, offset in
        let (length, base) = unsafe (rows.count, x + rows.lowerBound &* shape.rowColumns)
        let (packed, transposed) = unsafe (scratch, scratch + longest &* width)
        var head = unsafe HeadRows(
          first: base + (shape.queryColumns &+ keyHead &* width), stride: shape.rowColumns,
          length: length, width: width)
        unsafe packRotated(head, table, scale: 1, into: packed)
        unsafe transpose(
          HeadRows(first: UnsafePointer(packed), stride: width, length: length, width: width),
          into: transposed, stride: paddedLength(length))
        let values = unsafe head.first + shape.keyColumns
        for member in 0..<shape.group {
          let column = (keyHead &* shape.group &+ member) &* width
          unsafe head.first = base + column
          unsafe packRotated(head, table, scale: shape.scale(), into: packed)
          unsafe attendOneHead(
            queries: packed, transposedKeys: transposed, values: values, shape: shape,
            length: length, into: y + (rows.lowerBound &* shape.queryColumns &+ column),
            weights: w + (offset &+ member &* length &* paddedLength(length)))
        }
      }
    }
  }
}

/// The attention of one head over one segment.
@inline(__always)
private func attendOneHead<Scalar: BLASScalar>(
  queries: UnsafePointer<Scalar>, transposedKeys: UnsafePointer<Scalar>,
  values: UnsafePointer<Scalar>, shape: AttentionShape, length: Int,
  into output: UnsafeMutablePointer<Scalar>, weights: UnsafeMutablePointer<Scalar>
) {
  let (width, stride) = (shape.headDimension, paddedLength(length))
  for i in Swift.stride(from: 0, to: length, by: 4) {
    let operands = unsafe TileOperands(
      left: queries + i &* width, rowStride: width, step: 1, right: transposedKeys,
      stride: stride, count: width)
    unsafe multiplyRows(
      operands, rows: min(4, length &- i), columns: paddedLength(min(i &+ 4, length)), .assigned,
      into: weights + i &* stride, outputStride: stride)
  }
  for i in 0..<length {
    let row = unsafe weights + i &* stride
    unsafe shiftByLargest(row, count: i &+ 1)
    for j in 0..<paddedLength(i &+ 1) { unsafe row[j] = .boundedExponential(row[j]) }
    unsafe normalize(row, count: i &+ 1)
  }
  for i in Swift.stride(from: 0, to: length, by: 4) {
    let operands = unsafe TileOperands(
      left: UnsafePointer(weights + i &* stride), rowStride: stride, step: 1, right: values,
      stride: shape.rowColumns, count: min(i &+ 4, length))
    unsafe multiplyRows(
      operands, rows: min(4, length &- i), columns: width, .assigned,
      into: output + i &* shape.queryColumns, outputStride: shape.queryColumns)
  }
}

/// Subtracts the largest of a row's scores; the vector of the last one is filled up with it.
@inline(__always)
func shiftByLargest<Scalar: BLASScalar>(_ scores: UnsafeMutablePointer<Scalar>, count: Int) {
  let padded = paddedLength(count)
  for j in count..<padded { unsafe scores[j] = scores[0] }
  let best = unsafe largest(scores, padded)
  for j in 0..<padded { unsafe scores[j] -= best }
}

/// Divides a row's weights by their sum; what fills up the last vector becomes zero.
@inline(__always)
func normalize<Scalar: BLASScalar>(_ weights: UnsafeMutablePointer<Scalar>, count: Int) {
  let padded = paddedLength(count)
  for j in count..<padded { unsafe weights[j] = 0 }
  let inverse = unsafe 1 / sum(weights, padded)
  for j in 0..<padded { unsafe weights[j] *= inverse }
}
