/// The sum of products `Σ left[i] · right[i]`, in eight interleaved partial sums.
@inline(__always)
func dot<Scalar: BLASScalar>(
  _ left: UnsafePointer<Scalar>, _ right: UnsafePointer<Scalar>, _ count: Int
) -> Scalar {
  var lanes = Lanes<Scalar>(repeating: 0)
  var i = 0
  while i &+ 8 <= count {
    unsafe lanes += left.lanes(i) * right.lanes(i)
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
func sum<Scalar: BLASScalar>(_ values: UnsafePointer<Scalar>, _ count: Int) -> Scalar {
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
func largest<Scalar: BLASScalar>(_ values: UnsafePointer<Scalar>, _ count: Int) -> Scalar {
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

/// `output += Σ weights[r·weightStride] · row r`, the sums held in registers.
///
/// Row r begins at `rows + r·stride`; the output and every row are `width` wide.
@inline(__always)
func accumulateWeightedRows<Scalar: BLASScalar>(
  _ weights: UnsafePointer<Scalar>, weightStride: Int, rows: UnsafePointer<Scalar>, stride: Int,
  count: Int, width: Int, into output: UnsafeMutablePointer<Scalar>
) {
  var d = 0
  while d &+ 32 <= width {
    var (s0, s1) = unsafe (output.lanes(d), output.lanes(d &+ 8))
    var (s2, s3) = unsafe (output.lanes(d &+ 16), output.lanes(d &+ 24))
    for r in 0..<count {
      let weight = unsafe Lanes<Scalar>(repeating: weights[r &* weightStride])
      let row = unsafe rows + (r &* stride &+ d)
      unsafe s0 += weight * row.lanes(0)
      unsafe s1 += weight * row.lanes(8)
      unsafe s2 += weight * row.lanes(16)
      unsafe s3 += weight * row.lanes(24)
    }
    unsafe output.store(s0, d)
    unsafe output.store(s1, d &+ 8)
    unsafe output.store(s2, d &+ 16)
    unsafe output.store(s3, d &+ 24)
    d &+= 32
  }
  while d &+ 8 <= width {
    var s = unsafe output.lanes(d)
    for r in 0..<count {
      unsafe s += weights[r &* weightStride] * (rows + (r &* stride &+ d)).lanes(0)
    }
    unsafe output.store(s, d)
    d &+= 8
  }
  while d < width {
    for r in 0..<count {
      unsafe output[d] += weights[r &* weightStride] * rows[r &* stride &+ d]
    }
    d &+= 1
  }
}
