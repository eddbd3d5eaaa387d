/// Six rows of sixteen columns: twelve AVX2 sums.
@inline(__always)
func sixRows<Scalar: TensorScalar>(
  _ operands: TileOperands<Scalar>, _ column: Int, _ result: TileResult,
  into output: UnsafeMutablePointer<Scalar>, outputStride: Int
) {
  typealias Wide = WideLanes<Scalar>
  var s0: Wide = unsafe output.start(result)
  var s1: Wide = unsafe (output + outputStride).start(result)
  var s2: Wide = unsafe (output + 2 &* outputStride).start(result)
  var s3: Wide = unsafe (output + 3 &* outputStride).start(result)
  var s4: Wide = unsafe (output + 4 &* outputStride).start(result)
  var s5: Wide = unsafe (output + 5 &* outputStride).start(result)
  let rowStride = unsafe operands.rowStride
  var (a, b) = unsafe (operands.left, operands.right + column)
  for _ in unsafe 0..<operands.count {
    let row = unsafe b.vector(WideLanes<Scalar>.self)
    unsafe s0.accumulate(WideLanes(repeating: a[0]), row)
    unsafe s1.accumulate(WideLanes(repeating: a[rowStride]), row)
    unsafe s2.accumulate(WideLanes(repeating: a[2 &* rowStride]), row)
    unsafe s3.accumulate(WideLanes(repeating: a[3 &* rowStride]), row)
    unsafe s4.accumulate(WideLanes(repeating: a[4 &* rowStride]), row)
    unsafe s5.accumulate(WideLanes(repeating: a[5 &* rowStride]), row)
    unsafe a += operands.step
    unsafe b += operands.stride
  }
  unsafe output.store(s0, result)
  unsafe (output + outputStride).store(s1, result)
  unsafe (output + 2 &* outputStride).store(s2, result)
  unsafe (output + 3 &* outputStride).store(s3, result)
  unsafe (output + 4 &* outputStride).store(s4, result)
  unsafe (output + 5 &* outputStride).store(s5, result)
}

/// Six rows of twice sixteen columns: twelve AVX-512 sums.
///
/// `distance` is from a right row's first sixteen values to its other sixteen.
@inline(__always)
func sixRowsOfTwo<Scalar: TensorScalar>(
  _ operands: TileOperands<Scalar>, _ column: Int, distance: Int, _ result: TileResult,
  into output: UnsafeMutablePointer<Scalar>, outputStride: Int
) {
  typealias Wide = WideLanes<Scalar>
  var (s0, t0): (Wide, Wide) = unsafe output.startPair(result)
  var (s1, t1): (Wide, Wide) = unsafe (output + outputStride).startPair(result)
  var (s2, t2): (Wide, Wide) = unsafe (output + 2 &* outputStride).startPair(result)
  var (s3, t3): (Wide, Wide) = unsafe (output + 3 &* outputStride).startPair(result)
  var (s4, t4): (Wide, Wide) = unsafe (output + 4 &* outputStride).startPair(result)
  var (s5, t5): (Wide, Wide) = unsafe (output + 5 &* outputStride).startPair(result)
  let (rowStride, step, stride) = unsafe (operands.rowStride, operands.step, operands.stride)
  // Two addresses with one index reach all rows, so that none is fetched from the stack.
  var (upper, lower) = unsafe (operands.left, operands.left + 3 &* rowStride)
  var (b, c) = unsafe (operands.right + column, operands.right + column + distance)
  for _ in unsafe 0..<operands.count {
    let (first, second) = unsafe (b.vector(Wide.self), c.vector(Wide.self))
    var factor = unsafe Wide(repeating: upper[0])
    s0.accumulate(factor, first)
    t0.accumulate(factor, second)
    factor = unsafe Wide(repeating: upper[rowStride])
    s1.accumulate(factor, first)
    t1.accumulate(factor, second)
    factor = unsafe Wide(repeating: upper[2 &* rowStride])
    s2.accumulate(factor, first)
    t2.accumulate(factor, second)
    factor = unsafe Wide(repeating: lower[0])
    s3.accumulate(factor, first)
    t3.accumulate(factor, second)
    factor = unsafe Wide(repeating: lower[rowStride])
    s4.accumulate(factor, first)
    t4.accumulate(factor, second)
    factor = unsafe Wide(repeating: lower[2 &* rowStride])
    s5.accumulate(factor, first)
    t5.accumulate(factor, second)
    unsafe (upper, lower) = unsafe (upper + step, lower + step)
    unsafe (b, c) = unsafe (b + stride, c + stride)
  }
  unsafe output.store(s0, t0, result)
  unsafe (output + outputStride).store(s1, t1, result)
  unsafe (output + 2 &* outputStride).store(s2, t2, result)
  unsafe (output + 3 &* outputStride).store(s3, t3, result)
  unsafe (output + 4 &* outputStride).store(s4, t4, result)
  unsafe (output + 5 &* outputStride).store(s5, t5, result)
}

