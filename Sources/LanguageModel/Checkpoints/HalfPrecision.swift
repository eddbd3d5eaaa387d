/// The number that an IEEE 754 half-precision pattern means, exactly.
///
/// Five bits of exponent and ten of fraction; every such number is a single-precision one too.
func float(half bits: UInt16) -> Float {
  let sign = UInt32(bits & 0x8000) << 16
  let (exponent, fraction) = (UInt32(bits >> 10 & 0x1F), UInt32(bits & 0x3FF))
  switch exponent {
  case 0:
    let magnitude = Float(fraction) * 0x1p-24
    return Float(bitPattern: magnitude.bitPattern | sign)
  case 0x1F: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
  default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
  }
}

/// The number that a bfloat16 pattern means: the upper half of a single-precision one.
func float(bfloat bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

/// Sixteen-bit numbers in a range of bytes, the lowest byte first, widened by a rule.
func littleEndianFloats(
  _ bytes: [UInt8], in range: Range<Int>, widening: (UInt16) -> Float
) -> [Float] {
  stride(from: range.lowerBound, to: range.upperBound, by: 2).map { i in
    widening(UInt16(bytes[i]) | UInt16(bytes[i + 1]) << 8)
  }
}
