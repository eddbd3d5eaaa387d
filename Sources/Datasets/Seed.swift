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

/// The uniform numbers of one purpose and step, at 5 ns a draw, for loops over tokens.
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