/// Four rows of twice sixteen columns: eight AVX-512 sums, as many as its two units need in flight.
///
/// `distance` is from a right row's first sixteen values to its other sixteen.
@inline(__always)
func fourRowsOfTwo<Scalar: TensorScalar>(
  _ operands: TileOperands<Scalar>, _ column: Int, distance: Int, _ result: TileResult,
  into output: UnsafeMutablePointer<Scalar>, outputStride: Int
) {
  typealias Wide = WideLanes<Scalar>
  var (s0, t0): (Wide, Wide) = unsafe output.startPair(result)
  var (s1, t1): (Wide, Wide) = unsafe (output + outputStride).startPair(result)
  var (s2, t2): (Wide, Wide) = unsafe (output + 2 &* outputStride).startPair(result)
  var (s3, t3): (Wide, Wide) = unsafe (output + 3 &* outputStride).startPair(result)
  let (rowStride, step, stride) = unsafe (operands.rowStride, operands.step, operands.stride)
  var a = unsafe operands.left
  var (b, c) = unsafe (operands.right + column, operands.right + column + distance)
  for _ in unsafe 0..<operands.count {
    let (first, second) = unsafe (b.vector(Wide.self), c.vector(Wide.self))
    var factor = unsafe Wide(repeating: a[0])
    s0.accumulate(factor, first)
    t0.accumulate(factor, second)
    factor = unsafe Wide(repeating: a[rowStride])
    s1.accumulate(factor, first)
    t1.accumulate(factor, second)
    factor = unsafe Wide(repeating: a[2 &* rowStride])
    s2.accumulate(factor, first)
    t2.accumulate(factor, second)
    factor = unsafe Wide(repeating: a[3 &* rowStride])
    s3.accumulate(factor, first)
    t3.accumulate(factor, second)
    unsafe a += step
    unsafe (b, c) = unsafe (b + stride, c + stride)
  }
  unsafe output.store(s0, t0, result)
  unsafe (output + outputStride).store(s1, t1, result)
  unsafe (output + 2 &* outputStride).store(s2, t2, result)
  unsafe (output + 3 &* outputStride).store(s3, t3, result)
}

@inline(__always)
func fourRows<Scalar: TensorScalar, Vector: SIMD>(
  _ vector: Vector.Type, _ operands: TileOperands<Scalar>, _ column: Int, _ result: TileResult,
  into output: UnsafeMutablePointer<Scalar>, outputStride: Int
) where Vector.Scalar == Scalar {
  var s0: Vector = unsafe output.start(result)
  var s1: Vector = unsafe (output + outputStride).start(result)
  var s2: Vector = unsafe (output + 2 &* outputStride).start(result)
  var s3: Vector = unsafe (output + 3 &* outputStride).start(result)
  let rowStride = unsafe operands.rowStride
  var (a, b) = unsafe (operands.left, operands.right + column)
  for _ in unsafe 0..<operands.count {
    let row = unsafe b.vector(vector)
    unsafe s0.accumulate(Vector(repeating: a[0]), row)
    unsafe s1.accumulate(Vector(repeating: a[rowStride]), row)
    unsafe s2.accumulate(Vector(repeating: a[2 &* rowStride]), row)
    unsafe s3.accumulate(Vector(repeating: a[3 &* rowStride]), row)
    unsafe a += operands.step
    unsafe b += operands.stride
  }
  unsafe output.store(s0, result)
  unsafe (output + outputStride).store(s1, result)
  unsafe (output + 2 &* outputStride).store(s2, result)
  unsafe (output + 3 &* outputStride).store(s3, result)
}

@inline(__always)
func oneRow<Scalar: TensorScalar, Vector: SIMD>(
  _ vector: Vector.Type, _ operands: TileOperands<Scalar>, _ column: Int, _ result: TileResult,
  into output: UnsafeMutablePointer<Scalar>
) where Vector.Scalar == Scalar {
  var sums: Vector = unsafe output.start(result)
  var (a, b) = unsafe (operands.left, operands.right + column)
  for _ in unsafe 0..<operands.count {
    unsafe sums.accumulate(Vector(repeating: a[0]), b.vector(vector))
    unsafe a += operands.step
    unsafe b += operands.stride
  }
  unsafe output.store(sums, result)
}

@inline(__always)
func oneRowOfTwo<Scalar: TensorScalar>(
  _ operands: TileOperands<Scalar>, _ column: Int, distance: Int, _ result: TileResult,
  into output: UnsafeMutablePointer<Scalar>
) {
  var (s0, s1): (WideLanes<Scalar>, WideLanes<Scalar>) = unsafe output.startPair(result)
  var (a, b) = unsafe (operands.left, operands.right + column)
  for _ in unsafe 0..<operands.count {
    let factor = unsafe WideLanes<Scalar>(repeating: a[0])
    unsafe s0.accumulate(factor, b.vector(WideLanes<Scalar>.self))
    unsafe s1.accumulate(factor, (b + distance).vector(WideLanes<Scalar>.self))
    unsafe a += operands.step
    unsafe b += operands.stride
  }
  unsafe output.store(s0, result)
  unsafe (output + 16).store(s1, result)
}

