import CProcessor

/// What of a processor the build may use, which decides the shape of tiles and the rounding of sums.
public enum Processor {
  /// The widest vectors, in bits, that the build may use; 128 where it was built for any machine.
  public static var vectorBits: Int { Int(PROCESSOR_VECTOR_BITS) }

  /// Whether kernels round a product and its sum once, which they do wherever the build may use the
  /// instruction for it: on aarch64, and on x86-64 with the Makefile's flags.
  @inline(__always)
  public static var fusesMultiplyAdd: Bool { PROCESSOR_FUSED_MULTIPLY_ADD == 1 }
}

/// Whether a tile of six rows is two vectors of sixteen wide, as the registers of the build decide.
///
/// Two units with a latency of four need eight sums in flight. AVX2 has sixteen registers of eight
/// values: six rows of sixteen columns are twelve sums, and the factors fit beside them. AVX-512 has
/// thirty-two of sixteen: the same tile is six sums there, too few, and twice as wide it is twelve.
@inline(__always)
var tilesAreWide: Bool { Processor.vectorBits >= 512 }

extension SIMD where Scalar: FloatingPoint {
  /// `self += a·b`, rounded once or, without an instruction for that, twice.
  @inline(__always)
  mutating func accumulate(_ a: Self, _ b: Self) {
    if Processor.fusesMultiplyAdd { addProduct(a, b) } else { self += a * b }
  }
}

extension FloatingPoint {
  /// `self + a·b`, rounded once or, without an instruction for that, twice.
  @inline(__always)
  func plus(_ a: Self, times b: Self) -> Self {
    Processor.fusesMultiplyAdd ? addingProduct(a, b) : self + a * b
  }
}
