/// The size of a matrix.
public struct Shape: Hashable, Sendable, CustomStringConvertible {
  /// The number of rows.
  public var rows: Int
  /// The number of columns.
  public var columns: Int

  /// A matrix of `rows` × `columns`.
  public init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }

  /// A single value.
  public static var scalar: Shape { Shape(rows: 1, columns: 1) }

  /// The number of values.
  public var count: Int { rows * columns }

  /// The shape as `rows×columns`.
  public var description: String { "\(rows)×\(columns)" }
}
