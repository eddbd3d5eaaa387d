import Foundation

/// The source of all randomness: every draw is a function of the seed and of the draw's name.
///
/// The name of a draw is its purpose, step, index and position. Adding draws under one name moves
/// none under another, and the order of calls does not matter.
///
///     key of the purpose  = block(seed, FNV-1a of "purpose:" + name)
///     key of the step     = block(key of the purpose, step)
///     the 64 random bits  = block(key of the step, (index, position))
public struct Seed: Sendable, Hashable {
  /// The number that the user gave, or that a parent seed derived.
  public let value: UInt64

  /// Takes any number as a seed.
  public init(_ value: UInt64) { self.value = value }

  /// A seed of its own for a part of the work, independent of every draw from this one.
  public func derived(_ name: String) -> Seed {
    Seed(Threefry2x32.bits(key: value, counter: stableHash("seed:" + name)))
  }

  /// The generator whose n-th draw has position n under this name.
  public func generator(for purpose: String, step: Int = 0, index: Int = 0) -> CounterGenerator {
    CounterGenerator(key: key(for: purpose, step: step), index: word(index, "index"))
  }

  /// One number in [0, 1), equal to the draw at this position of the generator of the same name.
  public func uniform(for purpose: String, step: Int, index: Int, position: Int) -> Double {
    UniformStream(seed: self, purpose: purpose, step: step)(index, position)
  }

  func key(for purpose: String, step: Int) -> SIMD2<UInt32> {
    precondition(step >= 0, "step \(step) is negative")
    let purposeKey = Threefry2x32.bits(key: value, counter: stableHash("purpose:" + purpose))
    return words(Threefry2x32.bits(key: purposeKey, counter: UInt64(step)))
  }
}

extension Seed: Codable {
  /// Reads the plain number.
  public init(from decoder: any Decoder) throws {
    value = try decoder.singleValueContainer().decode(UInt64.self)
  }

  /// Writes the plain number.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }
}

/// The uniform numbers of one purpose and step, at 5 ns per draw, for loops over tokens.
public struct UniformStream: Sendable {
  private let key: SIMD2<UInt32>

  /// Prepares the key that all draws of the step share.
  public init(seed: Seed, purpose: String, step: Int = 0) {
    key = seed.key(for: purpose, step: step)
  }

  /// The number in [0, 1) at an index (which sequence) and position (which token).
  public func callAsFunction(_ index: Int, _ position: Int) -> Double {
    let counter = SIMD2(word(index, "index"), word(position, "position"))
    return unitInterval(number(Threefry2x32.block(key: key, counter: counter)))
  }
}

extension Threefry2x32 {
  static func bits(key: UInt64, counter: UInt64) -> UInt64 {
    number(block(key: words(key), counter: words(counter)))
  }
}

/// The FNV-1a hash of a name: the same on every machine and in every release.
package func stableHash(_ name: String) -> UInt64 {
  name.utf8.reduce(0xCBF2_9CE4_8422_2325) { hash, byte in
    (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
  }
}

/// The upper 53 bits as a multiple of 2⁻⁵³.
func unitInterval(_ bits: UInt64) -> Double { Double(bits >> 11) * 0x1p-53 }

func words(_ number: UInt64) -> SIMD2<UInt32> {
  SIMD2(UInt32(truncatingIfNeeded: number >> 32), UInt32(truncatingIfNeeded: number))
}

func number(_ words: SIMD2<UInt32>) -> UInt64 { UInt64(words.x) << 32 | UInt64(words.y) }

private func word(_ value: Int, _ name: String) -> UInt32 {
  precondition(value >= 0 && value <= UInt32.max, "\(name) \(value) is outside 0...2³²−1")
  return UInt32(value)
}

/// A sequence of random draws under one name of a seed.
public struct CounterGenerator: RandomNumberGenerator, Sendable {
  private let key: SIMD2<UInt32>
  private let index: UInt32
  private var position: UInt32 = 0

  init(key: SIMD2<UInt32>, index: UInt32) { (self.key, self.index) = (key, index) }

  /// The next 64 random bits; a generator holds 2³²−1 draws.
  public mutating func next() -> UInt64 {
    defer { position += 1 }
    return number(Threefry2x32.block(key: key, counter: SIMD2(index, position)))
  }

  /// A number in [0, 1), a multiple of 2⁻⁵³.
  public mutating func uniform() -> Double { unitInterval(next()) }

  /// A number from the normal distribution with mean 0 and variance 1, by Box and Muller (1958).
  ///
  ///     z = √(−2·ln(1 − u₁))·cos(2π·u₂)
  public mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }

  /// Whether an event of this probability happens.
  public mutating func happens(withProbability probability: Double) -> Bool {
    uniform() < probability
  }

  /// A whole number from zero up to, not including, the bound, all equally likely.
  ///
  /// The upper word of bits × bound, with Lemire's (2019) rejection of the surplus, algorithm 5.
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0, "no whole number is below \(bound) and at least zero")
    let bound = UInt64(bound)
    let surplus = (0 &- bound) % bound
    while true {
      let product = bound.multipliedFullWidth(by: next())
      if product.low >= surplus { return Int(product.high) }
    }
  }

  /// One of the elements, all equally likely.
  public mutating func choose<Element>(_ elements: [Element]) -> Element {
    elements[integer(below: elements.count)]
  }

  /// Several different elements in random order, all selections equally likely.
  public mutating func choose<Element>(_ count: Int, of elements: [Element]) -> [Element] {
    precondition(count <= elements.count, "cannot choose \(count) of \(elements.count)")
    var elements = elements
    for i in 0..<count { elements.swapAt(i, i + integer(below: elements.count - i)) }
    return Array(elements.prefix(count))
  }

  /// The elements in random order, all orders equally likely (Fisher and Yates).
  public mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
    choose(elements.count, of: elements)
  }
}

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
