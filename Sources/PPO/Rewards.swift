public import TensorKernels

// From what the reward function says to a reward for every slot, in this order: scores are shaped,
// a missing end token is punished, and the KL penalty of each token is added.

/// How scores are scaled before anything else is done to them.
public enum ScoreScaling: String, Codable, Sendable, CaseIterable {
  /// As the reward function gives them.
  case none
  /// Divided by the running deviation of all scores so far: legacy TRL's `use_score_scaling`, trlx.
  case runningDeviation = "running-deviation"
  /// The running mean subtracted as well: legacy TRL's `use_score_norm` on top.
  case runningNormal = "running-normal"
}

/// The moments of everything seen so far, batch by batch.
///
///     M₂ ← M₂ + M₂ᴮ + δ²·n·m/(n + m)        δ = meanᴮ − mean        Chan (1979), equation 2.1
///
/// They decide scores of later batches; hence a run's objective drifts with them, and an optimum in
/// closed form is known only without them.
public struct RunningMoments: Sendable, Equatable {
  /// The mean of all numbers so far.
  public private(set) var mean = 0.0
  /// How many numbers there were.
  public private(set) var count = 0
  private var squares = 0.0

  /// The moments of nothing.
  public init() {}

  /// Adds a batch.
  public mutating func add(_ values: [Double]) {
    guard !values.isEmpty else { return }
    let batch = Moments(values)
    let (old, new) = (Double(count), Double(values.count))
    let difference = batch.mean - mean
    squares += batch.variance * (new - 1) + difference * difference * old * new / (old + new)
    mean += difference * new / (old + new)
    count += values.count
  }

  /// The standard deviation with Bessel's correction; zero of fewer than two numbers.
  public var standardDeviation: Double {
    count < 2 ? 0 : (squares / Double(count - 1)).squareRoot()
  }
}

/// Scales and clips the scores of one batch after another.
///
///     s ← clip((s − m)/(σ + 10⁻⁸), −c, c)        m = 0 unless normal, σ = 1 unless scaled
///
/// The batch itself is part of the running moments, as in legacy TRL; clipping comes last.
public struct ScoreShaper: Sendable {
  private let scaling: ScoreScaling
  private let bound: Double?
  private var moments = RunningMoments()

  /// A shaper that has seen no scores.
  public init(scaling: ScoreScaling, bound: Double?) {
    (self.scaling, self.bound) = (scaling, bound)
  }

  /// The scores of the next batch, shaped.
  public mutating func callAsFunction(_ scores: [Double]) -> [Double] {
    var shaped = scores
    if scaling != .none {
      moments.add(scores)
      let shift = scaling == .runningNormal ? moments.mean : 0
      let scale = moments.standardDeviation + 1e-8
      shaped = scores.map { ($0 - shift) / scale }
    }
    guard let bound else { return shaped }
    return shaped.map { min(max($0, -bound), bound) }
  }
}

/// What the penalty of a missing end token does to the score.
public enum MissingEndRule: String, Codable, Sendable, CaseIterable {
  /// The score less the penalty: TRL's `missing_eos_penalty`.
  case subtract
  /// Minus the penalty in the place of the score: Huang (2024), detail 23, with a penalty of 1.
  case set

  /// The scores under this rule; without a penalty they stay.
  public func callAsFunction<Scalar: TensorScalar>(
    _ scores: [Scalar], penalty: Scalar?, unlessEnded hasEnded: [Bool]
  ) -> [Scalar] {
    precondition(scores.count == hasEnded.count, "\(scores.count) scores, \(hasEnded.count) ends")
    guard let penalty else { return scores }
    return zip(scores, hasEnded).map { score, hasEnded in
      guard !hasEnded else { return score }
      return switch self {
      case .subtract: score - penalty
      case .set: -penalty
      }
    }
  }
}

/// The slot that a completion's score falls on.
public enum ScorePosition: String, Codable, Sendable, CaseIterable {
  /// One past the last token where there is room, as in TRL: the state after the end has a value.
  case afterEnd = "after-end"
  /// The last token: legacy TRL, OpenRLHF, verl, and Ziegler's code, whose completions all fill the width.
  case lastToken = "last-token"
}

/// The reward of each value slot of one completion, Ziegler (2019), equation 2, token by token.
///
///     rₜ = −β·KLₜ  for each token        r_last += score
///
/// The score falls on the last slot, which is one past the end token where there is room and the
/// last token otherwise (TRL's `actual_end`); other trainers put it on the last token always.
public func tokenRewards<Scalar: TensorScalar>(
  klEstimates: [Scalar], score: Scalar, klPenalty: Scalar, slots: Int
) -> [Scalar] {
  precondition(
    slots == klEstimates.count || slots == klEstimates.count + 1,
    "\(slots) slots for \(klEstimates.count) tokens")
  var rewards = klEstimates.map { -klPenalty * $0 }
  if slots > rewards.count { rewards.append(0) }
  if let last = rewards.indices.last { rewards[last] += score }
  return rewards
}

/// The rewards of a batch of rollouts, before any baseline.
///
/// The KL penalty is in them, unless it acts in the loss (``KLPlacement``).
/// Rows are completions. KL estimates have a column for each token, rewards one for each value slot.
public struct PenalizedRewards<Scalar: TensorScalar>: Sendable {
  /// The KL estimate of each token.
  public let klEstimates: [[Scalar]]
  /// The scores after the missing-end penalty.
  public let scores: [Scalar]
  /// The reward of each slot, penalty and score together.
  public let slots: [[Scalar]]

  /// Joins scores and penalties.
  ///
  /// - Parameters:
  ///   - layout: The tokens and slots of the completions.
  ///   - logProbabilities: log π of each token under the policy that sampled it.
  ///   - reference: log π₀ of each token.
  ///   - scores: What the reward function says of each completion.
  ///   - hasEnded: Whether each completion has an end token.
  ///   - klPenalty: The strength β, which a controller may have moved.
  ///   - configuration: Everything else.
  public init(
    layout: CompletionLayout, logProbabilities: [[Scalar]], reference: [[Scalar]],
    scores: [Scalar], hasEnded: [Bool], klPenalty: Scalar, configuration: PPOConfiguration
  ) {
    layout.check(tokenRows: logProbabilities)
    layout.check(tokenRows: reference)
    let estimates = zip(logProbabilities, reference).map {
      configuration.klEstimator(policy: $0, reference: $1)
    }
    let penalised = configuration.missingEndRule(
      scores, penalty: configuration.missingEndPenalty.map { Scalar($0) }, unlessEnded: hasEnded)
    let inReward = configuration.klPlacement == .reward ? klPenalty : 0
    let plainRewards = estimates.indices.map { i in
      tokenRewards(
        klEstimates: estimates[i], score: penalised[i], klPenalty: inReward,
        slots: layout.slotCount(of: i))
    }
    (klEstimates, self.scores) = (estimates, penalised)
    slots =
      configuration.whitensRewards
      ? whitenedKeepingMean(plainRewards, variance: configuration.whiteningVariance) : plainRewards
  }

  /// The return of each completion, R = r − β·Σₜ KLₜ, all its slots together.
  public var returns: [Double] {
    slots.map { row in row.reduce(0.0) { $0 + Double($1) } }
  }
}

extension CompletionLayout {
  func check<Scalar>(tokenRows rows: [[Scalar]]) {
    precondition(rows.map(\.count) == tokenCounts, "rows that are not the \(tokenCounts) tokens")
  }

  func check<Scalar>(slotRows rows: [[Scalar]]) {
    precondition(rows.map(\.count) == slotCounts, "rows that are not the \(slotCounts) slots")
  }
}
