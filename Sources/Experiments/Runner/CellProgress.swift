/// How far a cell is, for those who wait.
public struct CellProgress: Sendable, Equatable {
  /// The cell.
  public var cell: Cell
  /// Its share of work done, from 0 to 1.
  public var fraction: Double
  /// The step it is at, where it counts steps.
  public var step: Int?
  /// A number worth watching, such as the loss, with its name.
  public var note: String?
  /// Whether the cell was finished before this run began.
  public var isFromEarlierRun: Bool

  /// A cell's progress.
  public init(
    cell: Cell, fraction: Double, step: Int? = nil, note: String? = nil,
    isFromEarlierRun: Bool = false
  ) {
    (self.cell, self.fraction, self.step) = (cell, fraction, step)
    (self.note, self.isFromEarlierRun) = (note, isFromEarlierRun)
  }
}
