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
