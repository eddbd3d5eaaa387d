/// How much a claim promises, and what a failure of it means.
public enum ClaimTier: String, Codable, Sendable, CaseIterable {
  /// An exact identity, checked up to rounding; it may fail the build.
  case theorem
  /// A statistical statement whose sign or size follows from a derivation; it may fail the build.
  case law
  /// A claim about what training shows, from a paper or of our own; it never fails the build.
  case empirical
}

/// What the numbers say about a claim.
public enum ClaimVerdict: String, Codable, Sendable, CaseIterable {
  /// A theorem or law that the check confirms.
  case holds
  /// A theorem or law that the check refutes.
  case broken
  /// An empirical claim that the interval over seeds supports.
  case reproduced
  /// An empirical claim whose opposite the interval over seeds supports.
  case contradicted
  /// An empirical claim that the interval over seeds leaves open.
  case inconclusive
}

/// A registered claim: what is said, by whom, how it is decided, and the verdict.
public struct Claim: Codable, Hashable, Sendable {
  /// The name, unique over all result folders, such as `reward-curves.ppo-above-sft`.
  public var id: String
  /// Where the claim is made.
  public var source: String
  /// The claim in words.
  public var statement: String
  /// How much it promises.
  public var tier: ClaimTier
  /// What is measured.
  public var metric: String
  /// How the measurement decides.
  public var rule: String
  /// The decision.
  public var verdict: ClaimVerdict
  /// The measured value; nil where there is none.
  public var effect: Double?
  /// The two ends of its interval; nil where there is none.
  public var interval: [Double]?
  /// The number of seeds behind it; nil where seeds do not matter.
  public var seeds: Int?
  /// The command that decides it again.
  public var command: String

  /// Registers a claim.
  public init(
    id: String, source: String, statement: String, tier: ClaimTier, metric: String, rule: String,
    verdict: ClaimVerdict, effect: Double? = nil, interval: [Double]? = nil, seeds: Int? = nil,
    command: String
  ) {
    (self.id, self.source, self.statement, self.tier) = (id, source, statement, tier)
    (self.metric, self.rule, self.verdict) = (metric, rule, verdict)
    (self.effect, self.interval, self.seeds, self.command) = (effect, interval, seeds, command)
  }

  /// Whether the claim fails a build, as a theorem or law does that does not hold.
  public var failsBuild: Bool { tier != .empirical && verdict != .holds }
}
