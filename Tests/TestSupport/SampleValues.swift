import Foundation
public import TensorKernels

/// Values without pattern between −1 and 1, always the same for one phase.
///
///     vᵢ = sin(phase + 1.7·i + 0.3·i²)
public func wave<Scalar: TensorScalar>(_ count: Int, phase: Double) -> [Scalar] {
  (0..<count).map { index in
    let i = Double(index)
    return Scalar(sin(phase + 1.7 * i + 0.3 * i * i))
  }
}

/// How many floating-point numbers lie between a result and the exact value, in units of the
/// spacing at the exact value.
///
/// Zero where both are the same infinity or both are NaN.
public func unitsInLastPlace(_ result: Float, from exact: Double) -> Double {
  let rounded = Float(exact)
  if result == rounded || (result.isNaN && rounded.isNaN) { return 0 }
  guard result.isFinite, rounded.isFinite else { return .infinity }
  return abs(Double(result) - exact) / Double(max(rounded.ulp, Float.leastNonzeroMagnitude))
}

/// The largest absolute difference between corresponding values; infinite if a difference is NaN or
/// the counts differ.
public func largestDifference<Scalar: TensorScalar>(_ left: [Scalar], _ right: [Scalar]) -> Double {
  guard left.count == right.count else { return .infinity }
  return zip(left, right).reduce(0) { largest, pair in
    let difference = abs(Double(pair.0) - Double(pair.1))
    return difference.isNaN ? .infinity : max(largest, difference)
  }
}

/// Collects what a kernel writes into a fresh buffer.
public func output<Scalar: TensorScalar>(
  _ count: Int, startingAt value: Scalar = 0, of kernel: (inout MutableSpan<Scalar>) -> Void
) -> [Scalar] {
  var buffer = [Scalar](repeating: value, count: count)
  var span = buffer.mutableSpan
  kernel(&span)
  return buffer
}
