/// Where the keys and values of growing sequences lie between two steps of a sampler.
///
/// Keys are turned by their positions and lie in panels of sixteen positions, slots × keyValueHeads ×
/// panels × headDimension × 16: a query meets sixteen of them at once, and a new key writes to the
/// lines that the one before it wrote to. Values are slots × capacity × keyValueHeads·headDimension.
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
  public var keyCount: Int { slots * attention.keyValueHeads * headKeys }
  /// The number of cached values.
  public var valueCount: Int { slots * slotValues }

  /// Positions with their padding.
  var paddedCapacity: Int { paddedLength(capacity) }
  /// Keys of one head of one slot.
  var headKeys: Int { paddedCapacity * attention.headDimension }
  /// Values of one slot.
  var slotValues: Int { capacity * attention.keyColumns }

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
          let first = (slot * shape.keyValueHeads + head) * cache.headKeys
          unsafe placeTurned(
            x + shape.queryColumns + head * width, table, half: half,
            into: k + (first + (position & ~15) * width + position & 15))
        }
        let target = unsafe v + (slot * cache.capacity + position) * shape.keyColumns
        let source = unsafe x + shape.queryColumns + shape.keyColumns
        for i in 0..<shape.keyColumns { unsafe target[i] = source[i] }
      }
    }
  }
}

/// Writes one turned key into its column of a panel.
@inline(__always)
private func placeTurned<Scalar: TensorScalar>(
  _ key: UnsafePointer<Scalar>, _ table: RotaryPointers<Scalar>, half: Int,
  into column: UnsafeMutablePointer<Scalar>
) {
  for i in 0..<half {
    let (a, b) = unsafe (key[i], key[i &+ half])
    let (cosine, sine) = unsafe (table.cosines[i], table.sines[i])
    unsafe column[16 &* i] = a * cosine - b * sine
    unsafe column[16 &* (i &+ half)] = b * cosine + a * sine
  }
}

/// Copies what one slot holds of the first positions to another slot.
///
/// - Parameters:
///   - positions: how many of them.
///   - source: the slot that holds them.
///   - target: the slot that gets them.
///   - cache: the cache's shape.
///   - keys: the cache's keys.
///   - values: the cache's values.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func copyCached<Scalar: TensorScalar>(
  positions: Int, from source: Int, to target: Int, of cache: CacheShape,
  keys: inout MutableSpan<Scalar>, values: inout MutableSpan<Scalar>
) {
  precondition(
    source != target && 0..<cache.slots ~= source && 0..<cache.slots ~= target
      && 0...cache.capacity ~= positions,
    "\(positions) positions from slot \(source) to \(target) of \(cache.slots)")
  precondition(keys.count == cache.keyCount && values.count == cache.valueCount)
  let (shape, padded) = (cache.attention, paddedLength(positions))
  unsafe withMutablePointers(&keys, &values) { k, v in
    for head in 0..<shape.keyValueHeads {
      unsafe (k + (target * shape.keyValueHeads + head) * cache.headKeys).update(
        from: k + (source * shape.keyValueHeads + head) * cache.headKeys,
        count: padded * shape.headDimension)
    }
    unsafe (v + target * cache.slotValues).update(
      from: v + source * cache.slotValues, count: positions * shape.keyColumns)
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
  let shape = cache.attention
  cache.check(places, keys: keys.count, values: values.count)
  checkCounts(queries.count, output.count, places.slots.count * shape.queryColumns)
  var scratch = [Scalar](repeating: 0, count: shape.heads * cache.paddedCapacity)
  var scratchSpan = scratch.mutableSpan
  unsafe withPointers(queries, keys, values) { q, k, v in
    unsafe withMutablePointers(&output, &scratchSpan) { y, weights in
      for row in 0..<places.slots.count {
        let (slot, length) = (places.slots[row], places.positions[row] + 1)
        let (columns, padded) = (row * shape.queryColumns, paddedLength(length))
        for head in 0..<shape.keyValueHeads {
          let first = head * shape.group
          unsafe weighKeys(
            queries: q + columns + first * shape.headDimension,
            keys: k + (slot * shape.keyValueHeads + head) * cache.headKeys, shape, length: length,
            into: weights + first * padded)
        }
        unsafe mixValues(
          weights, v + slot * cache.slotValues, shape, length: length, into: y + columns)
      }
    }
  }
}

/// The weights of one sequence's keys for the query heads that share a key head, group × padded length.
@inline(__always)
private func weighKeys<Scalar: TensorScalar>(
  queries: UnsafePointer<Scalar>, keys: UnsafePointer<Scalar>, _ shape: AttentionShape, length: Int,
  into weights: UnsafeMutablePointer<Scalar>
) {
  let (width, padded) = (shape.headDimension, paddedLength(length))
  for first in stride(from: 0, to: shape.group, by: 4) {
    let rows = min(4, shape.group &- first)
    var column = 0
    while column < padded {
      let panels = panelCount(of: padded &- column, rows: rows)
      let scores = unsafe TileOperands(
        left: queries + first &* width, rowStride: width, step: 1, right: keys + column &* width,
        stride: 16, count: width)
      unsafe multiplyPanels(
        scores, panels, distance: 16 &* width, rows: rows, .assigned,
        into: weights + (first &* padded &+ column), outputStride: padded)
      column &+= 16 &* panels
    }
  }
  for r in 0..<shape.group {
    unsafe shiftByLargest(weights + r &* padded, count: length, padded: padded)
  }
  for j in 0..<shape.group &* padded { unsafe weights[j] = .boundedExponential(weights[j]) }
  for r in 0..<shape.group {
    unsafe normalize(weights + r &* padded, count: length, padded: padded)
  }
}

/// The values of one sequence mixed by the weights of all heads: one row of the output.
///
/// Sixteen columns of a head are one sum, and a sum waits for itself at every key. So four of them go
/// through the keys together, those of neighbouring heads where a head has fewer.
@inline(__always)
private func mixValues<Scalar: TensorScalar>(
  _ weights: UnsafeMutablePointer<Scalar>, _ values: UnsafePointer<Scalar>, _ shape: AttentionShape,
  length: Int, into output: UnsafeMutablePointer<Scalar>
) {
  let (width, padded) = (shape.headDimension, paddedLength(length))
  func operands(_ column: Int) -> TileOperands<Scalar> {
    let head = column / width
    let right = (head / shape.group) &* width &+ column % width
    return unsafe TileOperands(
      left: UnsafePointer(weights + head &* padded), rowStride: 0, step: 1, right: values + right,
      stride: shape.keyColumns, count: length)
  }
  var column = 0
  while width % 16 == 0, column &+ 64 <= shape.queryColumns {
    unsafe fourProducts(
      operands(column), operands(column &+ 16), operands(column &+ 32), operands(column &+ 48),
      into: output + column)
    column &+= 64
  }
  while column < shape.queryColumns {
    let columns = width % 16 == 0 ? 16 : width
    unsafe multiplyTile(
      operands(column), rows: 1, columns: columns, .assigned, into: output + column,
      outputStride: columns)
    column &+= columns
  }
}
