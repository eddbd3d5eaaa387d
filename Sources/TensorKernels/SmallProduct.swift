/// Products with a small weight, in tiles of our own instead of a BLAS's.
///
/// A BLAS clears the result first and reads it again, which large products pay for many times over
/// and small ones do not. Here the right factor is copied into panels of sixteen columns, a left one
/// that is stored transposed into strips of a tile's height, and the sums do not depend on the
/// processor's kernels.
///
/// - Parameters:
///   - product: the shape.
///   - left: as ``MatrixProduct`` says.
///   - right: as ``MatrixProduct`` says.
///   - result: rows × columns, `resultDistance` apart.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
func multiplySmall<Scalar: BLASScalar>(
  _ product: MatrixProduct, _ left: UnsafePointer<Scalar>, _ right: UnsafePointer<Scalar>,
  into result: UnsafeMutablePointer<Scalar>
) {
  let columns = paddedLength(product.columns)
  let blocks = (product.inner + longestBlock - 1) / longestBlock
  let longest = (product.inner + blocks - 1) / blocks
  unsafe withUnsafeTemporaryAllocation(
    of: Scalar.self, capacity: (columns + chunkRows) * longest + 6 * 16
  ) { room in
    guard let panels = room.baseAddress else { return }
    for start in stride(from: 0, to: product.inner, by: longest) {
      let block = start..<min(start + longest, product.inner)
      unsafe packPanels(of: right, product, block, into: panels)
      unsafe multiplyBlock(
        product, left, block, UnsafePointer(panels),
        start == 0 ? product.accumulation : .added, into: result,
        scratch: panels + columns * longest)
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

/// Terms of the sums that go through the tiles at once, so many at most: a result is read and
/// written again for each block, and a panel has to stay near.
private let longestBlock = 512

/// Adds the terms of one block: rows in chunks that stay in the second cache, while one panel after
/// the other passes by in the first.
@inline(__always)
func multiplyBlock<Scalar: BLASScalar>(
  _ product: MatrixProduct, _ left: UnsafePointer<Scalar>, _ block: Range<Int>,
  _ panels: UnsafePointer<Scalar>, _ accumulation: Accumulation,
  into result: UnsafeMutablePointer<Scalar>, scratch: UnsafeMutablePointer<Scalar>
) {
  let step = product.leftDistance
  let packed = unsafe scratch + 6 &* 16
  for chunk in stride(from: 0, to: product.rows, by: chunkRows) {
    let end = min(chunk &+ chunkRows, product.rows)
    if product.left == .transposed {
      var row = chunk
      while row < end {
        let height = tileHeight(of: end &- row)
        unsafe packStrip(
          of: left + (row &+ block.lowerBound &* step), stride: step, count: block.count,
          height: height, into: packed + (row &- chunk) &* block.count)
        row &+= height
      }
    }
    for column in stride(from: 0, to: product.columns, by: 16) {
      var row = chunk
      while row < end {
        let height = tileHeight(of: end &- row)
        var operands = unsafe TileOperands(
          left: UnsafePointer(packed) + (row &- chunk) &* block.count, rowStride: 1, step: height,
          right: panels + column &* block.count, stride: 16, count: block.count)
        if product.left == .plain {
          unsafe operands.left = left + (row &* step &+ block.lowerBound)
          unsafe (operands.rowStride, operands.step) = (step, 1)
        }
        unsafe multiplyPanelTile(
          operands, rows: height, columns: min(16, product.columns &- column), accumulation,
          into: result + (row &* product.resultDistance &+ column),
          outputStride: product.resultDistance, scratch: scratch)
        row &+= height
      }
    }
  }
}

/// Rows of the left factor that stay in the second cache while all panels go by: ten tiles of six.
private let chunkRows = 60

/// A weight matrix as products with few rows want it: in panels of sixteen outputs.
///
/// A BLAS copies both factors into such panels on every call, which pays for many rows only. A
/// sampler multiplies the same weights by a few rows at every step, so it packs them once. A row's
/// result does not depend on what other rows there are, to the bit.
public struct PackedWeight<Scalar: BLASScalar>: Sendable {
  /// Rows of the matrix.
  public let outputs: Int
  /// Columns of the matrix.
  public let inputs: Int
  /// Panels of inputs × 16; the last one is filled up with zeros.
  private let panels: [Scalar]

  /// Packs weights of outputs × inputs.
  public init(_ weights: [Scalar], inputs: Int) {
    precondition(inputs > 0 && weights.count % inputs == 0, "\(weights.count) in rows of \(inputs)")
    self.inputs = inputs
    outputs = weights.count / inputs
    var panels = [Scalar](repeating: 0, count: paddedLength(outputs) * inputs)
    for row in 0..<outputs {
      let first = (row / 16) * 16 * inputs + row % 16
      for i in 0..<inputs { panels[first + 16 * i] = weights[row * inputs + i] }
    }
    self.panels = panels
  }

  /// `output = input·Wᵀ`, or that added to the output, in one block of the whole sums.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  fileprivate func multiply(
    _ input: Span<Scalar>, _ result: Accumulation, into output: inout MutableSpan<Scalar>
  ) {
    let rows = input.count / inputs
    checkCounts(input.count, input.count, rows * inputs)
    checkCounts(output.count, output.count, rows * outputs)
    let product = MatrixProduct(rows: rows, inner: inputs, columns: outputs)
    var scratch = [Scalar](repeating: 0, count: 6 * 16)
    var scratchSpan = scratch.mutableSpan
    unsafe withPointers(input, panels.span) { x, panels in
      unsafe withMutablePointers(&output, &scratchSpan) { y, scratch in
        unsafe multiplyBlock(product, x, 0..<inputs, panels, result, into: y, scratch: scratch)
      }
    }
  }
}

extension PackedWeight {
  /// `output = input·Wᵀ`, rows × inputs by the weights into rows × outputs.
  public func assignProduct(_ input: Span<Scalar>, into output: inout MutableSpan<Scalar>) {
    multiply(input, .assigned, into: &output)
  }

  /// `output += input·Wᵀ`, rows × inputs by the weights into rows × outputs.
  public func addProduct(_ input: Span<Scalar>, into output: inout MutableSpan<Scalar>) {
    multiply(input, .added, into: &output)
  }
}
