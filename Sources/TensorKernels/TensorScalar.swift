import Foundation

/// A floating-point type of tensors: `Float` to train, `Double` to check.
public protocol TensorScalar: BinaryFloatingPoint, Codable, Sendable, SIMDScalar {
  /// The exponential eˣ: zero at −∞, infinite above the largest finite result, NaN at NaN.
  static func exponential(_ x: Self) -> Self

  /// The exponential eˣ where the result is an ordinary number, |x| ≤ 87; the nearest such result
  /// beyond, NaN at NaN.
  static func boundedExponential(_ x: Self) -> Self

  /// The natural logarithm.
  static func logarithm(_ x: Self) -> Self

  /// The natural logarithm of 1 + x, precise near zero.
  static func logarithmOfOnePlus(_ x: Self) -> Self
}

extension Double: TensorScalar {
  /// The exponential eˣ of the C library.
  public static func exponential(_ x: Double) -> Double { exp(x) }

  /// The exponential eˣ of the C library within |x| ≤ 87.
  public static func boundedExponential(_ x: Double) -> Double {
    let raised = x < -87 ? -87 : x
    return exp(raised > 87 ? 87 : raised)
  }

  /// The natural logarithm of the C library.
  public static func logarithm(_ x: Double) -> Double { log(x) }

  /// The natural logarithm of 1 + x of the C library.
  public static func logarithmOfOnePlus(_ x: Double) -> Double { log1p(x) }
}

extension Float: TensorScalar {
  /// The exponential eˣ within two units in the last place, free of branches so that loops over it
  /// vectorise where fused multiply-adds are instructions; elsewhere each is a call, and slow.
  ///
  ///     x = n·ln 2 + r,  |r| ≤ ln 2 / 2,    eˣ = 2ⁿ·eʳ
  ///
  /// Adding 1.5·2²³ rounds x / ln 2 to the integer n, which then stands in the low bits. The power
  /// of two is applied in two halves, since 2¹²⁸ and 2⁻¹⁴⁹ have no ordinary bit pattern. The
  /// polynomial and the two-part ln 2 are those of Cephes' `expf` (Moshier, 1989).
  @inline(__always)
  public static func exponential(_ x: Float) -> Float {
    let raised = x < -104 ? -104 : x
    let bounded = raised > 89 ? 89 : raised
    let (shifted, remainder) = reduced(bounded)
    let power = Int32(bitPattern: shifted.bitPattern &- 0x4B40_0000)
    let firstHalf = power >> 1
    let secondHalf = power &- firstHalf
    return reducedExponential(remainder)
      * Float(bitPattern: UInt32(bitPattern: firstHalf &+ 127) << 23)
      * Float(bitPattern: UInt32(bitPattern: secondHalf &+ 127) << 23)
  }

  /// The exponential eˣ for |x| ≤ 87, where the power of two has an ordinary bit pattern.
  @inline(__always)
  public static func boundedExponential(_ x: Float) -> Float {
    let raised = x < -87 ? -87 : x
    let bounded = raised > 87 ? 87 : raised
    let (shifted, remainder) = reduced(bounded)
    return reducedExponential(remainder)
      * Float(bitPattern: (shifted.bitPattern &+ 127) << 23)
  }

  /// The integer nearest to x / ln 2 in the low bits of the first number, and x − n·ln 2.
  @inline(__always)
  private static func reduced(_ x: Float) -> (shifted: Float, remainder: Float) {
    let shifted = (12_582_912 as Float).plus(x, times: 1.442_695_04)
    let n = shifted - 12_582_912
    return (shifted, x.plus(n, times: -0.693_359_375).plus(n, times: 2.121_944_4e-4))
  }

  /// The exponential on |r| ≤ ln 2 / 2, by the polynomial of Cephes' `expf`.
  @inline(__always)
  private static func reducedExponential(_ r: Float) -> Float {
    let p0 = (1.398_199_95e-3 as Float).plus(1.987_569_15e-4, times: r)
    let p1 = (8.333_451_9e-3 as Float).plus(p0, times: r)
    let p2 = (4.166_579_6e-2 as Float).plus(p1, times: r)
    let p3 = (1.666_666_55e-1 as Float).plus(p2, times: r)
    let p4 = (0.5 as Float).plus(p3, times: r)
    return r.plus(p4, times: r * r) + 1
  }

  /// The natural logarithm of the C library.
  public static func logarithm(_ x: Float) -> Float { log(x) }

  /// The natural logarithm of 1 + x of the C library.
  public static func logarithmOfOnePlus(_ x: Float) -> Float { log1p(x) }
}
