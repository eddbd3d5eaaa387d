/// Picks rows of a matrix: row i of the output is row `rows[i]` of the input.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func gatherRows<Scalar: BLASScalar>(
  _ input: Span<Scalar>, columns: Int, rows: [Int], into output: inout MutableSpan<Scalar>
) {
  precondition(output.count == rows.count * columns, "\(output.count) ≠ \(rows.count)·\(columns)")
  for (i, row) in rows.enumerated() {
    precondition(
      row >= 0 && (row + 1) * columns <= input.count,
      "row \(row) of \(input.count / max(1, columns))")
    for c in 0..<columns { output[i * columns + c] = input[row * columns + c] }
  }
}

/// The derivative of `gatherRows`: row i of the gradient is added to row `rows[i]`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func scatterRows<Scalar: BLASScalar>(
  _ outputGradient: Span<Scalar>, columns: Int, rows: [Int],
  into inputGradient: inout MutableSpan<Scalar>
) {
  precondition(
    outputGradient.count == rows.count * columns,
    "\(outputGradient.count) ≠ \(rows.count)·\(columns)")
  for (i, row) in rows.enumerated() {
    for c in 0..<columns { inputGradient[row * columns + c] += outputGradient[i * columns + c] }
  }
}
