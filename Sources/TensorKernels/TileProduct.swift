/// Sixteen neighbouring values: one register of AVX-512, two of AVX2, four of NEON.
typealias WideLanes<Scalar: BLASScalar> = SIMD16<Scalar>

/// What a kernel does with the results that were there before.
public enum Accumulation: Sendable {
  /// They are overwritten.
  case assigned
  /// What is computed is added to them.
  case added
}

/// The operands of a small product, output(r, c) = Σᵢ left(r, i)·right(i, c).
///
/// The left factor may lie in memory either way, since it is read one value at a time; rows of the
/// right one are read sixteen values at a time.
@unsafe package struct TileOperands<Scalar: BLASScalar> {
  /// left(r, i) is at `left[r·rowStride + i·step]`.
  var left: UnsafePointer<Scalar>
  var rowStride: Int
  var step: Int
  /// right(i, c) is at `right[i·stride + c]`.
  var right: UnsafePointer<Scalar>
  var stride: Int
  /// The length of the sums.
  var count: Int

  /// The operands of sums of `count` products.
  @inline(__always)
  package init(
    left: UnsafePointer<Scalar>, rowStride: Int, step: Int, right: UnsafePointer<Scalar>,
    stride: Int, count: Int
  ) {
    unsafe (self.left, self.rowStride, self.step) = unsafe (left, rowStride, step)
    unsafe (self.right, self.stride, self.count) = unsafe (right, stride, count)
  }
}

/// Some rows of a small product in tiles of sixteen columns, which stay in registers.
///
/// Products too small for a BLAS, which would first copy both factors, run at its speed here: four
/// rows and sixteen columns are eight AVX2 sums, as many as its two units need in flight, six rows
/// are twelve, as many as fit beside the factors. Other heights take four rows together if they can
/// and the rest one by one. A row's sums do not depend on its tile.
@inline(__always)
package func multiplyTile<Scalar: BLASScalar>(
  _ operands: TileOperands<Scalar>, rows: Int, columns: Int, _ result: Accumulation,
  into output: UnsafeMutablePointer<Scalar>, outputStride: Int
) {
  guard rows != 6 else {
    return unsafe multiplySixRows(
      operands, columns: columns, result, into: output, outputStride: outputStride)
  }
  if rows >= 4 {
    unsafe multiplyFourRows(
      operands, columns: columns, result, into: output, outputStride: outputStride)
  }
  for r in (rows >= 4 ? 4 : 0)..<rows {
    var row = unsafe operands
    unsafe row.left += r &* operands.rowStride
    unsafe multiplyRow(row, columns: columns, result, into: output + r &* outputStride)
  }
}

/// One tile of a product with a panel of sixteen columns, of which only the first may be wanted.
@inline(__always)
func multiplyPanelTile<Scalar: BLASScalar>(
  _ operands: TileOperands<Scalar>, rows: Int, columns: Int, _ result: Accumulation,
  into output: UnsafeMutablePointer<Scalar>, outputStride: Int,
  scratch: UnsafeMutablePointer<Scalar>
) {
  guard columns < 16 else {
    unsafe multiplyTile(
      operands, rows: rows, columns: 16, result, into: output, outputStride: outputStride)
    return
  }
  unsafe multiplyTile(
    operands, rows: rows, columns: 16, .assigned, into: scratch, outputStride: 16)
  for r in 0..<rows {
    for c in 0..<columns {
      let (place, value) = unsafe (r &* outputStride &+ c, scratch[16 &* r &+ c])
      unsafe output[place] = result == .added ? output[place] + value : value
    }
  }
}

/// The rows of the next tile, of so many that are left: sixes and fours leave fewest single ones.
@inline(__always)
func tileHeight(of rows: Int) -> Int {
  let rest = rows % 6
  guard rows < 6 || rest > 1 else { return 6 }
  return min(4, rows)
}

@inline(__always)
private func multiplySixRows<Scalar: BLASScalar>(
  _ operands: TileOperands<Scalar>, columns: Int, _ result: Accumulation,
  into output: UnsafeMutablePointer<Scalar>, outputStride: Int
) {
  var c = 0
  while c &+ 16 <= columns {
    unsafe sixRows(operands, c, result, into: output + c, outputStride: outputStride)
    c &+= 16
  }
  for r in 0..<6 {
    var row = unsafe operands
    unsafe row.left += r &* operands.rowStride
    unsafe singleColumns(row, from: c, to: columns, result, into: output + r &* outputStride)
  }
}

