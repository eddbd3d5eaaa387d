import TensorKernels

/// Buffers between two uses, by size class, so that a step after the first allocates nothing.
///
/// A class spans a quarter of an octave: batches whose lengths vary a little share buffers.
struct BufferPool<Scalar: TensorScalar> {
  /// The buffers of every size class; a list by number, since a dictionary allocates when it is changed.
  private var free: [[[Scalar]]] = []
  /// Buffers made because none of their class was free.
  private(set) var allocations = 0

  /// Values that fit all buffers made so far.
  private(set) var capacity = 0

  /// A buffer of so many values, undefined unless they are asked to be zero.
  mutating func take(_ count: Int) -> [Scalar] {
    let (number, sizeClass) = (Self.number(of: count), Self.sizeClass(of: count))
    if number < free.count, var buffer = free[number].popLast() {
      resize(&buffer, to: count)
      return buffer
    }
    allocations += 1
    capacity += sizeClass
    var buffer: [Scalar] = []
    buffer.reserveCapacity(sizeClass)
    resize(&buffer, to: count)
    return buffer
  }

  /// Takes a buffer back for the next use.
  mutating func giveBack(_ buffer: consuming [Scalar]) {
    guard !buffer.isEmpty else { return }
    let number = Self.number(of: buffer.count)
    while free.count <= number { free.append([]) }
    free[number].append(buffer)
  }

  /// The number of the class that holds `count` values: four for every octave above 64.
  private static func number(of count: Int) -> Int {
    guard count > 64 else { return 0 }
    let exponent = Int.bitWidth - 1 - (count - 1).leadingZeroBitCount
    let quarters = (count - 1) >> (exponent - 2)
    return 4 * (exponent - 6) + quarters - 3
  }

  /// The capacity of the class that holds `count` values.
  static func sizeClass(of count: Int) -> Int {
    guard count > 64 else { return 64 }
    let octave = 1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
    let step = octave / 4
    return (count + step - 1) / step * step
  }
}
