/// Gives a buffer another length and leaves its values undefined; keeps the storage if it is large
/// enough.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func resize<Scalar: TensorScalar>(_ buffer: inout [Scalar], to count: Int) {
  if buffer.count > count {
    buffer.removeLast(buffer.count - count)
  } else if buffer.count < count {
    buffer.append(contentsOf: repeatElement(0, count: count - buffer.count))
  }
}

/// `output[i] = value`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func fill<Scalar: TensorScalar>(_ value: Scalar, into output: inout MutableSpan<Scalar>) {
  for i in 0..<output.count { output[i] = value }
}

/// `output[i] = input[i]`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func copy<Scalar: TensorScalar>(
  _ input: Span<Scalar>, into output: inout MutableSpan<Scalar>
) {
  precondition(input.count == output.count, "\(input.count) values into \(output.count)")
  for i in 0..<output.count { output[i] = input[i] }
}

/// The same values in storage of their own.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func copied<Scalar: TensorScalar>(_ buffer: [Scalar]) -> [Scalar] {
  var copy: [Scalar] = []
  copy.reserveCapacity(buffer.count)
  copy.append(contentsOf: buffer)
  return copy
}

/// The values in another precision.
public func converted<From: TensorScalar, To: TensorScalar>(_ values: [From]) -> [To] {
  values.map { To($0) }
}

/// Eight neighbouring values, the width in which kernels work by hand where a plain loop would not
/// vectorise: sums, and loops too short for the compiler's unrolled ones.
typealias Lanes<Scalar: TensorScalar> = SIMD8<Scalar>

extension UnsafePointer where Pointee: TensorScalar {
  /// The eight values from index i on.
  @inline(__always)
  func lanes(_ i: Int) -> Lanes<Pointee> {
    unsafe UnsafeRawPointer(self + i).loadUnaligned(as: Lanes<Pointee>.self)
  }

  /// The first values as a vector.
  @inline(__always)
  func vector<Vector: SIMD>(_ type: Vector.Type) -> Vector where Vector.Scalar == Pointee {
    unsafe UnsafeRawPointer(self).loadUnaligned(as: Vector.self)
  }
}

extension UnsafeMutablePointer where Pointee: TensorScalar {
  /// The eight values from index i on.
  @inline(__always)
  func lanes(_ i: Int) -> Lanes<Pointee> {
    unsafe UnsafeRawPointer(self + i).loadUnaligned(as: Lanes<Pointee>.self)
  }

  /// Stores eight values from index i on.
  @inline(__always)
  func store(_ lanes: Lanes<Pointee>, _ i: Int) {
    unsafe UnsafeMutableRawPointer(self + i).storeBytes(of: lanes, as: Lanes<Pointee>.self)
  }

  /// Stores eight values from index i on, or adds them to what is there.
  @inline(__always)
  func place(_ lanes: Lanes<Pointee>, _ i: Int, _ accumulation: Accumulation) {
    unsafe store(accumulation == .added ? self.lanes(i) + lanes : lanes, i)
  }
}

/// Calls the body with pointers to two spans, unless one is empty.
@inline(__always)
func withPointers<Scalar>(
  _ first: Span<Scalar>, _ second: Span<Scalar>,
  _ body: (UnsafePointer<Scalar>, UnsafePointer<Scalar>) -> Void
) {
  unsafe first.withUnsafeBufferPointer { first in
    unsafe second.withUnsafeBufferPointer { second in
      guard let first = first.baseAddress, let second = second.baseAddress else { return }
      unsafe body(first, second)
    }
  }
}

/// Calls the body with pointers to three spans, unless one is empty.
@inline(__always)
func withPointers<Scalar>(
  _ first: Span<Scalar>, _ second: Span<Scalar>, _ third: Span<Scalar>,
  _ body: (UnsafePointer<Scalar>, UnsafePointer<Scalar>, UnsafePointer<Scalar>) -> Void
) {
  unsafe withPointers(first, second) { first, second in
    unsafe third.withUnsafeBufferPointer { third in
      guard let third = third.baseAddress else { return }
      unsafe body(first, second, third)
    }
  }
}

/// Calls the body with pointers to two mutable spans, unless one is empty.
@inline(__always)
func withMutablePointers<Scalar>(
  _ first: inout MutableSpan<Scalar>, _ second: inout MutableSpan<Scalar>,
  _ body: (UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>) -> Void
) {
  unsafe first.withUnsafeMutableBufferPointer { first in
    unsafe second.withUnsafeMutableBufferPointer { second in
      guard let first = first.baseAddress, let second = second.baseAddress else { return }
      unsafe body(first, second)
    }
  }
}

/// Calls the body with pointers to three mutable spans, unless one is empty.
@inline(__always)
func withMutablePointers<Scalar>(
  _ first: inout MutableSpan<Scalar>, _ second: inout MutableSpan<Scalar>,
  _ third: inout MutableSpan<Scalar>,
  _ body: (UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>)
    -> Void
) {
  unsafe withMutablePointers(&first, &second) { first, second in
    unsafe third.withUnsafeMutableBufferPointer { third in
      guard let third = third.baseAddress else { return }
      unsafe body(first, second, third)
    }
  }
}
