/// Sequences of different lengths laid end to end: the row ranges of a packed batch.
public struct Segments: Sendable, Equatable {
  /// Where each segment begins, and at the end the total: one more value than segments.
  public let offsets: [Int]

  /// Lays segments of these lengths end to end.
  public init(lengths: [Int]) {
    var offsets = [0]
    offsets.reserveCapacity(lengths.count + 1)
    var total = 0
    for length in lengths {
      precondition(length >= 0, "a segment of \(length) rows")
      total += length
      offsets.append(total)
    }
    self.offsets = offsets
  }

  /// The number of segments.
  public var count: Int { offsets.count - 1 }

  /// The number of rows in all segments together.
  public var total: Int { offsets[offsets.count - 1] }

  /// The rows of one segment.
  public subscript(i: Int) -> Range<Int> { offsets[i]..<offsets[i + 1] }

  /// The length of every segment.
  public var lengths: [Int] { (0..<count).map { self[$0].count } }
}

/// Picks rows of a matrix: row i of the output is row `rows[i]` of the input.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func gatherRows<Scalar: TensorScalar>(
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
public func scatterRows<Scalar: TensorScalar>(
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

/// `output[s] = Σ input[i]` over the rows i of segment s.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func segmentSums<Scalar: TensorScalar>(
  _ input: Span<Scalar>, segments: Segments, into output: inout MutableSpan<Scalar>
) {
  precondition(
    input.count == segments.total && output.count == segments.count,
    "\(input.count) values in \(segments.total) rows, \(output.count) of \(segments.count) sums")
  for s in 0..<segments.count {
    var total: Scalar = 0
    for i in segments[s] { total += input[i] }
    output[s] = total
  }
}

/// `inputGradient[i] += outputGradient[s]` for the rows i of segment s.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func segmentSumsDerivative<Scalar: TensorScalar>(
  segments: Segments, outputGradient: Span<Scalar>, into inputGradient: inout MutableSpan<Scalar>
) {
  precondition(
    inputGradient.count == segments.total && outputGradient.count == segments.count,
    "\(inputGradient.count) gradients, \(outputGradient.count) segments")
  for s in 0..<segments.count {
    for i in segments[s] { inputGradient[i] += outputGradient[s] }
  }
}
