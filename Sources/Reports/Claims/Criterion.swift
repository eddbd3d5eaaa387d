import Evaluation

/// How a claim's numbers decide it: on which side of which bound the effect has to lie.
package struct Criterion: Codable, Hashable, Sendable {
  /// A side of a bound.
  package enum Side: String, Codable, Sendable {
    /// The effect is no larger than the bound: the error of a theorem.
    case atMost = "at-most"
    /// The effect and both ends of its interval lie between the two bounds: a law.
    case within
    /// The mean over seeds lies above the bound: an empirical claim.
    case above
    /// The mean over seeds lies below the bound: an empirical claim.
    case below
    /// The mean over seeds lies within the margin of the bound: an empirical claim that nothing differs.
    case near
  }

  /// The side on which the claim holds.
  package let side: Side
  /// The bound, or the lower and the upper one.
  package let bounds: [Double]
  /// The largest distance from the bound that counts as none, where it was stated before the run.
  package let margin: Double?

  private init(_ side: Side, _ bounds: [Double], margin: Double? = nil) {
    (self.side, self.bounds, self.margin) = (side, bounds, margin)
  }

  /// A theorem's error, or a law's, has a largest value.
  package static func atMost(_ bound: Double) -> Criterion { Criterion(.atMost, [bound]) }

  /// All of a law's values lie in a range.
  package static func within(_ range: ClosedRange<Double>) -> Criterion {
    Criterion(.within, [range.lowerBound, range.upperBound])
  }

  /// A mean over seeds lies above a bound; with a margin it may instead be equivalent to it.
  package static func above(_ bound: Double, margin: Double? = nil) -> Criterion {
    Criterion(.above, [bound], margin: margin)
  }

  /// A mean over seeds lies below a bound; with a margin it may instead be equivalent to it.
  package static func below(_ bound: Double, margin: Double? = nil) -> Criterion {
    Criterion(.below, [bound], margin: margin)
  }

  /// A mean over seeds is practically a bound: no farther from it than a margin.
  package static func near(_ bound: Double, margin: Double) -> Criterion {
    Criterion(.near, [bound], margin: margin)
  }

  /// Whether the bounds and the margin are numbers that can decide a claim of this tier.
  func decides(_ tier: ClaimTier) -> Bool {
    let isOfTests = [.above, .below, .near].contains(side)
    return isOfTests == (tier == .empirical) && bounds.allSatisfy(\.isFinite)
      && bounds.count == (side == .within ? 2 : 1) && (margin ?? (side == .near ? 0 : 1)) > 0
  }

  /// The rule in words.
  package var rule: String {
    switch side {
    case .atMost: return "≤ \(short(bounds[0]))"
    case .within: return "every value in [\(short(bounds[0])), \(short(bounds[1]))]"
    case .above, .below:
      let equivalent = margin.map {
        "; within ±\(short($0)) of it by two one-sided tests equivalent"
      }
      return
        "t test over seeds against \(short(bounds[0])), \(Self.holm): adjusted p < \(Self.level) "
        + "\(side.rawValue) it reproduced, beyond it contradicted" + (equivalent ?? "") + Self.open
    case .near:
      return "two one-sided t tests over seeds, \(Self.holm): adjusted p < \(Self.level) within "
        + "±\(short(margin ?? 0)) of \(short(bounds[0])) reproduced, beyond that contradicted"
        + Self.open
    }
  }

  private static let holm = "Holm over all empirical claims of the experiment"
  private static let open =
    "; else inconclusive; void where a run is unhealthy or fewer than \(fewestSeeds) seeds are left"

  /// The adjusted p-value below which an empirical claim is decided.
  package static let level = 0.05
  /// The fewest healthy seeds that decide an empirical claim.
  package static let fewestSeeds = 5
}

extension Criterion {
  /// The p-value against what the criterion calls none: the bound, or the nearer end of the margin around it.
  func pValue(of estimate: MeanEstimate) -> Double {
    guard side == .near, let margin else { return estimate.pValue(against: bounds[0]) }
    let distance = estimate.mean - bounds[0]
    guard abs(distance) > margin else { return 1 }
    return estimate.pValue(against: bounds[0] + (distance > 0 ? margin : -margin))
  }
}
