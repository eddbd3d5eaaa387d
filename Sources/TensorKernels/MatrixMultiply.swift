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
  /// What the result held before is multiplied by this: 0 assigns, 1 accumulates.
  public var keeping: Double

  /// A product of the given shape that assigns its result.
  public init(
    rows: Int, inner: Int, columns: Int, left: Layout = .plain, right: Layout = .plain,
    keeping: Double = 0
  ) {
    self.rows = rows
    self.inner = inner
    self.columns = columns
    self.left = left
    self.right = right
    self.keeping = keeping
  }

  fileprivate func check(_ leftCount: Int, _ rightCount: Int, _ resultCount: Int) {
    precondition(
      leftCount == rows * inner && rightCount == inner * columns && resultCount == rows * columns,
      """
      (\(rows)×\(inner))·(\(inner)×\(columns)) does not fit \(leftCount) and \(rightCount) values \
      into \(resultCount)
      """)
  }

  fileprivate var leftStride: CInt { CInt(max(1, left == .plain ? inner : rows)) }
  fileprivate var rightStride: CInt { CInt(max(1, right == .plain ? columns : inner)) }
  fileprivate var resultStride: CInt { CInt(max(1, columns)) }
}

extension MatrixProduct.Layout {
  fileprivate var transpose: CBLAS_TRANSPOSE { self == .plain ? CblasNoTrans : CblasTrans }
}

extension Float {
  /// Computes one matrix product by `cblas_sgemm`.
  public static func multiply(
    _ product: MatrixProduct, _ left: Span<Float>, _ right: Span<Float>,
    into result: inout MutableSpan<Float>
  ) {
    product.check(left.count, right.count, result.count)
    unsafe left.withUnsafeBufferPointer { a in
      unsafe right.withUnsafeBufferPointer { b in
        unsafe result.withUnsafeMutableBufferPointer { c in
          unsafe cblas_sgemm(
            CblasRowMajor, product.left.transpose, product.right.transpose, CInt(product.rows),
            CInt(product.columns), CInt(product.inner), 1, a.baseAddress, product.leftStride,
            b.baseAddress, product.rightStride, Float(product.keeping), c.baseAddress,
            product.resultStride)
        }
      }
    }
  }
}

extension Double {
  /// Computes one matrix product by `cblas_dgemm`.
  public static func multiply(
    _ product: MatrixProduct, _ left: Span<Double>, _ right: Span<Double>,
    into result: inout MutableSpan<Double>
  ) {
    product.check(left.count, right.count, result.count)
    unsafe left.withUnsafeBufferPointer { a in
      unsafe right.withUnsafeBufferPointer { b in
        unsafe result.withUnsafeMutableBufferPointer { c in
          unsafe cblas_dgemm(
            CblasRowMajor, product.left.transpose, product.right.transpose, CInt(product.rows),
            CInt(product.columns), CInt(product.inner), 1, a.baseAddress, product.leftStride,
            b.baseAddress, product.rightStride, product.keeping, c.baseAddress,
            product.resultStride)
        }
      }
    }
  }
}
