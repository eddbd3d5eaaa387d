/// Causal softmax self-attention within every segment, Vaswani (2017), equation 1, with rotary
/// positions, Su (2021), equation 34.
///
///     weights(i, j) = softmax over j ≤ i of ⟨Rᵢ·q(i), Rⱼ·k(j)⟩/√headDimension
///     output(i) = Σⱼ weights(i, j)·v(j)
///
/// A row's position is its index in its segment, its prefix counted. Queries and keys are turned on their way into
/// the products and nowhere stored; the derivative turns them again.
///
/// - Parameters:
///   - rows: queries, keys and values of every row side by side, rows × `shape.rowColumns`.
///   - shape: the segments, heads and widths.
///   - table: cosines and sines for every position.
///   - output: rows × heads·headDimension.
///   - weights: for every segment and head a matrix of length × padded number of keys, kept for
///     the derivative; entries above its diagonal are undefined, except that those in vectors of
///     sixteen that hold something below a tile's diagonal are zero.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func selfAttention<Scalar: TensorScalar>(
  _ rows: Span<Scalar>, shape: AttentionShape, table: RotaryTable<Scalar>,
  into output: inout MutableSpan<Scalar>, weights: inout MutableSpan<Scalar>
) {
  shape.check(rows: rows.count, outputs: output.count, weights: weights.count)
  table.check(shape)
  let (longest, width) = (shape.longest, shape.headDimension)
  var scratch = [Scalar](repeating: 0, count: (2 * longest + paddedLength(longest)) * width)
  var scratchSpan = scratch.mutableSpan
  unsafe withPointers(rows, table.cosines.span, table.sines.span) { x, cosines, sines in
    unsafe withMutablePointers(&output, &weights, &scratchSpan) { y, w, scratch in
      let table = unsafe RotaryPointers(cosines: cosines, sines: sines)
      let (packed, gathered) = unsafe (scratch, scratch + longest &* width)
      let transposed = unsafe gathered + longest &* width
      shape.forEachKeyHead { rows, keyHead, offset in
        var column = unsafe HeadColumn(
          first: x + (shape.queryColumns &+ keyHead &* width), stride: shape.rowColumns,
          width: width)
        unsafe packKeys(column, rows, table, into: packed)
        unsafe transpose(
          HeadRows(first: UnsafePointer(packed), stride: width, length: rows.keys, width: width),
          into: transposed, stride: rows.stride)
        unsafe column.first += shape.keyColumns
        let values = unsafe gatherValues(column, rows, room: gathered)
        for member in 0..<shape.group {
          let head = keyHead &* shape.group &+ member
          unsafe column.first = x + head &* width
          unsafe packRotated(
            column[rows.own], table.from(rows.prefix.count, width), scale: shape.scale(),
            into: packed)
          unsafe attendOneHead(
            queries: packed, transposedKeys: transposed, values: values, shape: shape, rows: rows,
            into: y + (rows.own.lowerBound &* shape.queryColumns &+ head &* width),
            weights: w + (offset &+ member &* rows.weights))
        }
      }
    }
  }
}

/// The attention of one head over one segment.
@inline(__always)
private func attendOneHead<Scalar: TensorScalar>(
  queries: UnsafePointer<Scalar>, transposedKeys: UnsafePointer<Scalar>,
  values: HeadRows<Scalar>, shape: AttentionShape, rows: SegmentRows,
  into output: UnsafeMutablePointer<Scalar>, weights: UnsafeMutablePointer<Scalar>
) {
  let (width, length, stride) = (shape.headDimension, rows.own.count, rows.stride)
  for i in Swift.stride(from: 0, to: length, by: 4) {
    let operands = unsafe TileOperands(
      left: queries + i &* width, rowStride: width, step: 1, right: transposedKeys,
      stride: stride, count: width)
    unsafe multiplyTile(
      operands, rows: min(4, length &- i), columns: rows.paddedSeen(from: i), .assigned,
      into: weights + i &* stride, outputStride: stride)
  }
  for i in 0..<length {
    let (row, padded) = unsafe (weights + i &* stride, rows.paddedSeen(from: i))
    let seen = rows.prefix.count &+ i &+ 1
    unsafe shiftByLargest(row, count: seen, padded: padded)
    for j in 0..<padded { unsafe row[j] = .boundedExponential(row[j]) }
    unsafe normalize(row, count: seen, padded: padded)
  }
  for i in Swift.stride(from: 0, to: length, by: 4) {
    let operands = unsafe TileOperands(
      left: UnsafePointer(weights + i &* stride), rowStride: stride, step: 1,
      right: values.first, stride: values.stride, count: rows.seen(fromTileAt: i))
    unsafe multiplyTile(
      operands, rows: min(4, length &- i), columns: width, .assigned,
      into: output + i &* shape.queryColumns, outputStride: shape.queryColumns)
  }
}

/// Subtracts the largest of a row's scores; the vectors are filled up with the first one.
@inline(__always)
func shiftByLargest<Scalar: TensorScalar>(
  _ scores: UnsafeMutablePointer<Scalar>, count: Int, padded: Int
) {
  for j in count..<padded { unsafe scores[j] = scores[0] }
  let best = unsafe largest(scores, padded)
  for j in 0..<padded { unsafe scores[j] -= best }
}

/// Divides a row's weights by their sum; what fills up the vectors becomes zero.
@inline(__always)
func normalize<Scalar: TensorScalar>(
  _ weights: UnsafeMutablePointer<Scalar>, count: Int, padded: Int
) {
  for j in count..<padded { unsafe weights[j] = 0 }
  let inverse = unsafe 1 / sum(weights, padded)
  for j in 0..<padded { unsafe weights[j] *= inverse }
}
