/// The derivative of `selfAttention` for queries, keys and values at once.
///
///     a(i, j) = ⟨∂L/∂y(i), v(j)⟩        s(i, j) = w(i, j)·(a(i, j) − Σₖ w(i, k)·a(i, k))
///     ∂L/∂Rq(i) = Σⱼ s(i, j)·Rk(j)/√width        ∂L/∂Rk(j) = Σᵢ s(i, j)·Rq(i)/√width
///     ∂L/∂v(j) = Σᵢ w(i, j)·∂L/∂y(i)
///
/// Rotations are orthogonal, hence gradients of turned queries and keys are turned back. What is
/// computed is added to `rowGradient`, or takes its place.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func selfAttentionDerivative<Scalar: TensorScalar>(
  _ rows: Span<Scalar>, weights: Span<Scalar>, shape: AttentionShape, table: RotaryTable<Scalar>,
  outputGradient: Span<Scalar>, _ accumulation: Accumulation = .added,
  into rowGradient: inout MutableSpan<Scalar>
) {
  shape.check(rows: rows.count, outputs: outputGradient.count, weights: weights.count)
  checkCounts(rows.count, rows.count, rowGradient.count)
  table.check(shape)
  var scratch = [Scalar](repeating: 0, count: gradientRoom(shape))
  var scratchSpan = scratch.mutableSpan
  unsafe withPointers(rows, weights, outputGradient) { x, w, dy in
    unsafe withPointers(table.cosines.span, table.sines.span) { cosines, sines in
      unsafe withMutablePointers(&rowGradient, &scratchSpan) { dx, scratch in
        let table = unsafe RotaryPointers(cosines: cosines, sines: sines)
        shape.forEachKeyHead { rows, keyHead, offset in
          let key = shape.queryColumns &+ keyHead &* shape.headDimension
          let work = unsafe HeadGradients(
            shape: shape, rows: rows, table: table, accumulation: accumulation, scratch: scratch)
          unsafe work.begin(keys: x + key)
          for member in 0..<shape.group {
            let column = (keyHead &* shape.group &+ member) &* shape.headDimension
            unsafe work.add(
              weights: w + (offset &+ member &* rows.weights), queries: x + column,
              outputGradient: dy + (rows.own.lowerBound &* shape.queryColumns &+ column),
              intoQueries: dx + column, values: dx + (key &+ shape.keyColumns),
              member == 0 ? accumulation : .added)
          }
          unsafe work.finish(intoKeys: dx + key)
        }
      }
    }
  }
}

/// The values that fit the gradients of any head of the batch.
private func gradientRoom(_ shape: AttentionShape) -> Int {
  let (length, width) = (shape.longest, shape.headDimension)
  return 4 * length * width + (width + length) * paddedLength(length)
}

/// The room in which the gradients of one key head and its query heads are computed.
///
/// Gradients of a prefix are added to what its own segment, which comes first, has left there.
@unsafe private struct HeadGradients<Scalar: TensorScalar> {
  let shape: AttentionShape
  let rows: SegmentRows
  let table: RotaryPointers<Scalar>
  /// What becomes of the gradients that were there before.
  let accumulation: Accumulation
  /// Turned keys and queries, as many rows of a head's width as there are keys.
  let (keys, queries): (UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>)
  /// Gradients of turned keys and queries, as large.
  let (keyGradient, queryGradient): (UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>)
  /// Values, width × padded keys.
  let transposedValues: UnsafeMutablePointer<Scalar>
  /// s(i, j), length × padded keys.
  let slopes: UnsafeMutablePointer<Scalar>

  @inline(__always)
  init(
    shape: AttentionShape, rows: SegmentRows, table: RotaryPointers<Scalar>,
    accumulation: Accumulation, scratch: UnsafeMutablePointer<Scalar>
  ) {
    let block = rows.keys &* shape.headDimension
    unsafe self.shape = shape
    unsafe self.rows = rows
    unsafe self.table = table
    unsafe self.accumulation = accumulation
    unsafe keys = scratch
    unsafe queries = scratch + block
    unsafe keyGradient = scratch + 2 &* block
    unsafe queryGradient = scratch + 3 &* block
    unsafe transposedValues = scratch + 4 &* block
    unsafe slopes = scratch + (4 &* block &+ shape.headDimension &* rows.stride)
  }

  private var width: Int { unsafe shape.headDimension }
  private var length: Int { unsafe rows.own.count }
  private var before: Int { unsafe rows.prefix.count }
  private var stride: Int { unsafe rows.stride }

  @inline(__always)
  private func column(_ first: UnsafePointer<Scalar>) -> HeadColumn<Scalar> {
    unsafe HeadColumn(first: first, stride: shape.rowColumns, width: width)
  }

  /// Takes a key head in; its values lie behind all keys.
  @inline(__always)
  func begin(keys first: UnsafePointer<Scalar>) {
    unsafe packKeys(column(first), rows, table, into: keys)
    let values = unsafe column(first + shape.keyColumns)
    unsafe transpose(values[rows.prefix], into: transposedValues, stride: stride)
    unsafe transpose(values[rows.own], into: transposedValues + before, stride: stride)
    for i in unsafe 0..<rows.keys &* width { unsafe keyGradient[i] = 0 }
  }

