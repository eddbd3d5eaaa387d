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
public func treeSum<Scalar: BLASScalar>(
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
private func writePairSum<Scalar: BLASScalar>(
  of parts: ArraySlice<[Scalar]>, _ block: Range<Int>, into sum: inout MutableSpan<Scalar>
) {
  let (first, last) = (parts[parts.startIndex], parts[parts.endIndex - 1])
  guard parts.count > 1 else { return copy(first.span.extracting(block), into: &sum) }
  sums(first.span.extracting(block), last.span.extracting(block), into: &sum)
}

/// The first half that is a power of two long, plus the rest, each of them summed in this way.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func writeTreeSum<Scalar: BLASScalar>(
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