@inline(__always)
private func multiplyFourRows<Scalar: BLASScalar>(
  _ operands: TileOperands<Scalar>, columns: Int, _ result: Accumulation,
  into output: UnsafeMutablePointer<Scalar>, outputStride: Int
) {
  var c = 0
  while c &+ 16 <= columns {
    unsafe fourRows(
      WideLanes<Scalar>.self, operands, c, result, into: output + c, outputStride: outputStride)
    c &+= 16
  }
  while c &+ 8 <= columns {
    unsafe fourRows(
      Lanes<Scalar>.self, operands, c, result, into: output + c, outputStride: outputStride)
    c &+= 8
  }
  for r in 0..<4 {
    var row = unsafe operands
    unsafe row.left += r &* operands.rowStride
    unsafe singleColumns(row, from: c, to: columns, result, into: output + r &* outputStride)
  }
}

@inline(__always)
private func multiplyRow<Scalar: BLASScalar>(
  _ operands: TileOperands<Scalar>, columns: Int, _ result: Accumulation,
  into output: UnsafeMutablePointer<Scalar>
) {
  var c = 0
  while c &+ 64 <= columns {
    unsafe oneLongRow(operands, c, result, into: output + c)
    c &+= 64
  }
  if c &+ 32 <= columns {
    unsafe oneRowOfTwo(operands, c, result, into: output + c)
    c &+= 32
  }
  while c &+ 16 <= columns {
    unsafe oneRow(WideLanes<Scalar>.self, operands, c, result, into: output + c)
    c &+= 16
  }
  while c &+ 8 <= columns {
    unsafe oneRow(Lanes<Scalar>.self, operands, c, result, into: output + c)
    c &+= 8
  }
  unsafe singleColumns(operands, from: c, to: columns, result, into: output)
}

@inline(__always)
private func sixRows<Scalar: BLASScalar>(
  _ operands: TileOperands<Scalar>, _ column: Int, _ result: Accumulation,
  into output: UnsafeMutablePointer<Scalar>, outputStride: Int
) {
  var (s0, s1) = (WideLanes<Scalar>(repeating: 0), WideLanes<Scalar>(repeating: 0))
  var (s2, s3, s4, s5) = (s0, s0, s0, s0)
  let rowStride = unsafe operands.rowStride
  var (a, b) = unsafe (operands.left, operands.right + column)
  for _ in unsafe 0..<operands.count {
    let row = unsafe b.vector(WideLanes<Scalar>.self)
    unsafe s0.accumulate(WideLanes(repeating: a[0]), row)
    unsafe s1.accumulate(WideLanes(repeating: a[rowStride]), row)
    unsafe s2.accumulate(WideLanes(repeating: a[2 &* rowStride]), row)
    unsafe s3.accumulate(WideLanes(repeating: a[3 &* rowStride]), row)
    unsafe s4.accumulate(WideLanes(repeating: a[4 &* rowStride]), row)
    unsafe s5.accumulate(WideLanes(repeating: a[5 &* rowStride]), row)
    unsafe a += operands.step
    unsafe b += operands.stride
  }
  unsafe output.store(s0, result)
  unsafe (output + outputStride).store(s1, result)
  unsafe (output + 2 &* outputStride).store(s2, result)
  unsafe (output + 3 &* outputStride).store(s3, result)
  unsafe (output + 4 &* outputStride).store(s4, result)
  unsafe (output + 5 &* outputStride).store(s5, result)
}

@inline(__always)
private func fourRows<Scalar: BLASScalar, Vector: SIMD>(
  _ vector: Vector.Type, _ operands: TileOperands<Scalar>, _ column: Int, _ result: Accumulation,
  into output: UnsafeMutablePointer<Scalar>, outputStride: Int
) where Vector.Scalar == Scalar {
  var (s0, s1) = (Vector(repeating: 0), Vector(repeating: 0))
  var (s2, s3) = (s0, s0)
  let rowStride = unsafe operands.rowStride
  var (a, b) = unsafe (operands.left, operands.right + column)
  for _ in unsafe 0..<operands.count {
    let row = unsafe b.vector(vector)
    unsafe s0.accumulate(Vector(repeating: a[0]), row)
    unsafe s1.accumulate(Vector(repeating: a[rowStride]), row)
    unsafe s2.accumulate(Vector(repeating: a[2 &* rowStride]), row)
    unsafe s3.accumulate(Vector(repeating: a[3 &* rowStride]), row)
    unsafe a += operands.step
    unsafe b += operands.stride
  }
  unsafe output.store(s0, result)
  unsafe (output + outputStride).store(s1, result)
  unsafe (output + 2 &* outputStride).store(s2, result)
  unsafe (output + 3 &* outputStride).store(s3, result)
}