  /// Adds what one query head contributes; its values' gradient is added to what other heads of
  /// the group have left there.
  @inline(__always)
  func add(
    weights: UnsafePointer<Scalar>, queries first: UnsafePointer<Scalar>,
    outputGradient: UnsafePointer<Scalar>, intoQueries queryTarget: UnsafeMutablePointer<Scalar>,
    values valueTarget: UnsafeMutablePointer<Scalar>, _ valueAccumulation: Accumulation
  ) {
    let table = unsafe table.from(before, width)
    unsafe packRotated(column(first)[rows.own], table, scale: shape.scale(), into: queries)
    unsafe computeSlopes(weights, outputGradient)
    for i in unsafe Swift.stride(from: 0, to: length, by: 4) {
      let operands = unsafe TileOperands(
        left: UnsafePointer(slopes + i &* stride), rowStride: stride, step: 1,
        right: UnsafePointer(keys), stride: width, count: rows.seen(fromTileAt: i))
      unsafe multiplyTile(
        operands, rows: min(4, length &- i), columns: width, .assigned,
        into: queryGradient + i &* width, outputStride: width)
    }
    unsafe unpackRotated(
      queryGradient, table, scale: shape.scale(), length: length, width: width, accumulation,
      into: row(rows.own, of: queryTarget), stride: shape.rowColumns)
    unsafe multiplyPrefix(
      of: slopes, times: queries, stride: width, into: keyGradient, outputStride: width)
    unsafe multiplyColumns(
      of: slopes, times: queries, stride: width, .added, into: keyGradient + before &* width,
      outputStride: width)
    unsafe multiplyPrefix(
      of: weights, times: outputGradient, stride: shape.queryColumns,
      into: row(rows.prefix, of: valueTarget), outputStride: shape.rowColumns)
    unsafe multiplyColumns(
      of: weights, times: outputGradient, stride: shape.queryColumns, valueAccumulation,
      into: row(rows.own, of: valueTarget), outputStride: shape.rowColumns)
  }

  /// Gives the key head's gradient out.
  @inline(__always)
  func finish(intoKeys target: UnsafeMutablePointer<Scalar>) {
    unsafe unpackRotated(
      keyGradient, table, scale: 1, length: before, width: width, .added,
      into: row(rows.prefix, of: target), stride: shape.rowColumns)
    unsafe unpackRotated(
      keyGradient + before &* width, table.from(before, width), scale: 1, length: length,
      width: width, accumulation, into: row(rows.own, of: target), stride: shape.rowColumns)
  }

  /// The first of some rows of a column of the batch.
  @inline(__always)
  private func row(
    _ rows: Range<Int>, of column: UnsafeMutablePointer<Scalar>
  ) -> UnsafeMutablePointer<Scalar> {
    unsafe column + rows.lowerBound &* shape.rowColumns
  }

  @inline(__always)
  private func computeSlopes(
    _ weights: UnsafePointer<Scalar>, _ outputGradient: UnsafePointer<Scalar>
  ) {
    for i in unsafe Swift.stride(from: 0, to: length, by: 4) {
      let operands = unsafe TileOperands(
        left: outputGradient + i &* shape.queryColumns, rowStride: shape.queryColumns, step: 1,
        right: UnsafePointer(transposedValues), stride: stride, count: width)
      unsafe multiplyTile(
        operands, rows: min(4, length &- i), columns: rows.paddedSeen(from: i),
        .assigned, into: slopes + i &* stride, outputStride: stride)
    }
    for i in unsafe 0..<length {
      let (w, s) = unsafe (weights + i &* stride, slopes + i &* stride)
      let padded = unsafe rows.paddedSeen(from: i)
      let mean = unsafe dot(w, s, padded)
      for j in 0..<padded { unsafe s[j] = w[j] * (s[j] - mean) }
    }
  }

  /// `output(j) += Σᵢ factors(i, j)·rows(i)` for the keys of the prefix, which every row sees.
  @inline(__always)
  private func multiplyPrefix(
    of factors: UnsafePointer<Scalar>, times rows: UnsafePointer<Scalar>, stride rowStride: Int,
    into output: UnsafeMutablePointer<Scalar>, outputStride: Int
  ) {
    for j in unsafe Swift.stride(from: 0, to: before, by: 4) {
      let operands = unsafe TileOperands(
        left: factors + j, rowStride: 1, step: stride, right: rows, stride: rowStride,
        count: length)
      unsafe multiplyTile(
        operands, rows: min(4, before &- j), columns: width, .added,
        into: output + j &* outputStride, outputStride: outputStride)
    }
  }

  /// `output(j) += Σ over i ≥ j of factors(i, j)·rows(i)` for the segment's own keys, or assigned.
  @inline(__always)
  private func multiplyColumns(
    of factors: UnsafePointer<Scalar>, times rows: UnsafePointer<Scalar>, stride rowStride: Int,
    _ accumulation: Accumulation, into output: UnsafeMutablePointer<Scalar>, outputStride: Int
  ) {
    for j in unsafe Swift.stride(from: 0, to: length, by: 4) {
      let operands = unsafe TileOperands(
        left: factors + (before &+ j &* stride &+ j), rowStride: 1, step: stride,
        right: rows + j &* rowStride, stride: rowStride, count: length &- j)
      unsafe multiplyTile(
        operands, rows: min(4, length &- j), columns: width, accumulation,
        into: output + j &* outputStride, outputStride: outputStride)
    }
  }
}
