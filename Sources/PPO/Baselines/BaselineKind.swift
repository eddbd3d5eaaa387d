public import Training

/// The baselines under their names: one vocabulary for settings, explanations and reports.
///
/// A kind is declared in the file of its baseline; it joins the list with its line in ``allCases``.
public struct BaselineKind: RawRepresentable, Codable, Hashable, Sendable, CaseIterable {
  /// Every baseline, in the order in which they are listed.
  public static let allCases: [BaselineKind] = [
    .none, .datasetMean, .batchMean, .referenceSample, .logMeanExponential, .groupMean,
    .leaveOneOut, .learnedValue, .softValue, .policyValue, .optimal,
  ]

  /// The name in a specification.
  public let rawValue: String
  /// What settings it needs, and what it is computed from.
  public let needs: BaselineNeeds
  /// The baseline that a configuration makes of rollouts alone; nil where it needs more.
  let fromRollouts: (@Sendable (PPOConfiguration) -> any Baseline)?

  init(
    _ name: String, needs: BaselineNeeds = [],
    fromRollouts: (@Sendable (PPOConfiguration) -> any Baseline)? = nil
  ) {
    (rawValue, self.needs, self.fromRollouts) = (name, needs, fromRollouts)
  }

  /// The baseline with a name.
  public init?(rawValue: String) {
    guard let known = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = known
  }

  /// Whether two names are the same.
  public static func == (left: BaselineKind, right: BaselineKind) -> Bool {
    left.rawValue == right.rawValue
  }

  /// Hashes the name.
  public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }

  /// Whether it is a sum over all completions, which only the enumerable language can list.
  public var needsEnumeration: Bool { needs.contains(.enumeration) }
}

/// What a baseline needs of the settings, or of an experiment around them.
public struct BaselineNeeds: OptionSet, Sendable {
  /// One bit for each.
  public let rawValue: Int

  /// A set of needs.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// Two completions of each prompt or more.
  public static let groups = BaselineNeeds(rawValue: 1)
  /// Scores in the units of the reward, neither scaled nor clipped.
  public static let plainScores = BaselineNeeds(rawValue: 2)
  /// A KL penalty in the reward, towards a reference that stays.
  public static let penalizedReward = BaselineNeeds(rawValue: 4)
  /// A list of all completions.
  public static let enumeration = BaselineNeeds(rawValue: 8)
}

extension BaselineKind {
  /// ExactTheory's `SoftValue`, by enumeration.
  public static let softValue = BaselineKind("soft-value", needs: exact)
  /// ExactTheory's `PolicyValue`, by enumeration.
  public static let policyValue = BaselineKind("policy-value", needs: exact)
  /// ExactTheory's `OptimalBaseline`, by enumeration.
  public static let optimal = BaselineKind("optimal", needs: exact)

  private static let exact: BaselineNeeds = [.plainScores, .penalizedReward, .enumeration]
}

extension PPOConfiguration {
  /// The baseline that the configuration names, where rollouts alone decide it.
  ///
  /// The others have to be handed to `trainPPO`: the data set's mean needs the data set, and the
  /// exact ones need all completions.
  public func rolloutBaseline() throws(ConfigurationError) -> any Baseline {
    if let make = baseline.fromRollouts { return make(self) }
    throw .contradiction(
      baseline.needsEnumeration
        ? "the baseline '\(baseline.rawValue)' sums over all completions of a prompt, which only an "
          + "experiment on the enumerable language can; choose another baseline"
        : "the baseline '\(baseline.rawValue)' needs completions of a data set")
  }
}
