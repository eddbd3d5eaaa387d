/// One piece of work of an experiment: a stage at one seed.
package struct Cell: Hashable, Sendable {
  /// The seed that names its data and randomness.
  package var seed: Int
  /// What is done.
  package var stage: Stage

  /// A stage at a seed.
  package init(seed: Int, stage: Stage) { (self.seed, self.stage) = (seed, stage) }

  /// The cell's folder within the run folder.
  package var path: String {
    switch stage {
    case .sft: "seed-\(seed)/sft"
    case .data: "data/seed-\(seed)"
    case .reward: "seed-\(seed)/reward"
    case .referee: "seed-\(seed)/referee"
    case .arm(let slug): "seed-\(seed)/\(slug)"
    }
  }
}

/// What a cell does.
package enum Stage: Hashable, Sendable {
  /// Fine-tunes the reference.
  case sft
  /// Samples completions from the reference and labels pairs of them.
  case data
  /// Fits the reward model to the pairs.
  case reward
  /// Fits the referee of a user's pairs, which judges all arms.
  case referee
  /// Trains the arm with this slug, or runs it where there is nothing to train.
  case arm(String)
}

/// How far a cell is, for those who wait.
package struct CellProgress: Sendable, Equatable {
  /// The cell.
  package var cell: Cell
  /// Its share of work done, from 0 to 1.
  package var fraction: Double
  /// The step it is at, where it counts steps.
  package var step: Int?
  /// A number worth watching, such as the loss, with its name.
  package var note: String?
  /// Whether the cell was finished before this run began.
  package var isFromEarlierRun: Bool

  /// A cell's progress.
  package init(
    cell: Cell, fraction: Double, step: Int? = nil, note: String? = nil,
    isFromEarlierRun: Bool = false
  ) {
    (self.cell, self.fraction, self.step) = (cell, fraction, step)
    (self.note, self.isFromEarlierRun) = (note, isFromEarlierRun)
  }
}

/// The seconds that each cell took, by its path in the run folder.
package typealias CellTimings = [String: Double]
