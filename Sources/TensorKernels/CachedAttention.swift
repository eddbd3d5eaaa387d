/// Where the keys and values of growing sequences lie between two steps of a sampler.
///
/// Keys are turned by their positions and transposed, slots × keyValueHeads × headDimension ×
/// padded capacity, so that a query meets sixteen of them at once; values are slots × capacity ×
/// keyValueHeads·headDimension.
public struct CacheShape: Sendable, Equatable {
  /// Heads and widths; its segments mean nothing here.
  public let attention: AttentionShape
  /// Sequences that fit.
  public let slots: Int
  /// Positions that fit for each sequence.
  public let capacity: Int

  /// A cache for so many sequences of so many positions.
  public init(attention: AttentionShape, slots: Int, capacity: Int) {
    (self.attention, self.slots, self.capacity) = (attention, slots, capacity)
  }

  /// The number of cached keys with their padding.
  public var keyCount: Int { slots * attention.keyColumns * keyStride }
  /// The number of cached values.
  public var valueCount: Int { slots * capacity * attention.keyColumns }

  var keyStride: Int { paddedLength(capacity) }

  func check(_ places: CachePlaces, keys: Int, values: Int) {
    precondition(
      places.slots.count == places.positions.count
        && places.slots.allSatisfy { 0..<slots ~= $0 }
        && places.positions.allSatisfy { 0..<capacity ~= $0 },
      "rows beyond \(slots) slots of \(capacity) positions")
    precondition(
      keys == keyCount && values == valueCount,
      "\(keys) keys and \(values) values for \(slots) slots of \(capacity) positions")
  }
}

/// The slot and position of every new row.
public struct CachePlaces: Sendable, Equatable {
  /// The slot of each row's sequence.
  public var slots: [Int] = []
  /// The position of each row in its sequence.
  public var positions: [Int] = []

  /// No rows.
  public init() {}

  /// Adds a row.
  public mutating func append(slot: Int, position: Int) {
    slots.append(slot)
    positions.append(position)
  }
}

/// Takes the keys and values of new rows into the cache and leaves their queries turned and scaled.
///
/// - Parameters:
///   - rows: queries, keys and values of every row side by side, rows × `rowColumns`.
///   - places: where each row belongs.
///   - cache: the cache's shape.
///   - table: cosines and sines for every position.
///   - keys: the cache's keys.
///   - values: the cache's values.
///   - queries: rows × heads·headDimension.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func cacheRows<Scalar: TensorScalar>(
  _ rows: Span<Scalar>, at places: CachePlaces, of cache: CacheShape, table: RotaryTable<Scalar>,
  keys: inout MutableSpan<Scalar>, values: inout MutableSpan<Scalar>,
  queries: inout MutableSpan<Scalar>
) {
  let shape = cache.attention
  cache.check(places, keys: keys.count, values: values.count)
  let count = places.slots.count
  checkCounts(rows.count, rows.count, count * shape.rowColumns)
  checkCounts(queries.count, queries.count, count * shape.queryColumns)
  precondition(table.positions >= cache.capacity && table.headDimension == shape.headDimension)
  let (width, half) = (shape.headDimension, shape.headDimension / 2)
  unsafe withPointers(rows, table.cosines.span, table.sines.span) { x, cosines, sines in
    unsafe withMutablePointers(&keys, &values, &queries) { k, v, q in
      for row in 0..<count {
        let (slot, position) = (places.slots[row], places.positions[row])
        let (x, q) = unsafe (x + row * shape.rowColumns, q + row * shape.queryColumns)
        let table = unsafe RotaryPointers(
          cosines: cosines + position * half, sines: sines + position * half)
        for head in 0..<shape.heads {
          unsafe packRotated(
            HeadRows(first: x + head * width, stride: 0, length: 1, width: width), table,
            scale: shape.scale(), into: q + head * width)
        }
        for head in 0..<shape.keyValueHeads {
          let column = (slot * shape.keyValueHeads + head) * width * cache.keyStride + position
          unsafe placeTransposed(
            x + shape.queryColumns + head * width, table, half: half, into: k + column,
            stride: cache.keyStride)
        }
        let target = unsafe v + (slot * cache.capacity + position) * shape.keyColumns
        let source = unsafe x + shape.queryColumns + shape.keyColumns
        for i in 0..<shape.keyColumns { unsafe target[i] = source[i] }
      }
    }
  }
}