/// Four times sixteen columns of one row, as many sums as keep two units of AVX2 busy.
///
/// `distance` is from a right row's first sixteen values to its next sixteen.
@inline(__always)
func oneRowOfFour<Scalar: TensorScalar>(
  _ operands: TileOperands<Scalar>, _ column: Int, distance: Int, _ result: TileResult,
  into output: UnsafeMutablePointer<Scalar>
) {
  var (s0, s1): (WideLanes<Scalar>, WideLanes<Scalar>) = unsafe output.startPair(result)
  var (s2, s3): (WideLanes<Scalar>, WideLanes<Scalar>) = unsafe (output + 32).startPair(result)
  var (a, b) = unsafe (operands.left, operands.right + column)
  for _ in unsafe 0..<operands.count {
    let factor = unsafe WideLanes<Scalar>(repeating: a[0])
    unsafe s0.accumulate(factor, b.vector(WideLanes<Scalar>.self))
    unsafe s1.accumulate(factor, (b + distance).vector(WideLanes<Scalar>.self))
    unsafe s2.accumulate(factor, (b + 2 &* distance).vector(WideLanes<Scalar>.self))
    unsafe s3.accumulate(factor, (b + 3 &* distance).vector(WideLanes<Scalar>.self))
    unsafe a += operands.step
    unsafe b += operands.stride
  }
  unsafe output.store(s0, result)
  unsafe (output + 16).store(s1, result)
  unsafe (output + 32).store(s2, result)
  unsafe (output + 48).store(s3, result)
}

/// Four products of one row and sixteen columns, of equal length and stride, side by side.
///
/// Each has factors of its own: four sums are in flight where those of one product would wait.
@inline(__always)
func fourProducts<Scalar: TensorScalar>(
  _ first: TileOperands<Scalar>, _ second: TileOperands<Scalar>, _ third: TileOperands<Scalar>,
  _ fourth: TileOperands<Scalar>, into output: UnsafeMutablePointer<Scalar>
) {
  typealias Wide = WideLanes<Scalar>
  var (s0, s1, s2, s3) = (Wide.zero, Wide.zero, Wide.zero, Wide.zero)
  var (b0, b1) = unsafe (first.right, second.right)
  var (b2, b3) = unsafe (third.right, fourth.right)
  let stride = unsafe first.stride
  for i in unsafe 0..<first.count {
    unsafe s0.accumulate(Wide(repeating: first.left[i]), b0.vector(Wide.self))
    unsafe s1.accumulate(Wide(repeating: second.left[i]), b1.vector(Wide.self))
    unsafe s2.accumulate(Wide(repeating: third.left[i]), b2.vector(Wide.self))
    unsafe s3.accumulate(Wide(repeating: fourth.left[i]), b3.vector(Wide.self))
    unsafe (b0, b1, b2, b3) = unsafe (b0 + stride, b1 + stride, b2 + stride, b3 + stride)
  }
  unsafe output.store(s0, s1, .assigned)
  unsafe (output + 32).store(s2, s3, .assigned)
}

/// The columns that fill no vector.
@inline(__always)
func singleColumns<Scalar: TensorScalar>(
  _ operands: TileOperands<Scalar>, from start: Int, to end: Int, _ result: TileResult,
  into output: UnsafeMutablePointer<Scalar>
) {
  for c in start..<end {
    var total = unsafe result == .continued ? output[c] : 0
    for i in unsafe 0..<operands.count {
      total = unsafe total.plus(
        operands.left[i &* operands.step], times: operands.right[i &* operands.stride &+ c])
    }
    unsafe output[c] = result == .added ? output[c] + total : total
  }
}

extension UnsafeMutablePointer where Pointee: TensorScalar {
  /// What a sum begins with.
  @inline(__always)
  fileprivate func start<Vector: SIMD>(_ result: TileResult) -> Vector
  where Vector.Scalar == Pointee {
    guard result == .continued else { return Vector(repeating: 0) }
    return unsafe UnsafeRawPointer(self).loadUnaligned(as: Vector.self)
  }

  /// What two neighbouring sums begin with.
  @inline(__always)
  fileprivate func startPair<Vector: SIMD>(_ result: TileResult) -> (Vector, Vector)
  where Vector.Scalar == Pointee {
    unsafe (start(result), (self + Vector.scalarCount).start(result))
  }

  /// Stores two neighbouring vectors, or adds them to what is there.
  @inline(__always)
  fileprivate func store<Vector: SIMD>(_ first: Vector, _ second: Vector, _ result: TileResult)
  where Vector.Scalar == Pointee {
    unsafe store(first, result)
    unsafe (self + Vector.scalarCount).store(second, result)
  }

  /// Stores a vector, or adds it to what is there.
  @inline(__always)
  fileprivate func store<Vector: SIMD>(_ sums: Vector, _ result: TileResult)
  where Vector.Scalar == Pointee {
    let address = UnsafeMutableRawPointer(self)
    switch result {
    case .assigned, .continued: unsafe address.storeBytes(of: sums, as: Vector.self)
    case .added:
      let total = unsafe address.loadUnaligned(as: Vector.self) + sums
      unsafe address.storeBytes(of: total, as: Vector.self)
    }
  }
}
