/// Sixteen neighbouring values: one register of AVX-512, two of AVX2, four of NEON.
typealias WideLanes<Scalar: TensorScalar> = SIMD16<Scalar>

/// What a kernel does with the results that were there before.
public enum Accumulation: Sendable {
  /// They are overwritten.
  case assigned
  /// What is computed is added to them.
  case added
}

/// What a tile does with the results that were there before.
enum TileResult: Sendable {
  /// They are overwritten.
  case assigned
  /// The sums are added to them.
  case added
  /// The sums begin with them, as if the terms before had been among these.
  case continued

  init(_ accumulation: Accumulation) { self = accumulation == .added ? .added : .assigned }
}

/// The operands of a product, output(r, c) = Σᵢ left(r, i)·right(i, c).
///
/// The left factor may lie in memory either way, since it is read one value at a time; rows of the
/// right one are read sixteen values at a time.
@unsafe package struct TileOperands<Scalar: TensorScalar> {
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

/// Some rows of a product in tiles of sixteen or thirty-two columns, which stay in registers.
///
/// Six rows are a tile, ``tilesAreWide`` says how wide, and four rows are another. Other heights take
/// four rows together if they can and the rest one by one. A row's sums do not depend on its tile.
@inline(__always)
package func multiplyTile<Scalar: TensorScalar>(
  _ operands: TileOperands<Scalar>, rows: Int, columns: Int, _ accumulation: Accumulation,
  into output: UnsafeMutablePointer<Scalar>, outputStride: Int
) {
  unsafe multiplyRows(
    operands, rows: rows, columns: columns, TileResult(accumulation), into: output,
    outputStride: outputStride)
}

/// The same, where the sums may also go on from what is there.
@inline(__always)
func multiplyRows<Scalar: TensorScalar>(
  _ operands: TileOperands<Scalar>, rows: Int, columns: Int, _ result: TileResult,
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

/// Some rows of a product with a number of neighbouring panels of sixteen columns: 1, 2 or 4.
///
/// `distance` is from one panel to the next.
@inline(__always)
func multiplyPanels<Scalar: TensorScalar>(
  _ operands: TileOperands<Scalar>, _ panels: Int, distance: Int, rows: Int,
  _ result: TileResult, into output: UnsafeMutablePointer<Scalar>, outputStride: Int
) {
  guard panels > 1 else {
    return unsafe multiplyRows(
      operands, rows: rows, columns: 16, result, into: output, outputStride: outputStride)
  }
  var first = 0
  if tilesAreWide, panels == 2, rows == 6 {
    unsafe sixRowsOfTwo(
      operands, 0, distance: distance, result, into: output, outputStride: outputStride)
    first = 6
  } else if tilesAreWide, panels == 2, rows >= 4 {
    unsafe fourRowsOfTwo(
      operands, 0, distance: distance, result, into: output, outputStride: outputStride)
    first = 4
  }
  for r in first..<rows {
    var row = unsafe operands
    unsafe row.left += r &* operands.rowStride
    let target = unsafe output + r &* outputStride
    if tilesAreWide, panels == 2 {
      unsafe oneRowOfTwo(row, 0, distance: distance, result, into: target)
    } else {
      unsafe oneRowOfFour(row, 0, distance: distance, result, into: target)
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
private func multiplySixRows<Scalar: TensorScalar>(
  _ operands: TileOperands<Scalar>, columns: Int, _ result: TileResult,
  into output: UnsafeMutablePointer<Scalar>, outputStride: Int
) {
  var c = 0
  while tilesAreWide, c &+ 32 <= columns {
    unsafe sixRowsOfTwo(
      operands, c, distance: 16, result, into: output + c, outputStride: outputStride)
    c &+= 32
  }
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
private func multiplyFourRows<Scalar: TensorScalar>(
  _ operands: TileOperands<Scalar>, columns: Int, _ result: TileResult,
  into output: UnsafeMutablePointer<Scalar>, outputStride: Int
) {
  var c = 0
  while tilesAreWide, c &+ 32 <= columns {
    unsafe fourRowsOfTwo(
      operands, c, distance: 16, result, into: output + c, outputStride: outputStride)
    c &+= 32
  }
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
private func multiplyRow<Scalar: TensorScalar>(
  _ operands: TileOperands<Scalar>, columns: Int, _ result: TileResult,
  into output: UnsafeMutablePointer<Scalar>
) {
  var c = 0
  while c &+ 64 <= columns {
    unsafe oneRowOfFour(operands, c, distance: 16, result, into: output + c)
    c &+= 64
  }
  if c &+ 32 <= columns {
    unsafe oneRowOfTwo(operands, c, distance: 16, result, into: output + c)
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
