/// The shape of causal attention over a packed batch.
public struct AttentionShape: Sendable, Equatable {
  /// The sequences; a row sees itself and the rows before it in its own segment.
  public var segments: Segments
  /// Query heads.
  public var heads: Int
  /// Key and value heads, each shared by heads / keyValueHeads query heads, Ainslie (2023).
  public var keyValueHeads: Int
  /// The width of a head.
  public var headDimension: Int

  /// An attention shape; `heads` must be a multiple of `keyValueHeads`.
  public init(segments: Segments, heads: Int, keyValueHeads: Int, headDimension: Int) {
    precondition(
      keyValueHeads > 0 && heads % keyValueHeads == 0, "\(heads) heads on \(keyValueHeads)")
    self.segments = segments
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
  }

  /// Attention weights of the whole batch: heads · Σ length².
  public var weightCount: Int {
    var total = 0
    for s in 0..<segments.count { total += segments[s].count * segments[s].count }
    return heads * total
  }

  var queryColumns: Int { heads * headDimension }
  var keyColumns: Int { keyValueHeads * headDimension }

  func check(queries: Int, keys: Int, values: Int, weights: Int) {
    let rows = segments.total
    precondition(
      queries == rows * queryColumns && keys == rows * keyColumns && values == keys
        && weights == weightCount,
      "\(rows) rows: \(queries) queries, \(keys) keys, \(values) values, \(weights) weights")
  }
}

/// Causal softmax attention within every segment, Vaswani (2017), equation 1.
///
///     weights(i, j) = softmax over j ≤ i of ⟨q(i), k(j)⟩/√headDimension
///     output(i) = Σⱼ weights(i, j)·v(j)
///
/// - Parameters:
///   - queries: rows × heads·headDimension.
///   - keys: rows × keyValueHeads·headDimension.
///   - values: as keys.
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
  unsafe queries.withUnsafeBufferPointer { q in
    unsafe keys.withUnsafeBufferPointer { k in
      unsafe values.withUnsafeBufferPointer { v in
        unsafe output.withUnsafeMutableBufferPointer { y in
          unsafe weights.withUnsafeMutableBufferPointer { w in
            guard let q = q.baseAddress, let k = k.baseAddress, let v = v.baseAddress,
              let y = y.baseAddress, let w = w.baseAddress
            else { return }
            var offset = 0
            for s in 0..<shape.segments.count {
              let rows = shape.segments[s]
              for head in 0..<shape.heads {
                unsafe attendOneHead(
                  q, k, v, y, w + offset, shape: shape, rows: rows, head: head)
                offset += rows.count * rows.count
              }
            }
          }
        }
      }
    }
  }
}

@inline(__always)
private func attendOneHead<Scalar: BLASScalar>(
  _ queries: UnsafePointer<Scalar>, _ keys: UnsafePointer<Scalar>,
  _ values: UnsafePointer<Scalar>, _ output: UnsafeMutablePointer<Scalar>,
  _ weights: UnsafeMutablePointer<Scalar>, shape: AttentionShape, rows: Range<Int>, head: Int
) {
  let (width, length) = (shape.headDimension, rows.count)
  let keyHead = head / (shape.heads / shape.keyValueHeads)
  let first = rows.lowerBound * shape.keyColumns + keyHead * width
  for i in 0..<length {
    let row = (rows.lowerBound + i) * shape.queryColumns + head * width
    unsafe attendRow(
      query: queries + row, keys: keys + first, values: values + first,
      stride: shape.keyColumns, count: i + 1, width: width, into: output + row,
      weights: weights + i * length)
  }
}

/// One query over `count` keys that lie `stride` apart.
@inline(__always)
func attendRow<Scalar: BLASScalar>(
  query: UnsafePointer<Scalar>, keys: UnsafePointer<Scalar>, values: UnsafePointer<Scalar>,
  stride: Int, count: Int, width: Int, into output: UnsafeMutablePointer<Scalar>,
  weights: UnsafeMutablePointer<Scalar>
) {
  let scale = 1 / Scalar(width).squareRoot()
  for j in 0..<count { unsafe weights[j] = dot(query, keys + j * stride, width) * scale }
  unsafe softmax(weights, count)
  for d in 0..<width { unsafe output[d] = 0 }
  for j in 0..<count {
    let (weight, value) = unsafe (weights[j], values + j * stride)
    for d in 0..<width { unsafe output[d] += weight * value[d] }
  }
}

