/// Copies some columns of the right factor: panels of block × 16, the last one filled up with zeros.
@inline(__always)
func packPanels<Scalar: TensorScalar>(
  of right: UnsafePointer<Scalar>, _ product: MatrixProduct, _ block: Range<Int>,
  _ columns: Range<Int>, into panels: UnsafeMutablePointer<Scalar>
) {
  if columns.count % 16 > 0 {
    let last = unsafe panels + (columns.count & ~15) &* block.count
    for i in 0..<16 &* block.count { unsafe last[i] = 0 }
  }
  switch product.right {
  case .plain:
    unsafe packRows(
      of: right + (block.lowerBound &* product.columns &+ columns.lowerBound),
      stride: product.columns, count: block.count, columns: columns.count, into: panels)
  case .transposed:
    for column in stride(from: 0, to: columns.count, by: 16) {
      let source = (columns.lowerBound &+ column) &* product.inner &+ block.lowerBound
      unsafe packColumns(
        of: right + source, stride: product.inner, count: block.count,
        width: min(16, columns.count &- column), into: panels + column &* block.count)
    }
  }
}

/// `panels[p][16·i + c] = rows[i·stride + 16·p + c]`: rows are read as they lie in memory.
@inline(__always)
private func packRows<Scalar: TensorScalar>(
  of rows: UnsafePointer<Scalar>, stride: Int, count: Int, columns: Int,
  into panels: UnsafeMutablePointer<Scalar>
) {
  for i in 0..<count {
    let row = unsafe rows + i &* stride
    var (c, target) = unsafe (0, panels + 16 &* i)
    while c &+ 16 <= columns {
      unsafe target.store(row.lanes(c), 0)
      unsafe target.store(row.lanes(c &+ 8), 8)
      c &+= 16
      unsafe target += 16 &* count
    }
    for rest in c..<columns { unsafe target[rest &- c] = row[rest] }
  }
}

/// `panel[16·i + c] = source[c·stride + i]` for c below the width, in squares of four by four.
@inline(__always)
private func packColumns<Scalar: TensorScalar>(
  of source: UnsafePointer<Scalar>, stride: Int, count: Int, width: Int,
  into panel: UnsafeMutablePointer<Scalar>
) {
  var c = 0
  while c &+ 4 <= width {
    let (column, target) = unsafe (source + c &* stride, panel + c)
    var i = 0
    while i &+ 4 <= count {
      unsafe transposeSquare(column + i, stride: stride, into: target + 16 &* i, stride: 16)
      i &+= 4
    }
    while i < count {
      for r in 0..<4 { unsafe target[16 &* i &+ r] = column[r &* stride &+ i] }
      i &+= 1
    }
    c &+= 4
  }
  while c < width {
    for i in 0..<count { unsafe panel[16 &* i &+ c] = source[c &* stride &+ i] }
    c &+= 1
  }
}

/// Four rows of four values as columns.
@inline(__always)
func transposeSquare<Scalar: TensorScalar>(
  _ source: UnsafePointer<Scalar>, stride: Int, into target: UnsafeMutablePointer<Scalar>,
  stride targetStride: Int
) {
  let a = unsafe source.vector(SIMD4<Scalar>.self)
  let b = unsafe (source + stride).vector(SIMD4<Scalar>.self)
  let c = unsafe (source + 2 &* stride).vector(SIMD4<Scalar>.self)
  let d = unsafe (source + 3 &* stride).vector(SIMD4<Scalar>.self)
  // Shuffles of registers: values picked one by one would become scattered stores.
  let (upper, lower) = (SIMD8(lowHalf: a, highHalf: b), SIMD8(lowHalf: c, highHalf: d))
  let even = SIMD8(lowHalf: upper.evenHalf, highHalf: lower.evenHalf)
  let odd = SIMD8(lowHalf: upper.oddHalf, highHalf: lower.oddHalf)
  unsafe target.copyVector(even.evenHalf)
  unsafe (target + targetStride).copyVector(odd.evenHalf)
  unsafe (target + 2 &* targetStride).copyVector(even.oddHalf)
  unsafe (target + 3 &* targetStride).copyVector(odd.oddHalf)
}

/// Copies some columns of a stored left factor, which are rows of the product, in the order in which
/// tiles read them: strip after strip of a tile's height.
@inline(__always)
func packStrips<Scalar: TensorScalar>(
  of source: UnsafePointer<Scalar>, stride: Int, count: Int, rows: Int,
  into strips: UnsafeMutablePointer<Scalar>
) {
  let sixes = rows % 6 == 0 ? rows : 0
  for i in 0..<count {
    // All strips of a stored row at once, so that it is read as it lies in memory.
    var (values, target) = unsafe (source + i &* stride, strips + 6 &* i)
    for _ in 0..<sixes / 6 {
      unsafe target.copyVector(values.vector(SIMD4<Scalar>.self))
      unsafe (target + 4).copyVector((values + 4).vector(SIMD2<Scalar>.self))
      unsafe (values, target) = unsafe (values + 6, target + 6 &* count)
    }
  }
  var row = sixes
  while row < rows {
    let height = tileHeight(of: rows &- row)
    let strip = unsafe strips + row &* count
    for i in 0..<count {
      for r in 0..<height { unsafe strip[i &* height &+ r] = source[i &* stride &+ row &+ r] }
    }
    row &+= height
  }
}

extension UnsafeMutablePointer where Pointee: TensorScalar {
  @inline(__always)
  fileprivate func copyVector<Vector: SIMD>(_ values: Vector) where Vector.Scalar == Pointee {
    unsafe UnsafeMutableRawPointer(self).storeBytes(of: values, as: Vector.self)
  }
}
