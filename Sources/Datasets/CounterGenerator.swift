import Foundation

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
