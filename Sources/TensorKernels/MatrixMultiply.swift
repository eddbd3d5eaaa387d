/// The shape of one product of row-major matrices, result (rows × columns) = scale · left · right.
public struct MatrixProduct: Sendable, Equatable {
  /// How an operand lies in memory.
  public enum Layout: Sendable { case plain, transposed }

  /// The rows of the result.
  public var rows: Int
  /// The length of the sums: columns of the left factor, rows of the right one.
  public var inner: Int
  /// The columns of the result.
  public var columns: Int
  /// `plain`: left is stored rows × inner; `transposed`: inner × rows.
  public var left: Layout
  /// `plain`: right is stored inner × columns; `transposed`: columns × inner.
  public var right: Layout
  /// What becomes of what the result held before.
  public var accumulation: Accumulation
  /// From one stored row of the left factor to the next, where it is a slice of the columns of a
  /// wider matrix; nil where rows follow one another.
  public var leftStride: Int?
  /// The same of the result.
  public var resultStride: Int?

  /// A product of the given shape that assigns its result unless told to add it.
  public init(
    rows: Int, inner: Int, columns: Int, left: Layout = .plain, right: Layout = .plain,
    accumulation: Accumulation = .assigned, leftStride: Int? = nil, resultStride: Int? = nil
  ) {
    self.rows = rows
    self.inner = inner
    self.columns = columns
    self.left = left
    self.right = right
    self.accumulation = accumulation
    self.leftStride = leftStride
    self.resultStride = resultStride
  }

  fileprivate func check(_ leftCount: Int, _ rightCount: Int, _ resultCount: Int) {
    let (leftRows, leftColumns) = left == .plain ? (rows, inner) : (inner, rows)
    precondition(
      Self.fits(leftRows, leftColumns, stride: leftStride, leftCount)
        && rightCount == inner * columns
        && Self.fits(rows, columns, stride: resultStride, resultCount),
      """
      (\(rows)×\(inner))·(\(inner)×\(columns)) does not fit \(leftCount) and \(rightCount) values \
      into \(resultCount)
      """)
  }

  /// Whether a matrix is all of so many values, or its rows lie among them a stride apart.
  private static func fits(_ rows: Int, _ columns: Int, stride: Int?, _ count: Int) -> Bool {
    guard let stride else { return count == rows * columns }
    return stride >= columns && (rows == 0 || count >= (rows - 1) * stride + columns)
  }

  /// From one stored row of the left factor to the next.
  var leftDistance: Int { leftStride ?? (left == .plain ? inner : rows) }
  /// From one row of the result to the next.
  var resultDistance: Int { resultStride ?? columns }
}

extension TensorScalar {
  /// Computes one matrix product; see ``MatrixProduct``.
  public static func multiply(
    _ product: MatrixProduct, _ left: Span<Self>, _ right: Span<Self>,
    into result: inout MutableSpan<Self>
  ) {
    product.check(left.count, right.count, result.count)
    guard product.inner > 0 else {
      // A sum over nothing is zero.
      if product.accumulation == .assigned { fill(0, into: &result) }
      return
    }
    unsafe withPointers(left, right) { left, right in
      unsafe result.withUnsafeMutableBufferPointer { result in
        guard let result = result.baseAddress else { return }
        unsafe multiplyTiled(product, left, right, into: result)
      }
    }
  }
}
