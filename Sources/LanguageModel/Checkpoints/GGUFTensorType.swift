/// How the numbers of a GGUF tensor are stored: by themselves, or in blocks of 32 with a scale.
enum GGUFTensorType: UInt32, Sendable {
  case float32 = 0
  case float16 = 1
  /// Four bits a number: d·(q − 8).
  case q4_0 = 2
  /// Four bits a number: d·q + m.
  case q4_1 = 3
  /// Eight bits a number: d·q.
  case q8_0 = 8
  case bfloat16 = 30

  /// The names that ggml gives to all types, by their codes.
  private static let names = [
    "F32", "F16", "Q4_0", "Q4_1", "Q4_2", "Q4_3", "Q5_0", "Q5_1", "Q8_0", "Q8_1", "Q2_K", "Q3_K",
    "Q4_K", "Q5_K", "Q6_K", "Q8_K", "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S",
    "IQ2_S", "IQ4_XS", "I8", "I16", "I32", "I64", "F64", "IQ1_M", "BF16", "Q4_0_4_4", "Q4_0_4_8",
    "Q4_0_8_8", "TQ1_0", "TQ2_0", "IQ4_NL_4_4", "IQ4_NL_4_8", "IQ4_NL_8_8", "MXFP4",
  ]

  init(_ code: UInt32, tensor: String) throws(GGUFError) {
    guard code < Self.names.count else { throw .unknownTensorType(tensor: tensor, type: code) }
    guard let type = GGUFTensorType(rawValue: code) else {
      throw .unsupportedTensorType(tensor: tensor, type: Self.names[Int(code)])
    }
    self = type
  }

  /// Numbers in a block, and the bytes that they take with their scales.
  private var block: (numbers: Int, bytes: Int) {
    switch self {
    case .float32: (1, 4)
    case .float16, .bfloat16: (1, 2)
    case .q4_0: (32, 18)
    case .q4_1: (32, 20)
    case .q8_0: (32, 34)
    }
  }

  /// The bytes of a tensor; nil where they overflow or its rows do not fill whole blocks.
  func byteCount(of shape: [Int]) -> Int? {
    guard let last = shape.last, last % block.numbers == 0 else { return nil }
    var count = block.bytes
    for size in shape.dropLast() + [last / block.numbers] {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow else { return nil }
      count = product
    }
    return count
  }

  /// The numbers in a range of bytes, which holds whole blocks.
  ///
  /// The formulas are those of ggml's `dequantize_row`; d and m are half-precision numbers, and
  /// the lower halves of a block's bytes hold its first sixteen numbers.
  func floats(_ bytes: [UInt8], in range: Range<Int>) -> [Float] {
    switch self {
    case .float32: return littleEndianFloats(bytes, in: range)
    case .float16: return littleEndianFloats(bytes, in: range, widening: float(half:))
    case .bfloat16: return littleEndianFloats(bytes, in: range, widening: float(bfloat:))
    case .q4_0, .q4_1, .q8_0: break
    }
    var values: [Float] = []
    values.reserveCapacity(range.count / block.bytes * block.numbers)
    for start in stride(from: range.lowerBound, to: range.upperBound, by: block.bytes) {
      let scale = half(bytes, at: start)
      switch self {
      case .q8_0:
        for i in 0..<32 { values.append(scale * Float(Int8(bitPattern: bytes[start + 2 + i]))) }
      case .q4_1:
        let least = half(bytes, at: start + 2)
        for i in 0..<32 { values.append(scale * Float(nibble(bytes, start + 4, i)) + least) }
      default:
        for i in 0..<32 { values.append(scale * Float(nibble(bytes, start + 2, i) - 8)) }
      }
    }
    return values
  }
}

private func half(_ bytes: [UInt8], at position: Int) -> Float {
  float(half: UInt16(bytes[position]) | UInt16(bytes[position + 1]) << 8)
}

/// The i-th of 32 numbers of four bits: low halves first, then high halves.
private func nibble(_ bytes: [UInt8], _ start: Int, _ i: Int) -> Int {
  Int(i < 16 ? bytes[start + i] & 0xF : bytes[start + i - 16] >> 4)
}

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
