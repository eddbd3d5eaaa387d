public import LanguageModel

/// What an experiment found, small enough to commit; every number of a report comes from here or from `curves.csv`.
public struct ExperimentSummary: Codable, Sendable {
  /// The version of this layout.
  public var schema = "tandem.summary/1"
  /// The experiment in words.
  public var facts: SpecificationFacts
  /// The reference policy π_ref itself: the mean of each evaluation value over seeds.
  public var reference: [String: Estimate]
  /// The arms, in the order of the specification.
  public var arms: [ArmSummary]
  /// Paired differences between arms and against the reference.
  public var comparisons: [Comparison]
  /// Gold reward where two arms have spent the same KL or the same FLOPs.
  public var matched: [MatchedComparison]
  /// The reward model over seeds, where one was trained.
  public var rewardModel: [String: Estimate]
  /// The step-0 checks, the worst seed of each.
  public var certificate: [CertificateSummary]
  /// What the intervals of this summary really cover at this number of seeds, from simulation.
  public var coverage: [CoverageSummary]
}

/// An estimate over seeds with its interval.
public struct Estimate: Codable, Sendable, Equatable {
  /// The mean over seeds.
  public var mean: Double
  /// The lower end of its 95 % interval: Student's t, or the stratified bootstrap for an IQM.
  public var low: Double
  /// The upper end of its 95 % interval.
  public var high: Double
  /// The number of seeds behind it.
  public var n: Int
}

/// One arm over its seeds.
public struct ArmSummary: Codable, Sendable {
  /// The arm's name.
  public var name: String
  /// Its method.
  public var method: String
  /// Seeds that ran to their last step.
  public var completed: Int
  /// Seeds that met a non-finite number; they stay in the count, with their last finite evaluation.
  public var diverged: Int
  /// Seeds whose policy ended collapsed, by the rule of Evaluation's `isCollapsed`.
  public var collapsed: Int
  /// The last evaluation of each seed.
  public var final: [String: Estimate]
  /// Stability metrics over training.
  public var stability: [String: Estimate]
  /// What a seed spent, mean over seeds, its shared stages left out.
  public var cost: Cost
}

/// The paired difference of two arms in one value.
public struct Comparison: Codable, Sendable {
  /// The arm from which is subtracted.
  public var first: String
  /// The arm that is subtracted; `SFT` is the reference policy.
  public var second: String
  /// The value compared, such as `eval/gold_reward`.
  public var metric: String
  /// first − second, paired by seed, with Student's interval.
  public var difference: Estimate
  /// The interquartile mean of the same differences, with its bootstrap interval, Agarwal (2021).
  public var interquartileMean: Estimate
  /// The probability that a run of `first` beats a run of `second`, Agarwal (2021).
  public var probabilityOfImprovement: Double
  /// The lower end of its 95 % bootstrap interval.
  public var probabilityLow: Double
  /// The upper end of its 95 % bootstrap interval.
  public var probabilityHigh: Double
  /// The exact two-sided p-value of the paired sign-flip test.
  public var signFlipP: Double
}

/// Gold reward of two arms at the same KL or the same cost.
public struct MatchedComparison: Codable, Sendable {
  /// What is matched: `kl` in nats or `flops`.
  public var axis: String
  /// The value at which the arms are read.
  public var at: Double
  /// The arm from which is subtracted.
  public var first: String
  /// The arm that is subtracted.
  public var second: String
  /// The gold reward of the first arm, over the seeds in which both arms reach this value.
  public var firstGold: Double
  /// The gold reward of the second arm over the same seeds.
  public var secondGold: Double
  /// first − second, mean over the pairs of a seed.
  public var difference: Double
  /// The lower end of the 95 % interval of the paired difference; nil where one seed is left.
  public var low: Double?
  /// The upper end of the 95 % interval of the paired difference; nil where one seed is left.
  public var high: Double?
  /// The seeds in which both arms reach this value.
  public var seeds: Int
  /// The seeds in which one of them does not, and which are left out.
  public var absent: Int
}

/// One step-0 check over all cells that made it.
public struct CertificateSummary: Codable, Sendable {
  /// What is checked.
  public var name: String
  /// The value that theory demands.
  public var expected: Double
  /// The measured value farthest from it.
  public var worst: Double
  /// The tolerance.
  public var tolerance: Double
  /// How many cells made the check.
  public var cells: Int
  /// How many passed.
  public var passed: Int
}

/// What a nominal 95 % interval covers at a number of seeds.
public struct CoverageSummary: Codable, Sendable {
  /// The interval's kind.
  public var interval: String
  /// The data that were simulated.
  public var data: String
  /// The number of seeds.
  public var n: Int
  /// The share of simulated experiments whose interval held the true value.
  public var coverage: Double
}
