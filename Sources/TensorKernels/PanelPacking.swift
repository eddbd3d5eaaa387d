/// Copies rows of the right factor: panels of block × 16, the last one filled up with zeros.
@inline(__always)
func packPanels<Scalar: BLASScalar>(
  of right: UnsafePointer<Scalar>, _ product: MatrixProduct, _ block: Range<Int>,
  into panels: UnsafeMutablePointer<Scalar>
) {
  let columns = product.columns
  if columns % 16 > 0 {
    let last = unsafe panels + (columns & ~15) &* block.count
    for i in 0..<16 &* block.count { unsafe last[i] = 0 }
  }
  switch product.right {
  case .plain:
    unsafe packRows(
      of: right + block.lowerBound &* columns, count: block.count, columns: columns, into: panels)
  case .transposed:
    for column in stride(from: 0, to: columns, by: 16) {
      unsafe packColumns(
        of: right + (column &* product.inner &+ block.lowerBound), stride: product.inner,
        count: block.count, width: min(16, columns &- column),
        into: panels + column &* block.count)
    }
  }
}

/// `panels[p][16·i + c] = rows[i·columns + 16·p + c]`: rows are read as they lie in memory.
@inline(__always)
private func packRows<Scalar: BLASScalar>(
  of rows: UnsafePointer<Scalar>, count: Int, columns: Int,
  into panels: UnsafeMutablePointer<Scalar>
) {
  for i in 0..<count {
    let row = unsafe rows + i &* columns
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
private func packColumns<Scalar: BLASScalar>(
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
private func transposeSquare<Scalar: BLASScalar>(
  _ source: UnsafePointer<Scalar>, stride: Int, into target: UnsafeMutablePointer<Scalar>,
  stride targetStride: Int
) {
  let a = unsafe source.vector(SIMD4<Scalar>.self)
  let b = unsafe (source + stride).vector(SIMD4<Scalar>.self)
  let c = unsafe (source + 2 &* stride).vector(SIMD4<Scalar>.self)
  let d = unsafe (source + 3 &* stride).vector(SIMD4<Scalar>.self)
  for i in 0..<4 {
    unsafe UnsafeMutableRawPointer(target + i &* targetStride).storeBytes(
      of: SIMD4(a[i], b[i], c[i], d[i]), as: SIMD4<Scalar>.self)
  }
}

/// Copies some columns of a stored left factor, which are rows of the product, in the order in which
/// a tile of that height reads them.
@inline(__always)
func packStrip<Scalar: BLASScalar>(
  of source: UnsafePointer<Scalar>, stride: Int, count: Int, height: Int,
  into strip: UnsafeMutablePointer<Scalar>
) {
  guard height == 6 else {
    for i in 0..<count {
      for r in 0..<height { unsafe strip[i &* height &+ r] = source[i &* stride &+ r] }
    }
    return
  }
  for i in 0..<count {
    let (values, target) = unsafe (source + i &* stride, strip + 6 &* i)
    unsafe target.copyVector(SIMD4<Scalar>.self, values)
    unsafe (target + 4).copyVector(SIMD2<Scalar>.self, values + 4)
  }
}

extension UnsafeMutablePointer where Pointee: BLASScalar {
  @inline(__always)
  fileprivate func copyVector<Vector: SIMD>(_ type: Vector.Type, _ source: UnsafePointer<Pointee>)
  where Vector.Scalar == Pointee {
    unsafe UnsafeMutableRawPointer(self).storeBytes(of: source.vector(type), as: Vector.self)
  }
}
