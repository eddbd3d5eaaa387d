/// The sum of products `Σ left[i] · right[i]`, in eight interleaved partial sums.
@inline(__always)
func dot<Scalar: BLASScalar>(
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
