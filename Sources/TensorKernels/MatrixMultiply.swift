import COpenBLAS

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

  /// What BLAS calls β: the factor of what the result held before.
  fileprivate func kept<Scalar: BLASScalar>() -> Scalar { accumulation == .added ? 1 : 0 }

  /// From one stored row of the left factor to the next.
  var leftDistance: Int { leftStride ?? (left == .plain ? inner : rows) }
  /// From one row of the result to the next.
  var resultDistance: Int { resultStride ?? columns }

  fileprivate var leftStep: CInt { CInt(max(1, leftDistance)) }
  fileprivate var rightStep: CInt { CInt(max(1, right == .plain ? columns : inner)) }
  fileprivate var resultStep: CInt { CInt(max(1, resultDistance)) }
}

extension MatrixProduct.Layout {
  fileprivate var transpose: CBLAS_TRANSPOSE { self == .plain ? CblasNoTrans : CblasTrans }
}

extension Float {
  /// Computes one matrix product, by `cblas_sgemm` unless it is small.
  public static func multiply(
    _ product: MatrixProduct, _ left: Span<Float>, _ right: Span<Float>,
    into result: inout MutableSpan<Float>
  ) {
    unsafe product.compute(left, right, into: &result) { a, b, c in
      unsafe cblas_sgemm(
        CblasRowMajor, product.left.transpose, product.right.transpose, CInt(product.rows),
        CInt(product.columns), CInt(product.inner), 1, a, product.leftStep, b,
        product.rightStep, product.kept(), c, product.resultStep)
    }
  }
}

extension Double {
  /// Computes one matrix product, by `cblas_dgemm` unless it is small.
  public static func multiply(
    _ product: MatrixProduct, _ left: Span<Double>, _ right: Span<Double>,
    into result: inout MutableSpan<Double>
  ) {
    unsafe product.compute(left, right, into: &result) { a, b, c in
      unsafe cblas_dgemm(
        CblasRowMajor, product.left.transpose, product.right.transpose, CInt(product.rows),
        CInt(product.columns), CInt(product.inner), 1, a, product.leftStep, b,
        product.rightStep, product.kept(), c, product.resultStep)
    }
  }
}

extension MatrixProduct {
  /// Checks the counts and computes a small product in tiles, any other one by the given routine.
  @inline(__always)
  fileprivate func compute<Scalar: BLASScalar>(
    _ left: Span<Scalar>, _ right: Span<Scalar>, into result: inout MutableSpan<Scalar>,
    routine: (
      UnsafePointer<Scalar>?, UnsafePointer<Scalar>?, UnsafeMutablePointer<Scalar>?
    ) -> Void
  ) {
    check(left.count, right.count, result.count)
    unsafe left.withUnsafeBufferPointer { a in
      unsafe right.withUnsafeBufferPointer { b in
        unsafe result.withUnsafeMutableBufferPointer { c in
          if isSmall, let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress {
            return unsafe multiplySmall(self, a, b, into: c)
          }
          unsafe routine(a.baseAddress, b.baseAddress, c.baseAddress)
        }
      }
    }
  }
}
