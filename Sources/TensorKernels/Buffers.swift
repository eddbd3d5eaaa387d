/// Gives a buffer another length and leaves its values undefined; keeps the storage if it is large
/// enough.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func resize<Scalar: BLASScalar>(_ buffer: inout [Scalar], to count: Int) {
  if buffer.count > count {
    buffer.removeLast(buffer.count - count)
  } else if buffer.count < count {
    buffer.append(contentsOf: repeatElement(0, count: count - buffer.count))
  }
}

/// `output[i] = value`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func fill<Scalar: BLASScalar>(_ value: Scalar, into output: inout MutableSpan<Scalar>) {
  for i in 0..<output.count { output[i] = value }
}

/// `output[i] = input[i]`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func copy<Scalar: BLASScalar>(
  _ input: Span<Scalar>, into output: inout MutableSpan<Scalar>
) {
  precondition(input.count == output.count, "\(input.count) values into \(output.count)")
  for i in 0..<output.count { output[i] = input[i] }
}

/// The same values in storage of their own.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func copied<Scalar: BLASScalar>(_ buffer: [Scalar]) -> [Scalar] {
  var copy: [Scalar] = []
  copy.reserveCapacity(buffer.count)
  copy.append(contentsOf: buffer)
  return copy
}

/// The values in another precision.
public func converted<From: BLASScalar, To: BLASScalar>(_ values: [From]) -> [To] {
  values.map { To($0) }
}
