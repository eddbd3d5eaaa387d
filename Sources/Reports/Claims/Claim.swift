import Evaluation

/// How much a claim promises, and what a failure of it means.
package enum ClaimTier: String, Codable, Sendable, CaseIterable {
  /// An exact identity, checked up to rounding; it may fail the build.
  case theorem
  /// A statistical statement whose sign or size follows from a derivation; it may fail the build.
  case law
  /// A claim about what training shows, from a paper or of our own; it never fails the build.
  case empirical
}

/// What the numbers say about a claim.
package enum ClaimVerdict: String, Codable, Sendable, CaseIterable {
  /// A theorem or law that the check confirms.
  case holds
  /// A theorem or law that the check refutes.
  case broken
  /// An empirical claim that the test over seeds supports.
  case reproduced
  /// An empirical claim whose opposite the test over seeds supports.
  case contradicted
  /// An empirical claim whose effect lies within a margin that was stated before the run.
  case equivalent
  /// An empirical claim that the test over seeds leaves open.
  case inconclusive
  /// An empirical claim about which these runs say nothing, for the stated reason.
  case void
}

/// A registered claim: what is said, by whom, the numbers that decide it, and the verdict.
///
/// The verdict follows from the other numbers alone, together with the p-values of the claims beside
/// it (``ClaimFile/init(_:)``), so that whoever reads it can derive it again.
package struct Claim: Codable, Hashable, Sendable {
  /// The name, unique over all result folders, such as `reward-curves.ppo-above-sft`.
  package var id: String
  /// Where the claim is made.
  package var source: String
  /// The claim in words.
  package var statement: String
  /// How much it promises.
  package var tier: ClaimTier
  /// What is measured.
  package var metric: String
  /// The arms that are compared, the subtracted one last; nil where it is not about arms.
  package var arms: [String]?
  /// On which side of which bound the effect has to lie; nil in files of no known origin.
  package var criterion: Criterion?
  /// The criterion in words.
  package var rule: String
  /// The measured value; nil where there is none.
  package var effect: Double?
  /// The ends of its 95 % Student interval over seeds, or of the values of a law.
  package var interval: [Double]?
  /// The number of seeds behind it; nil where seeds do not matter.
  package var seeds: Int?
  /// The two-sided p-value of effect = bound, before correction.
  package private(set) var p: Double?
  /// The same after Holm's correction.
  package private(set) var adjustedP: Double?
  /// The p-value of two one-sided tests at the margin, before correction.
  package private(set) var equivalenceP: Double?
  /// The same after Holm's correction.
  package private(set) var adjustedEquivalenceP: Double?
  /// The claims corrected together, which share this name.
  package private(set) var family: String?
  /// The decision.
  package private(set) var verdict: ClaimVerdict
  /// Why the verdict is void.
  package var reason: String?
  /// The command that decides it again.
  package var command: String

  /// Registers a claim; what it says of its numbers is decided with those of the claims beside it.
  ///
  /// - Parameters:
  ///   - id: The name, with the family before its first point.
  ///   - source: Where the claim is made.
  ///   - statement: The claim in words.
  ///   - tier: How much it promises.
  ///   - metric: What is measured.
  ///   - arms: The arms that are compared.
  ///   - criterion: Where the effect has to lie.
  ///   - effect: The measured value.
  ///   - interval: The 95 % Student interval over seeds, or the smallest and largest value of a law.
  ///   - seeds: The number of seeds.
  ///   - unhealthy: Why these runs decide nothing; nil where they are healthy.
  ///   - command: The command that decides it again.
  package init(
    id: String, source: String, statement: String, tier: ClaimTier, metric: String,
    arms: [String]? = nil, criterion: Criterion, effect: Double?, interval: [Double]? = nil,
    seeds: Int? = nil, unhealthy: String? = nil, command: String
  ) {
    (self.id, self.source, self.statement, self.tier) = (id, source, statement, tier)
    (self.metric, self.arms, self.criterion, rule) = (metric, arms, criterion, criterion.rule)
    (self.effect, self.interval, self.seeds) = (effect, interval, seeds)
    (reason, self.command) = (unhealthy, command)
    verdict = tier == .empirical ? .void : .broken
    self = Claim.decided([self])[0]
  }

  /// An empirical claim about an estimate over seeds.
  package init(
    id: String, source: String, statement: String, metric: String, arms: [String]? = nil,
    criterion: Criterion, over estimate: Estimate, unhealthy: String? = nil, command: String
  ) {
    self.init(
      id: id, source: source, statement: statement, tier: .empirical, metric: metric, arms: arms,
      criterion: criterion, effect: estimate.n > 0 ? estimate.mean : nil,
      interval: estimate.n > 1 ? [estimate.low, estimate.high] : nil, seeds: estimate.n,
      unhealthy: unhealthy, command: command)
  }

  /// Whether the claim fails a build, as a theorem or law does that does not hold.
  package var failsBuild: Bool { tier != .empirical && verdict != .holds }
}

