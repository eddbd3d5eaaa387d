/// The counter-based generator Threefry-2x32 with 20 rounds, Salmon (2011), section 3.3.
///
/// A block is a bijection of the counter for each key: no state, so that any draw can be computed
/// by itself, in any order.
public enum Threefry2x32 {
  /// The 64 random bits that belong to a key and a counter.
  @inlinable
  public static func block(
    key: SIMD2<UInt32>, counter: SIMD2<UInt32>
  ) -> SIMD2<UInt32> {
    let parity = key.x ^ key.y ^ 0x1BD1_1BDA
    var x = counter.x &+ key.x
    var y = counter.y &+ key.y
    mix(&x, &y, 13, 15, 26, 6)
    inject(&x, &y, key.y, parity &+ 1)
    mix(&x, &y, 17, 29, 16, 24)
    inject(&x, &y, parity, key.x &+ 2)
    mix(&x, &y, 13, 15, 26, 6)
    inject(&x, &y, key.x, key.y &+ 3)
    mix(&x, &y, 17, 29, 16, 24)
    inject(&x, &y, key.y, parity &+ 4)
    mix(&x, &y, 13, 15, 26, 6)
    inject(&x, &y, parity, key.x &+ 5)
    return SIMD2(x, y)
  }

  @inlinable
  static func mix(
    _ x: inout UInt32, _ y: inout UInt32,
    _ first: UInt32, _ second: UInt32, _ third: UInt32, _ fourth: UInt32
  ) {
    round(&x, &y, first)
    round(&x, &y, second)
    round(&x, &y, third)
    round(&x, &y, fourth)
  }

  @inlinable
  static func round(_ x: inout UInt32, _ y: inout UInt32, _ rotation: UInt32) {
    x &+= y
    y = (y &<< rotation | y &>> (32 &- rotation)) ^ x
  }

  @inlinable
  static func inject(_ x: inout UInt32, _ y: inout UInt32, _ first: UInt32, _ second: UInt32) {
    x &+= first
    y &+= second
  }
}
