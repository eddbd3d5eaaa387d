/// The arithmetic mean, the values added in their order; NaN of none, unless that means something.
public func mean(of values: [Double], ofNone nothing: Double = .nan) -> Double {
  values.isEmpty ? nothing : values.reduce(0, +) / Double(values.count)
}

/// The sum of all values, in eight interleaved partial sums.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func sum<Scalar: TensorScalar>(_ input: Span<Scalar>) -> Scalar {
  unsafe input.withUnsafeBufferPointer { values in
    guard let values = values.baseAddress else { return 0 }
    return unsafe sum(values, input.count)
  }
}

/// The sum of products `Σ left[i] · right[i]`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func dotProduct<Scalar: TensorScalar>(
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
public func sumOfSquares<Scalar: TensorScalar>(_ input: Span<Scalar>) -> Double {
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

/// The squared norms of arrays and of their sum, in Double.
public struct SquaredNorms: Sendable {
  /// Σᵢ partₛ[i]² of every part s.
  public var parts: [Double]
  /// Σᵢ total[i]² of the sum.
  public var total: Double
}

/// `total[i] = Σ parts[s][i]` in a fixed binary tree over s, with the squared norms on the way.
///
/// Blocks that stay in the first cache go through the whole tree at once, hence every value comes
/// from memory once, whatever is computed of it.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func treeSum<Scalar: TensorScalar>(
  _ parts: [[Scalar]], into total: inout MutableSpan<Scalar>
) -> SquaredNorms {
  precondition(!parts.isEmpty, "the sum of no parts")
  for part in parts { checkCounts(part.count, part.count, total.count) }
  var norms = SquaredNorms(parts: [Double](repeating: 0, count: parts.count), total: 0)
  for start in stride(from: 0, to: total.count, by: blockLength) {
    let block = start..<min(start + blockLength, total.count)
    var sum = total._mutatingExtracting(block)
    writeTreeSum(of: parts[...], block, into: &sum)
    for (s, part) in parts.enumerated() {
      norms.parts[s] += sumOfSquares(part.span.extracting(block))
    }
    norms.total += sumOfSquares(sum.span)
  }
  return norms
}

/// Values of a block: those of a few parts fit the first cache.
private let blockLength = 1024

/// One part, or the sum of two.
@inline(__always)
private func writePairSum<Scalar: TensorScalar>(
  of parts: ArraySlice<[Scalar]>, _ block: Range<Int>, into sum: inout MutableSpan<Scalar>
) {
  let (first, last) = (parts[parts.startIndex], parts[parts.endIndex - 1])
  guard parts.count > 1 else { return copy(first.span.extracting(block), into: &sum) }
  sums(first.span.extracting(block), last.span.extracting(block), into: &sum)
}

/// The first half that is a power of two long, plus the rest, each of them summed in this way.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func writeTreeSum<Scalar: TensorScalar>(
  of parts: ArraySlice<[Scalar]>, _ block: Range<Int>, into sum: inout MutableSpan<Scalar>
) {
  guard parts.count > 2 else { return writePairSum(of: parts, block, into: &sum) }
  let half = 1 << (Int.bitWidth - 1 - (parts.count - 1).leadingZeroBitCount)
  writeTreeSum(of: parts.prefix(half), block, into: &sum)
  var rest = [Scalar](repeating: 0, count: block.count)
  var restSpan = rest.mutableSpan
  writeTreeSum(of: parts.dropFirst(half), block, into: &restSpan)
  accumulate(restSpan.span, into: &sum)
}

/// The sum of products `Σ left[i] · right[i]`, in eight interleaved partial sums.
@inline(__always)
func dot<Scalar: TensorScalar>(
  _ left: UnsafePointer<Scalar>, _ right: UnsafePointer<Scalar>, _ count: Int
) -> Scalar {
  var lanes = Lanes<Scalar>(repeating: 0)
  var i = 0
  while i &+ 8 <= count {
    unsafe lanes.accumulate(left.lanes(i), right.lanes(i))
    i &+= 8
  }
  var total = lanes.sum()
  while i < count {
    unsafe total += left[i] * right[i]
    i &+= 1
  }
  return total
}

/// The sum of neighbouring values, in eight interleaved partial sums.
@inline(__always)
func sum<Scalar: TensorScalar>(_ values: UnsafePointer<Scalar>, _ count: Int) -> Scalar {
  var lanes = Lanes<Scalar>(repeating: 0)
  var i = 0
  while i &+ 8 <= count {
    unsafe lanes += values.lanes(i)
    i &+= 8
  }
  var total = lanes.sum()
  while i < count {
    unsafe total += values[i]
    i &+= 1
  }
  return total
}

/// The largest of at least one value; NaN never wins.
///
/// Lane by lane, since `replace(with:where:)` and `max()` do not become vector instructions.
@inline(__always)
func largest<Scalar: TensorScalar>(_ values: UnsafePointer<Scalar>, _ count: Int) -> Scalar {
  var lanes = unsafe Lanes<Scalar>(repeating: values[0])
  var i = 0
  while i &+ 8 <= count {
    let next = unsafe values.lanes(i)
    for lane in 0..<8 { lanes[lane] = next[lane] > lanes[lane] ? next[lane] : lanes[lane] }
    i &+= 8
  }
  var result = lanes[0]
  for lane in 1..<8 where lanes[lane] > result { result = lanes[lane] }
  while i < count {
    unsafe result = values[i] > result ? values[i] : result
    i &+= 1
  }
  return result
}
