/// Rows of one head as attention reads them from a packed batch.
@unsafe struct HeadRows<Scalar: TensorScalar> {
  /// The head's first value in the first row.
  var first: UnsafePointer<Scalar>
  /// From one row to the next.
  var stride: Int
  var length: Int
  var width: Int
}

/// A column of heads in a packed batch: its rows of any range.
@unsafe struct HeadColumn<Scalar: TensorScalar> {
  /// The head's first value in the batch's first row.
  var first: UnsafePointer<Scalar>
  var stride: Int
  var width: Int

  subscript(rows: Range<Int>) -> HeadRows<Scalar> {
    unsafe HeadRows(
      first: first + rows.lowerBound &* stride, stride: stride, length: rows.count, width: width)
  }
}

/// Copies the keys that a segment sees side by side, each turned by its position.
@inline(__always)
func packKeys<Scalar: TensorScalar>(
  _ keys: HeadColumn<Scalar>, _ rows: SegmentRows, _ table: RotaryPointers<Scalar>,
  into packed: UnsafeMutablePointer<Scalar>
) {
  let (before, width) = unsafe (rows.prefix.count, keys.width)
  unsafe packRotated(keys[rows.prefix], table, scale: 1, into: packed)
  unsafe packRotated(
    keys[rows.own], table.from(before, width), scale: 1, into: packed + before &* width)
}

/// Copies a head's rows side by side, each turned by its position and scaled.
@inline(__always)
func packRotated<Scalar: TensorScalar>(
  _ head: HeadRows<Scalar>, _ table: RotaryPointers<Scalar>, scale: Scalar,
  into packed: UnsafeMutablePointer<Scalar>
) {
  let (half, width, length) = unsafe (head.width / 2, head.width, head.length)
  for r in 0..<length {
    let (x, y) = unsafe (head.first + r &* head.stride, packed + r &* width)
    let (cosine, sine) = unsafe (table.cosines + r &* half, table.sines + r &* half)
    var i = 0
    while i &+ 8 <= half {
      let (a, b) = unsafe (x.lanes(i) * scale, x.lanes(i &+ half) * scale)
      let (c, s) = unsafe (cosine.lanes(i), sine.lanes(i))
      unsafe y.store(a * c - b * s, i)
      unsafe y.store(b * c + a * s, i &+ half)
      i &+= 8
    }
    while i < half {
      let (a, b) = unsafe (x[i] * scale, x[i &+ half] * scale)
      unsafe y[i] = a * cosine[i] - b * sine[i]
      unsafe y[i &+ half] = b * cosine[i] + a * sine[i]
      i &+= 1
    }
  }
}

/// The values that a segment sees: where they are, or copied side by side behind those of a prefix.
@inline(__always)
func gatherValues<Scalar: TensorScalar>(
  _ values: HeadColumn<Scalar>, _ rows: SegmentRows, room: UnsafeMutablePointer<Scalar>
) -> HeadRows<Scalar> {
  guard !rows.prefix.isEmpty else { return unsafe values[rows.own] }
  let width = unsafe values.width
  func copy(_ rows: Range<Int>, into target: UnsafeMutablePointer<Scalar>) {
    for (i, row) in rows.enumerated() {
      let first = unsafe values.first + row &* values.stride
      unsafe (target + i &* width).update(from: first, count: width)
    }
  }
  unsafe copy(rows.prefix, into: room)
  unsafe copy(rows.own, into: room + rows.prefix.count &* width)
  return unsafe HeadRows(first: room, stride: width, length: rows.keys, width: width)
}

/// Transposes packed rows into columns `stride` apart: `columns[i·stride + r] = rows[r·width + i]`.
@inline(__always)
func transpose<Scalar: TensorScalar>(
  _ head: HeadRows<Scalar>, into columns: UnsafeMutablePointer<Scalar>, stride: Int
) {
  let (width, length) = unsafe (head.width, head.length)
  var r = 0
  while r &+ 4 <= length {
    let rows = unsafe head.first + r &* head.stride
    var i = 0
    while i &+ 4 <= width {
      unsafe transposeSquare(
        rows + i, stride: head.stride, into: columns + (i &* stride &+ r), stride: stride)
      i &+= 4
    }
    while i < width {
      for row in 0..<4 {
        unsafe columns[i &* stride &+ r &+ row] = rows[row &* head.stride &+ i]
      }
      i &+= 1
    }
    r &+= 4
  }
  while r < length {
    for i in 0..<width {
      unsafe columns[i &* stride &+ r] = head.first[r &* head.stride &+ i]
    }
    r &+= 1
  }
}

/// Turns packed gradients back and adds them, scaled, to a head's rows of a packed batch, or sets
/// these to them.
@inline(__always)
func unpackRotated<Scalar: TensorScalar>(
  _ packed: UnsafePointer<Scalar>, _ table: RotaryPointers<Scalar>, scale: Scalar, length: Int,
  width: Int, _ accumulation: Accumulation, into first: UnsafeMutablePointer<Scalar>, stride: Int
) {
  let half = width / 2
  for r in 0..<length {
    let (x, y) = unsafe (packed + r &* width, first + r &* stride)
    let (cosine, sine) = unsafe (table.cosines + r &* half, table.sines + r &* half)
    var i = 0
    while i &+ 8 <= half {
      let (a, b) = unsafe (x.lanes(i) * scale, x.lanes(i &+ half) * scale)
      let (c, s) = unsafe (cosine.lanes(i), sine.lanes(i))
      unsafe y.place(a * c + b * s, i, accumulation)
      unsafe y.place(b * c - a * s, i &+ half, accumulation)
      i &+= 8
    }
    while i < half {
      let (a, b) = unsafe (x[i] * scale, x[i &+ half] * scale)
      let (first, second) = unsafe (
        a * cosine[i] + b * sine[i], b * cosine[i] - a * sine[i]
      )
      unsafe y[i] = accumulation == .added ? y[i] + first : first
      unsafe y[i &+ half] = accumulation == .added ? y[i &+ half] + second : second
      i &+= 1
    }
  }
}

/// The two halves of a ``RotaryTable``.
@unsafe struct RotaryPointers<Scalar: TensorScalar> {
  var cosines: UnsafePointer<Scalar>
  var sines: UnsafePointer<Scalar>

  /// The rotations from a position on, of heads of a width.
  @inline(__always)
  func from(_ position: Int, _ width: Int) -> RotaryPointers {
    let skipped = position &* (width / 2)
    return unsafe RotaryPointers(cosines: cosines + skipped, sines: sines + skipped)
  }
}
