public import Datasets

/// A theorem as a check on random instances: the library's formula against another computation.
///
/// The other side of every comparison is a plain sum over all completions, a finite difference or
/// the solution of equations, so that a wrong formula in the library makes the identity fail.
public struct Identity: Sendable {
  /// The name in claims and tests, such as `optimum.closed-form`.
  public let id: String
  /// What is claimed, in words.
  public let name: String
  /// What is claimed, as a formula.
  public let equation: String
  /// Where the claim is made, or `derived`.
  public let source: String
  /// The largest relative error that rounding explains.
  public let tolerance: Double
  private let largestError: @Sendable (inout CounterGenerator) throws -> Double

  /// Precision of sums of a few dozen terms in Double.
  static let doubleTolerance = 1e-9
  /// Precision of a transformer in Float whose outputs are summed in Double.
  static let floatTolerance = 1e-4

  /// A claim with the check that returns its largest relative error over random instances.
  public init(
    id: String, name: String, equation: String, source: String, tolerance: Double = 1e-9,
    check: @escaping @Sendable (inout CounterGenerator) throws -> Double
  ) {
    (self.id, self.name, self.equation, self.source) = (id, name, equation, source)
    self.tolerance = tolerance
    largestError = check
  }

  /// Runs the check; the same seed gives the same instances.
  public func verify(seed: Seed = Seed(1)) throws -> VerifiedIdentity {
    var generator = seed.generator(for: "identities.\(id)")
    let error = try largestError(&generator)
    return VerifiedIdentity(
      id: id, name: name, equation: equation, source: source, error: error, tolerance: tolerance)
  }
}

/// An identity with the error that was met.
public struct VerifiedIdentity: Codable, Hashable, Sendable {
  /// The identity's name in claims.
  public var id: String
  /// What is claimed, in words.
  public var name: String
  /// What is claimed, as a formula.
  public var equation: String
  /// Where the claim is made.
  public var source: String
  /// The largest relative error over the instances.
  public var error: Double
  /// The largest error that rounding explains.
  public var tolerance: Double

  /// Whether the error stays within the tolerance; NaN does not.
  public var holds: Bool { error <= tolerance }
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
  public static let all: [Identity] =
    optimum + preferences + rankings + labels + gradients + baselines + samples + annealing
    + tokens + divergences + transformers

  /// Runs every identity.
  public static func verifyAll(seed: Seed = Seed(1)) throws -> [VerifiedIdentity] {
    try all.map { try $0.verify(seed: seed) }
  }
}