// MARK: Deciding

extension Claim {
  /// The claims with their verdicts: theorems and laws each by itself, empirical ones by families.
  ///
  /// A family is what stands before the first point of an id. A void claim is not tested and does not count in it.
  package static func decided(_ claims: [Claim]) -> [Claim] {
    var claims = claims
    for index in claims.indices { claims[index].test() }
    for family in Set(claims.compactMap(\.family)) {
      let members = claims.indices.filter { claims[$0].family == family }
      let (tests, equivalences) = (
        members.filter { claims[$0].p != nil }, members.filter { claims[$0].equivalenceP != nil }
      )
      let adjusted = holmAdjusted(
        tests.compactMap { claims[$0].p } + equivalences.compactMap { claims[$0].equivalenceP })
      for (index, p) in zip(tests, adjusted) { claims[index].adjustedP = rounded(p) }
      for (index, p) in zip(equivalences, adjusted.dropFirst(tests.count)) {
        claims[index].adjustedEquivalenceP = rounded(p)
      }
    }
    for index in claims.indices { claims[index].verdict = claims[index].derivedVerdict }
    return claims
  }

  /// Forgets what was decided and tests the effect by itself, or finds why that cannot be done.
  private mutating func test() {
    (p, adjustedP, equivalenceP, adjustedEquivalenceP, family) = (nil, nil, nil, nil, nil)
    guard tier == .empirical, let criterion, criterion.decides(tier) else { return }
    if reason == nil { reason = missing }
    guard reason == nil, let effect, let interval, let seeds else { return }
    let estimate = MeanEstimate(mean: effect, low: interval[0], high: interval[1], count: seeds)
    p = rounded(criterion.pValue(of: estimate))
    equivalenceP = criterion.margin.map {
      rounded(estimate.equivalenceP(around: criterion.bounds[0], margin: $0))
    }
    family = String(id.prefix { $0 != "." })
  }

  /// What an empirical claim lacks to be tested.
  private var missing: String? {
    guard let effect, effect.isFinite, let seeds, seeds > 0 else { return "nothing was measured" }
    guard seeds >= Criterion.fewestSeeds else {
      return "\(seeds) paired seed\(seeds == 1 ? "" : "s"); \(Criterion.fewestSeeds) are needed"
    }
    guard let interval, interval.count == 2, interval.allSatisfy(\.isFinite),
      interval[0] <= effect, effect <= interval[1]
    else { return "no interval around the effect" }
    return nil
  }

  /// The verdict that the numbers give.
  private var derivedVerdict: ClaimVerdict {
    guard let criterion, criterion.decides(tier) else {
      return tier == .empirical ? .void : .broken
    }
    guard tier == .empirical else { return holds(criterion) ? .holds : .broken }
    guard reason == nil, let effect, let adjustedP else { return .void }
    let isEquivalent = (adjustedEquivalenceP ?? 1) < Criterion.level
    if criterion.side == .near {
      return isEquivalent
        ? .reproduced : adjustedP < Criterion.level ? .contradicted : .inconclusive
    }
    if adjustedP < Criterion.level {
      return (effect > criterion.bounds[0]) == (criterion.side == .above)
        ? .reproduced : .contradicted
    }
    return isEquivalent ? .equivalent : .inconclusive
  }

  /// Whether a theorem's or law's values lie where they must; what is no number does not.
  private func holds(_ criterion: Criterion) -> Bool {
    guard let effect else { return false }
    let values = [effect] + (interval ?? [])
    guard criterion.side == .within else { return effect <= criterion.bounds[0] }
    return values.allSatisfy { criterion.bounds[0] <= $0 && $0 <= criterion.bounds[1] }
  }
}
