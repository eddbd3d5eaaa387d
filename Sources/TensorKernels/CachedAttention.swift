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
  unsafe query.withUnsafeBufferPointer { q in
    unsafe keys.withUnsafeBufferPointer { k in
      unsafe values.withUnsafeBufferPointer { v in
        unsafe output.withUnsafeMutableBufferPointer { y in
          unsafe scores.withUnsafeMutableBufferPointer { w in
            guard let q = q.baseAddress, let k = k.baseAddress, let v = v.baseAddress,
              let y = y.baseAddress, let w = w.baseAddress
            else { return }
            let (width, group) = (shape.headDimension, shape.heads / shape.keyValueHeads)
            for head in 0..<shape.heads {
              let first = head / group * width
              unsafe attendRow(
                query: q + head * width, keys: k + first, values: v + first,
                stride: shape.keyColumns, count: length, width: width, into: y + head * width,
                weights: w)
            }
          }
        }
      }
    }
  }
}
