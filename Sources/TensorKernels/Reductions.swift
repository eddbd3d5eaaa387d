/// The sum of products `Σ left[i] · right[i]`, in eight interleaved partial sums.
@inline(__always)
func dot<Scalar: BLASScalar>(
  _ left: UnsafePointer<Scalar>, _ right: UnsafePointer<Scalar>, _ count: Int
) -> Scalar {
  var lanes = SIMD8<Scalar>(repeating: 0)
  let (a, b) = unsafe (UnsafeRawPointer(left), UnsafeRawPointer(right))
  var i = 0
  while i &+ 8 <= count {
    let offset = i &* MemoryLayout<Scalar>.stride
    lanes +=
      unsafe a.loadUnaligned(fromByteOffset: offset, as: SIMD8<Scalar>.self)
      * b.loadUnaligned(fromByteOffset: offset, as: SIMD8<Scalar>.self)
    i &+= 8
  }
  var total = lanes.sum()
  while i < count {
    total += unsafe left[i] * right[i]
    i &+= 1
  }
  return total
}

/// The sum of all values, in eight interleaved partial sums.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func sum<Scalar: BLASScalar>(_ input: Span<Scalar>) -> Scalar {
  var lanes = SIMD8<Scalar>(repeating: 0)
  let whole = input.count & ~7
  for i in stride(from: 0, to: whole, by: 8) {
    for lane in 0..<8 { lanes[lane] += input[i + lane] }
  }
  var total = lanes.sum()
  for i in whole..<input.count { total += input[i] }
  return total
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
