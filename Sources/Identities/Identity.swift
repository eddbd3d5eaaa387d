package import Datasets

/// A theorem as a check on random instances: the library's formula against another computation.
///
/// The other side of every comparison is a plain sum over all completions, a finite difference or
/// the solution of equations, so that a wrong formula in the library makes the identity fail.
package struct Identity: Sendable {
  /// The name in claims and tests, such as `optimum.closed-form`.
  package let id: String
  /// What is claimed, in words.
  package let name: String
  /// What is claimed, as a formula.
  package let equation: String
  /// Where the claim is made, or `derived`.
  package let source: String
  /// The largest relative error that rounding explains.
  package let tolerance: Double
  private let largestError: @Sendable (inout CounterGenerator) throws -> Double

  /// Precision of sums of a few dozen terms in Double.
  static let doubleTolerance = 1e-9
  /// Precision of a transformer in Float whose outputs are summed in Double.
  static let floatTolerance = 1e-4

  /// A claim with the check that returns its largest relative error over random instances.
  package init(
    id: String, name: String, equation: String, source: String, tolerance: Double = 1e-9,
    check: @escaping @Sendable (inout CounterGenerator) throws -> Double
  ) {
    (self.id, self.name, self.equation, self.source) = (id, name, equation, source)
    self.tolerance = tolerance
    largestError = check
  }

  /// Runs the check; the same seed gives the same instances.
  package func verify(seed: Seed = Seed(1)) throws -> VerifiedIdentity {
    var generator = seed.generator(for: "identities.\(id)")
    let error = try largestError(&generator)
    return VerifiedIdentity(
      id: id, name: name, equation: equation, source: source, error: error, tolerance: tolerance)
  }
}

/// An identity with the error that was met.
package struct VerifiedIdentity: Codable, Hashable, Sendable {
  /// The identity's name in claims.
  package var id: String
  /// What is claimed, in words.
  package var name: String
  /// What is claimed, as a formula.
  package var equation: String
  /// Where the claim is made.
  package var source: String
  /// The largest relative error over the instances.
  package var error: Double
  /// The largest error that rounding explains.
  package var tolerance: Double

  /// Whether the error stays within the tolerance; NaN does not.
  package var holds: Bool { error <= tolerance }
}

extension Identity {
  /// A claim about bandits: completions of one prompt with random p, r, β and q.
  init(
    _ id: String, _ name: String, _ equation: String, source: String = "derived",
    tolerance: Double = Identity.doubleTolerance, instances: Int = 16,
    actions: ClosedRange<Int> = 2...7,
    eachBandit check:
      @escaping @Sendable (RandomBandit, inout CounterGenerator, inout Deviation) -> Void
  ) {
    self.init(id: id, name: name, equation: equation, source: source, tolerance: tolerance) {
      generator in
      var deviation = Deviation()
      for _ in 0..<instances {
        check(RandomBandit(actions: actions, using: &generator), &generator, &deviation)
      }
      return deviation.largest
    }
  }

  /// Every identity, by theme in the order of the derivation.
  package static let all: [Identity] =
    optimum + preferences + rankings + labels + gradients + baselines + samples + annealing
    + tokens + divergences + transformers

  /// Runs every identity.
  package static func verifyAll(seed: Seed = Seed(1)) throws -> [VerifiedIdentity] {
    try all.map { try $0.verify(seed: seed) }
  }
}

/// The largest relative error that a check has met so far.
struct Deviation {
  /// The largest error; infinite once a value was not a number or a count was wrong.
  private(set) var largest = 0.0

  /// Compares a value with what it should be, relative to the larger of that and a scale.
  mutating func compare(_ value: Double, to expected: Double, scale: Double = 0) {
    guard value != expected else { return }
    note(abs(value - expected) / max(abs(expected), scale))
  }

  /// Compares vectors, relative to the largest expected element or a scale.
  mutating func compare(_ values: [Double], to expected: [Double], scale: Double = 0) {
    guard values.count == expected.count else { return note(.infinity) }
    let size = expected.reduce(scale) { max($0, abs($1)) }
    for (value, wanted) in zip(values, expected) where value != wanted {
      note(abs(value - wanted) / size)
    }
  }

  /// Notes how far a value that should be zero is from it, relative to a scale.
  mutating func vanish(_ value: Double, scale: Double) { compare(value, to: 0, scale: scale) }

  /// Notes by how much a value exceeds a bound, relative to a scale.
  mutating func bound(_ value: Double, by bound: Double, scale: Double) {
    note(max(0, (value - bound) / scale))
  }

  private mutating func note(_ error: Double) {
    largest = error.isNaN ? .infinity : max(largest, error)
  }
}
