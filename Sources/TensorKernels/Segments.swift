/// Sequences of different lengths laid end to end: the row ranges of a packed batch.
public struct Segments: Sendable, Equatable {
  /// Where each segment begins, and at the end the total: one more value than segments.
  public let offsets: [Int]

  /// Lays segments of these lengths end to end.
  public init(lengths: [Int]) {
    var offsets = [0]
    offsets.reserveCapacity(lengths.count + 1)
    var total = 0
    for length in lengths {
      precondition(length >= 0, "a segment of \(length) rows")
      total += length
      offsets.append(total)
    }
    self.offsets = offsets
  }

  /// The number of segments.
  public var count: Int { offsets.count - 1 }

  /// The number of rows in all segments together.
  public var total: Int { offsets[offsets.count - 1] }

  /// The rows of one segment.
  public subscript(i: Int) -> Range<Int> { offsets[i]..<offsets[i + 1] }

  /// The length of every segment.
  public var lengths: [Int] { (0..<count).map { self[$0].count } }
}