/// Writes one turned key into a column.
@inline(__always)
private func placeTransposed<Scalar: TensorScalar>(
  _ key: UnsafePointer<Scalar>, _ table: RotaryPointers<Scalar>, half: Int,
  into column: UnsafeMutablePointer<Scalar>, stride: Int
) {
  for i in 0..<half {
    let (a, b) = unsafe (key[i], key[i &+ half])
    let (cosine, sine) = unsafe (table.cosines[i], table.sines[i])
    unsafe column[i &* stride] = a * cosine - b * sine
    unsafe column[(i &+ half) &* stride] = b * cosine + a * sine
  }
}

/// Attention of new rows over their own sequences up to their own places, which are cached.
///
/// The same sums as row `position` of `selfAttention`.
///
/// - Parameters:
///   - queries: turned and scaled, rows × heads·headDimension.
///   - places: where each row belongs.
///   - cache: the cache's shape.
///   - keys: the cache's keys.
///   - values: the cache's values.
///   - output: as queries.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func cachedAttention<Scalar: TensorScalar>(
  queries: Span<Scalar>, at places: CachePlaces, of cache: CacheShape, keys: Span<Scalar>,
  values: Span<Scalar>, into output: inout MutableSpan<Scalar>
) {
  let (shape, width) = (cache.attention, cache.attention.headDimension)
  cache.check(places, keys: keys.count, values: values.count)
  checkCounts(queries.count, output.count, places.slots.count * shape.queryColumns)
  var scratch = [Scalar](repeating: 0, count: shape.group * cache.keyStride)
  var scratchSpan = scratch.mutableSpan
  unsafe withPointers(queries, keys, values) { q, k, v in
    unsafe withMutablePointers(&output, &scratchSpan) { y, weights in
      for row in 0..<places.slots.count {
        let (slot, length) = (places.slots[row], places.positions[row] + 1)
        for head in 0..<shape.keyValueHeads {
          let column = row * shape.queryColumns + head * shape.group * width
          unsafe attendCached(
            queries: q + column,
            keys: k + (slot * shape.keyValueHeads + head) * width * cache.keyStride,
            values: v + slot * cache.capacity * shape.keyColumns + head * width,
            cache: cache, length: length, into: y + column, weights: weights)
        }
      }
    }
  }
}

/// The attention of the query heads that share one key head, over one sequence.
@inline(__always)
private func attendCached<Scalar: TensorScalar>(
  queries: UnsafePointer<Scalar>, keys: UnsafePointer<Scalar>, values: UnsafePointer<Scalar>,
  cache: CacheShape, length: Int, into output: UnsafeMutablePointer<Scalar>,
  weights: UnsafeMutablePointer<Scalar>
) {
  let (group, width) = (cache.attention.group, cache.attention.headDimension)
  let padded = paddedLength(length)
  for first in stride(from: 0, to: group, by: 4) {
    let rows = min(4, group &- first)
    let scores = unsafe TileOperands(
      left: queries + first &* width, rowStride: width, step: 1, right: keys,
      stride: cache.keyStride, count: width)
    unsafe multiplyTile(
      scores, rows: rows, columns: padded, .assigned, into: weights, outputStride: padded)
    for r in 0..<rows {
      unsafe shiftByLargest(weights + r &* padded, count: length, padded: padded)
    }
    for j in 0..<rows &* padded { unsafe weights[j] = .boundedExponential(weights[j]) }
    for r in 0..<rows { unsafe normalize(weights + r &* padded, count: length, padded: padded) }
    let mix = unsafe TileOperands(
      left: UnsafePointer(weights), rowStride: padded, step: 1, right: values,
      stride: cache.attention.keyColumns, count: length)
    unsafe multiplyTile(
      mix, rows: rows, columns: width, .assigned, into: output + first &* width,
      outputStride: width)
  }
}
