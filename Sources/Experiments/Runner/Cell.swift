/// One piece of work of an experiment: a stage at one seed.
public struct Cell: Hashable, Sendable {
  /// The seed that names its data and randomness.
  public var seed: Int
  /// What is done.
  public var stage: Stage

  /// A stage at a seed.
  public init(seed: Int, stage: Stage) { (self.seed, self.stage) = (seed, stage) }

  /// The cell's folder within the run folder.
  public var path: String {
    switch stage {
    case .sft: "seed-\(seed)/sft"
    case .data: "data/seed-\(seed)"
    case .reward: "seed-\(seed)/reward"
    case .arm(let slug): "seed-\(seed)/\(slug)"
    }
  }
}

/// What a cell does.
public enum Stage: Hashable, Sendable {
  /// Fine-tunes the reference.
  case sft
  /// Samples completions from the reference and labels pairs of them.
  case data
  /// Fits the reward model to the pairs.
  case reward
  /// Trains the arm with this slug, or runs it where there is nothing to train.
  case arm(String)
}