/// Replaces scores by their softmax.
@inline(__always)
func softmax<Scalar: BLASScalar>(_ scores: UnsafeMutablePointer<Scalar>, _ count: Int) {
  var largest = unsafe scores[0]
  for j in 1..<max(1, count) where unsafe scores[j] > largest { largest = unsafe scores[j] }
  for j in 0..<count { unsafe scores[j] = .exponential(scores[j] - largest) }
  var sum: Scalar = 0
  for j in 0..<count { sum += unsafe scores[j] }
  let inverse = 1 / sum
  for j in 0..<count { unsafe scores[j] *= inverse }
}

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
  var scratch = [Scalar](repeating: 0, count: shape.segments.lengths.max() ?? 0)
  unsafe queries.withUnsafeBufferPointer { q in
    unsafe keys.withUnsafeBufferPointer { k in
      unsafe values.withUnsafeBufferPointer { v in
        unsafe weights.withUnsafeBufferPointer { w in
          unsafe outputGradient.withUnsafeBufferPointer { dy in
            unsafe queryGradient.withUnsafeMutableBufferPointer { dq in
              unsafe keyGradient.withUnsafeMutableBufferPointer { dk in
                unsafe valueGradient.withUnsafeMutableBufferPointer { dv in
                  unsafe scratch.withUnsafeMutableBufferPointer { scratch in
                    guard let q = q.baseAddress, let k = k.baseAddress, let v = v.baseAddress,
                      let w = w.baseAddress, let dy = dy.baseAddress, let dq = dq.baseAddress,
                      let dk = dk.baseAddress, let dv = dv.baseAddress,
                      let scratch = scratch.baseAddress
                    else { return }
                    let pointers = unsafe AttentionPointers(
                      q: q, k: k, v: v, dy: dy, dq: dq, dk: dk, dv: dv, scratch: scratch)
                    var offset = 0
                    for s in 0..<shape.segments.count {
                      let rows = shape.segments[s]
                      for head in 0..<shape.heads {
                        unsafe differentiateOneHead(
                          pointers, weights: w + offset, shape: shape, rows: rows, head: head)
                        offset += rows.count * rows.count
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}

@unsafe private struct AttentionPointers<Scalar> {
  let q, k, v, dy: UnsafePointer<Scalar>
  let dq, dk, dv, scratch: UnsafeMutablePointer<Scalar>
}

@inline(__always)
private func differentiateOneHead<Scalar: BLASScalar>(
  _ p: AttentionPointers<Scalar>, weights: UnsafePointer<Scalar>, shape: AttentionShape,
  rows: Range<Int>, head: Int
) {
  let (width, length) = (shape.headDimension, rows.count)
  let keyHead = head / (shape.heads / shape.keyValueHeads)
  let first = rows.lowerBound * shape.keyColumns + keyHead * width
  let scale = 1 / Scalar(width).squareRoot()
  for i in 0..<length {
    let row = (rows.lowerBound + i) * shape.queryColumns + head * width
    let (q, dy, dq) = unsafe (p.q + row, p.dy + row, p.dq + row)
    let (w, a) = unsafe (weights + i * length, p.scratch)
    var mean: Scalar = 0
    for j in 0...i {
      unsafe a[j] = dot(dy, p.v + first + j * shape.keyColumns, width)
      mean += unsafe w[j] * a[j]
    }
    for j in 0...i {
      let column = first + j * shape.keyColumns
      let (k, dk, dv) = unsafe (p.k + column, p.dk + column, p.dv + column)
      let weight = unsafe w[j]
      let slope = unsafe weight * (a[j] - mean) * scale
      for d in 0..<width {
        unsafe dq[d] += slope * k[d]
        unsafe dk[d] += slope * q[d]
        unsafe dv[d] += weight * dy[d]
      }
    }
  }
}
