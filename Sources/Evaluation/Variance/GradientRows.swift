import TensorKernels

/// One gradient vector for each completion, as the rows of a matrix in Double.
struct GradientRows: Sendable {
  /// The most bytes that a matrix may take, 2 GiB.
  static let largestSize = 1 << 31

  /// The values, row by row.
  let values: [Double]
  /// The number of rows n.
  let count: Int
  /// The length P of a row.
  let width: Int
  /// |row|² of each row.
  let squaredNorms: [Double]

  init(_ values: [Double], count: Int, width: Int) {
    precondition(
      values.count == count * width, "\(values.count) values for \(count) rows of \(width)")
    (self.values, self.count, self.width) = (values, count, width)
    squaredNorms = (0..<count).map { row in
      var sum = 0.0
      for i in (row * width)..<((row + 1) * width) { sum += values[i] * values[i] }
      return sum
    }
  }

  /// Stops before a matrix that would not fit.
  static func requireRoom(count: Int, width: Int) {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: width * 8)
    precondition(
      !overflow && bytes <= largestSize,
      "\(count) gradients of \(width) parameters take \(bytes) bytes, more than \(largestSize)")
  }

  /// The sum Σ cᵧ·rowᵧ.
  func combination(_ coefficients: [Double]) -> [Double] {
    precondition(coefficients.count == count, "\(coefficients.count) coefficients, \(count) rows")
    var result = [Double](repeating: 0, count: width)
    var span = result.mutableSpan
    Double.multiply(
      MatrixProduct(rows: 1, inner: count, columns: width), coefficients.span, values.span,
      into: &span)
    return result
  }

  /// The sum Σ pᵧ·|cᵧ·rowᵧ − center|², which cannot turn negative by rounding.
  func spread(_ coefficients: [Double], around center: [Double], weights: [Double]) -> Double {
    var sum = 0.0
    for row in 0..<count {
      var squares = 0.0
      let start = row * width
      for i in 0..<width {
        let difference = coefficients[row] * values[start + i] - center[i]
        squares += difference * difference
      }
      sum += weights[row] * squares
    }
    return sum
  }

  /// All inner products, count × count; only those on and above the diagonal are multiplied out.
  func gram() -> [Double] {
    var result = [Double](repeating: 0, count: count * count)
    for start in stride(from: 0, to: count, by: Self.gramBlock) {
      let rows = min(Self.gramBlock, count - start)
      let columns = count - start
      var block = [Double](repeating: 0, count: rows * columns)
      var span = block.mutableSpan
      Double.multiply(
        MatrixProduct(rows: rows, inner: width, columns: columns, right: .transposed),
        values.span.extracting((start * width)..<((start + rows) * width)),
        values.span.extracting((start * width)..<(count * width)), into: &span)
      for i in 0..<rows {
        for j in i..<columns {
          result[(start + i) * count + start + j] = block[i * columns + j]
          result[(start + j) * count + start + i] = block[i * columns + j]
        }
      }
    }
    return result
  }

  private static let gramBlock = 256
}
