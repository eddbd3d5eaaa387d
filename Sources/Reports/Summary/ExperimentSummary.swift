import Evaluation
package import LanguageModel
package import Tasks

/// What an experiment found, small enough to commit; every number of a report comes from here or from `curves.csv`.
package struct ExperimentSummary: Codable, Sendable {
  /// The version of this layout.
  package var schema = "tandem.summary/1"
  /// The experiment in words.
  package var facts: SpecificationFacts
  /// The reference policy π_ref itself: the mean of each evaluation value over seeds.
  package var reference: [String: Estimate]
  /// The arms, in the order of the specification.
  package var arms: [ArmSummary]
  /// Paired differences between arms and against the reference.
  package var comparisons: [Comparison]
  /// The judge's reward where two arms have spent the same KL or the same FLOPs.
  package var matched: [MatchedComparison]
  /// Finished runs of methods that were swept, compared over KL; nil, and not written, without a sweep.
  package var frontier: FrontierSummary?
  /// The reward model over seeds, where one was trained.
  package var rewardModel: [String: Estimate]
  /// The step-0 checks, the worst seed of each.
  package var certificate: [CertificateSummary]
  /// What the intervals of this summary really cover at this number of seeds, from simulation.
  package var coverage: [CoverageSummary]
  /// How a user's pairs were cut, a sentence each.
  package var dataNotes: [String]?
  /// What decides whether each arm's runs may be concluded from; nil in summaries of before it was kept.
  package var evidence: [ArmEvidence]?

  /// Who judges the arms; nil where no evaluation holds what the experiment's judge gives.
  package var judge: Judge? {
    let judge = facts.judge ?? .gold
    let isJudged = arms.contains { $0.final[judge.rewardKey] != nil }
    return isJudged || reference[judge.rewardKey] != nil ? judge : nil
  }

  /// The most seeds that any arm was run with.
  package var runCount: Int { arms.map { $0.completed + $0.diverged }.max() ?? 0 }
}

/// An estimate over seeds with its interval.
package struct Estimate: Codable, Sendable, Equatable {
  /// The mean over seeds.
  package var mean: Double
  /// The lower end of its 95 % interval: Student's t, or the stratified bootstrap for an IQM.
  ///
  /// The bootstrap as well for what is a property of all runs at once. NaN where no interval is known to
  /// hold what it promises; of one seed, whose `n` says so, the value itself.
  package var low: Double
  /// The upper end of its 95 % interval.
  package var high: Double
  /// The number of seeds behind it.
  package var n: Int

  /// An estimate over `n` seeds with its interval.
  package init(mean: Double, low: Double, high: Double, n: Int) {
    (self.mean, self.low, self.high, self.n) = (mean, low, high, n)
  }
}

/// One arm over its seeds.
package struct ArmSummary: Codable, Sendable {
  /// The arm's name.
  package var name: String
  /// Its method.
  package var method: String
  /// Seeds that ran to their last step.
  package var completed: Int
  /// Seeds that met a non-finite number; they stay in the count, with their last finite evaluation.
  package var diverged: Int
  /// Seeds whose policy ended collapsed, by the rule of Evaluation's `isCollapsed`.
  package var collapsed: Int
  /// The last evaluation of each seed.
  package var final: [String: Estimate]
  /// Stability metrics over training.
  package var stability: [String: Estimate]
  /// What a seed spent, mean over seeds, its shared stages left out.
  package var cost: Cost
}

/// The paired difference of two arms in one value.
package struct Comparison: Codable, Sendable {
  /// The arm from which is subtracted.
  package var first: String
  /// The arm that is subtracted; `SFT` is the reference policy.
  package var second: String
  /// The value compared, such as `eval/gold_reward`.
  package var metric: String
  /// first − second, paired by seed, with Student's interval.
  package var difference: Estimate
  /// The interquartile mean of the same differences, with its bootstrap interval, Agarwal (2021).
  package var interquartileMean: Estimate
  /// The probability that a run of `first` beats a run of `second`, Agarwal (2021).
  package var probabilityOfImprovement: Double
  /// The lower end of its 95 % bootstrap interval.
  package var probabilityLow: Double
  /// The upper end of its 95 % bootstrap interval.
  package var probabilityHigh: Double
  /// The exact two-sided p-value of the paired sign-flip test.
  package var signFlipP: Double
}

/// One step-0 check over all cells that made it.
package struct CertificateSummary: Codable, Sendable {
  /// What is checked.
  package var name: String
  /// The value that theory demands.
  package var expected: Double
  /// The measured value farthest from it.
  package var worst: Double
  /// The tolerance.
  package var tolerance: Double
  /// How many cells made the check.
  package var cells: Int
  /// How many passed.
  package var passed: Int
}

/// What a nominal 95 % interval covers at a number of seeds.
package struct CoverageSummary: Codable, Sendable {
  /// The interval's kind.
  package var interval: String
  /// The data that were simulated.
  package var data: String
  /// The number of seeds.
  package var n: Int
  /// The share of simulated experiments whose interval held the true value.
  package var coverage: Double
}
