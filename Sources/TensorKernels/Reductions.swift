/// The arithmetic mean, the values added in their order; NaN of none, unless that means something.
public func mean(of values: [Double], ofNone nothing: Double = .nan) -> Double {
  values.isEmpty ? nothing : values.reduce(0, +) / Double(values.count)
}

/// The sum of all values, in eight interleaved partial sums.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func sum<Scalar: BLASScalar>(_ input: Span<Scalar>) -> Scalar {
  unsafe input.withUnsafeBufferPointer { values in
    guard let values = values.baseAddress else { return 0 }
    return unsafe sum(values, input.count)
  }
}

/// The sum of products `Σ left[i] · right[i]`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func dotProduct<Scalar: BLASScalar>(
  _ left: Span<Scalar>, _ right: Span<Scalar>
) -> Scalar {
  precondition(left.count == right.count, "\(left.count) against \(right.count) values")
  return unsafe left.withUnsafeBufferPointer { a in
    unsafe right.withUnsafeBufferPointer { b in
      guard let a = a.baseAddress, let b = b.baseAddress else { return 0 }
      return unsafe dot(a, b, left.count)
    }
  }
}

/// The sum of squares in Double, whatever the scalar: it feeds norms over a million values.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func sumOfSquares<Scalar: BLASScalar>(_ input: Span<Scalar>) -> Double {
  var (s0, s1, s2, s3) = (0.0, 0.0, 0.0, 0.0)
  let whole = input.count & ~3
  for i in stride(from: 0, to: whole, by: 4) {
    s0 += Double(input[i]) * Double(input[i])
    s1 += Double(input[i + 1]) * Double(input[i + 1])
    s2 += Double(input[i + 2]) * Double(input[i + 2])
    s3 += Double(input[i + 3]) * Double(input[i + 3])
  }
  for i in whole..<input.count { s0 += Double(input[i]) * Double(input[i]) }
  return (s0 + s1) + (s2 + s3)
}

/// `output[s] = Σ input[i]` over the rows i of segment s.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func segmentSums<Scalar: BLASScalar>(
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
public func segmentSumsDerivative<Scalar: BLASScalar>(
  segments: Segments, outputGradient: Span<Scalar>, into inputGradient: inout MutableSpan<Scalar>
) {
  precondition(
    inputGradient.count == segments.total && outputGradient.count == segments.count,
    "\(inputGradient.count) gradients, \(outputGradient.count) segments")
  for s in 0..<segments.count {
    for i in segments[s] { inputGradient[i] += outputGradient[s] }
  }
}
