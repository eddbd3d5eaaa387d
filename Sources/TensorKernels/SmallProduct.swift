/// Products with a small weight, in tiles of our own instead of a BLAS's.
///
/// A BLAS copies both factors and clears the result first, which large products pay for many times
/// over and small ones do not. Here one factor is copied, into panels of sixteen columns, and the
/// sums do not depend on the processor's kernels.
///
/// - Parameters:
///   - product: the shape.
///   - left: as ``MatrixProduct`` says.
///   - right: as ``MatrixProduct`` says.
///   - result: rows × columns, `resultStep` apart.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
func multiplySmall<Scalar: BLASScalar>(
  _ product: MatrixProduct, _ left: UnsafePointer<Scalar>, _ right: UnsafePointer<Scalar>,
  into result: UnsafeMutablePointer<Scalar>
) {
  let columns = paddedLength(product.columns)
  unsafe withUnsafeTemporaryAllocation(
    of: Scalar.self, capacity: columns * min(innerBlock, product.inner) + 6 * 16
  ) { room in
    guard let panels = room.baseAddress else { return }
    for start in stride(from: 0, to: product.inner, by: innerBlock) {
      let block = start..<min(start + innerBlock, product.inner)
      unsafe packPanels(of: right, product, block, into: panels)
      unsafe multiplyBlock(
        product, left, block, panels,
        start == 0 ? product.accumulation : .added, into: result,
        scratch: panels + columns * min(innerBlock, product.inner))
    }
  }
}

extension MatrixProduct {
  /// Whether tiles are faster than a BLAS: the weight, which is the right factor, or the result of a
  /// weight's gradient, has at most 128 × 384 values.
  var isSmall: Bool {
    let weight = left == .plain ? inner * columns : rows * columns
    return weight <= 128 * 384 && inner > 0
  }
}

/// Terms of the sums that go through the tiles at once: a panel and the left factor's values then
/// stay in the first cache.
private let innerBlock = 128

/// Copies rows of the right factor: panels of block × 16, the last one filled up with zeros.
@inline(__always)
private func packPanels<Scalar: BLASScalar>(
  of right: UnsafePointer<Scalar>, _ product: MatrixProduct, _ block: Range<Int>,
  into panels: UnsafeMutablePointer<Scalar>
) {
  for column in stride(from: 0, to: product.columns, by: 16) {
    let panel = unsafe panels + column &* block.count
    let width = min(16, product.columns &- column)
    if width < 16 { for i in 0..<16 &* block.count { unsafe panel[i] = 0 } }
    switch product.right {
    case .plain:
      let source = unsafe right + (block.lowerBound &* product.columns &+ column)
      for i in 0..<block.count {
        for c in 0..<width { unsafe panel[16 &* i &+ c] = source[i &* product.columns &+ c] }
      }
    case .transposed:
      let source = unsafe right + (column &* product.inner &+ block.lowerBound)
      for c in 0..<width {
        for i in 0..<block.count { unsafe panel[16 &* i &+ c] = source[c &* product.inner &+ i] }
      }
    }
  }
}

/// Adds the terms of one block: rows in chunks that stay in the second cache, panels in the first.
@inline(__always)
private func multiplyBlock<Scalar: BLASScalar>(
  _ product: MatrixProduct, _ left: UnsafePointer<Scalar>, _ block: Range<Int>,
  _ panels: UnsafeMutablePointer<Scalar>, _ accumulation: Accumulation,
  into result: UnsafeMutablePointer<Scalar>, scratch: UnsafeMutablePointer<Scalar>
) {
  let step = product.leftDistance
  let (rowStride, innerStride) = product.left == .plain ? (step, 1) : (1, step)
  for chunk in stride(from: 0, to: product.rows, by: 60) {
    let end = min(chunk &+ 60, product.rows)
    for column in stride(from: 0, to: product.columns, by: 16) {
      var row = chunk
      while row < end {
        let height = tileHeight(of: end &- row)
        let operands = unsafe TileOperands(
          left: left + (row &* rowStride &+ block.lowerBound &* innerStride),
          rowStride: rowStride, step: innerStride,
          right: UnsafePointer(panels + column &* block.count), stride: 16, count: block.count)
        unsafe placeTile(
          operands, rows: height, columns: min(16, product.columns &- column), accumulation,
          into: result + (row &* product.resultDistance &+ column),
          outputStride: product.resultDistance, scratch: scratch)
        row &+= height
      }
    }
  }
}