@inline(__always)
private func oneRow<Scalar: BLASScalar, Vector: SIMD>(
  _ vector: Vector.Type, _ operands: TileOperands<Scalar>, _ column: Int, _ result: Accumulation,
  into output: UnsafeMutablePointer<Scalar>
) where Vector.Scalar == Scalar {
  var sums = Vector(repeating: 0)
  var (a, b) = unsafe (operands.left, operands.right + column)
  for _ in unsafe 0..<operands.count {
    unsafe sums.accumulate(Vector(repeating: a[0]), b.vector(vector))
    unsafe a += operands.step
    unsafe b += operands.stride
  }
  unsafe output.store(sums, result)
}

@inline(__always)
private func oneRowOfTwo<Scalar: BLASScalar>(
  _ operands: TileOperands<Scalar>, _ column: Int, _ result: Accumulation,
  into output: UnsafeMutablePointer<Scalar>
) {
  var (s0, s1) = (WideLanes<Scalar>(repeating: 0), WideLanes<Scalar>(repeating: 0))
  var (a, b) = unsafe (operands.left, operands.right + column)
  for _ in unsafe 0..<operands.count {
    let factor = unsafe WideLanes<Scalar>(repeating: a[0])
    unsafe s0.accumulate(factor, b.vector(WideLanes<Scalar>.self))
    unsafe s1.accumulate(factor, (b + 16).vector(WideLanes<Scalar>.self))
    unsafe a += operands.step
    unsafe b += operands.stride
  }
  unsafe output.store(s0, result)
  unsafe (output + 16).store(s1, result)
}

/// Sixty-four columns of one row, as many sums as keep two units busy.
@inline(__always)
private func oneLongRow<Scalar: BLASScalar>(
  _ operands: TileOperands<Scalar>, _ column: Int, _ result: Accumulation,
  into output: UnsafeMutablePointer<Scalar>
) {
  var (s0, s1) = (WideLanes<Scalar>(repeating: 0), WideLanes<Scalar>(repeating: 0))
  var (s2, s3) = (s0, s0)
  var (a, b) = unsafe (operands.left, operands.right + column)
  for _ in unsafe 0..<operands.count {
    let factor = unsafe WideLanes<Scalar>(repeating: a[0])
    unsafe s0.accumulate(factor, b.vector(WideLanes<Scalar>.self))
    unsafe s1.accumulate(factor, (b + 16).vector(WideLanes<Scalar>.self))
    unsafe s2.accumulate(factor, (b + 32).vector(WideLanes<Scalar>.self))
    unsafe s3.accumulate(factor, (b + 48).vector(WideLanes<Scalar>.self))
    unsafe a += operands.step
    unsafe b += operands.stride
  }
  unsafe output.store(s0, result)
  unsafe (output + 16).store(s1, result)
  unsafe (output + 32).store(s2, result)
  unsafe (output + 48).store(s3, result)
}

/// The columns that fill no vector.
@inline(__always)
private func singleColumns<Scalar: BLASScalar>(
  _ operands: TileOperands<Scalar>, from start: Int, to end: Int, _ result: Accumulation,
  into output: UnsafeMutablePointer<Scalar>
) {
  for c in start..<end {
    var total: Scalar = 0
    for i in unsafe 0..<operands.count {
      total = unsafe total.plus(
        operands.left[i &* operands.step], times: operands.right[i &* operands.stride &+ c])
    }
    unsafe output[c] = result == .added ? output[c] + total : total
  }
}

extension UnsafeMutablePointer where Pointee: BLASScalar {
  /// Stores a vector, or adds it to what is there.
  @inline(__always)
  fileprivate func store<Vector: SIMD>(_ sums: Vector, _ result: Accumulation)
  where Vector.Scalar == Pointee {
    let address = UnsafeMutableRawPointer(self)
    switch result {
    case .assigned: unsafe address.storeBytes(of: sums, as: Vector.self)
    case .added:
      let total = unsafe address.loadUnaligned(as: Vector.self) + sums
      unsafe address.storeBytes(of: total, as: Vector.self)
    }
  }
}
