import Foundation
import TensorKernels
import TestSupport
import Testing

@Suite struct AttentionTests {
  private static let shapes = [
    AttentionShape(
      segments: Segments(lengths: [5, 1, 12]), heads: 2, keyValueHeads: 2, headDimension: 32),
    AttentionShape(
      segments: Segments(lengths: [3, 9]), heads: 4, keyValueHeads: 2, headDimension: 8),
    AttentionShape(
      segments: Segments(lengths: [20]), heads: 3, keyValueHeads: 1, headDimension: 6),
    AttentionShape(
      segments: Segments(lengths: [2, 0, 4]), heads: 1, keyValueHeads: 1, headDimension: 44),
    AttentionShape(
      segments: Segments(lengths: [70, 16, 33]), heads: 5, keyValueHeads: 1, headDimension: 16),
    AttentionShape(
      segments: Segments(lengths: [9, 5, 3, 0, 30]),
      prefixes: [0..<0, 0..<7, 0..<0, 0..<9, 14..<15], heads: 4, keyValueHeads: 2,
      headDimension: 8),
    AttentionShape(
      segments: Segments(lengths: [40, 17, 1, 33]), prefixes: [0..<0, 0..<16, 0..<40, 0..<3],
      heads: 2, keyValueHeads: 2, headDimension: 32),
  ]

  @Test(arguments: shapes)
  func itAgreesWithItsDefinition(shape: AttentionShape) {
    let wide = AttentionInputs<Double>(shape)
    #expect(largestDifference(wide.attend(), wide.attendNaively()) < 1e-14)
    let narrow = AttentionInputs<Float>(shape)
    let expected = narrow.attendNaively().map { Float($0) }
    #expect(largestDifference(narrow.attend(), expected) < 4e-6)
  }

  @Test func aSegmentSeesNothingOfItsNeighbours() {
    let shape = AttentionShape(
      segments: Segments(lengths: [4, 6, 3]), heads: 2, keyValueHeads: 1, headDimension: 16)
    let one = AttentionInputs<Float>(shape)
    var other = AttentionInputs<Float>(shape, phase: 50)
    // The middle segment is the same in both batches; everything around it differs.
    let middle = 4 * shape.rowColumns..<10 * shape.rowColumns
    other.rows.replaceSubrange(middle, with: one.rows[middle])
    let (first, second) = (one.attend(), other.attend())
    #expect(first[4 * 32..<10 * 32] == second[4 * 32..<10 * 32])
    #expect(first[..<(4 * 32)] != second[..<(4 * 32)])
  }

  /// Segments of 20 rows and of 9 that see the first 13 of them, and the same in full.
  @Test func rowsAfterAPrefixGetTheBitsThatTheyGetInASequenceOfTheirOwn() {
    let shared = AttentionShape(
      segments: Segments(lengths: [20, 9]), prefixes: [0..<0, 0..<13], heads: 4, keyValueHeads: 2,
      headDimension: 16)
    let apart = AttentionShape(
      segments: Segments(lengths: [20, 22]), heads: 4, keyValueHeads: 2, headDimension: 16)
    let once = AttentionInputs<Float>(shared)
    var twice = AttentionInputs<Float>(apart)
    let beginning = once.rows[..<(13 * shared.rowColumns)]
    twice.rows = once.rows
    twice.rows.insert(contentsOf: beginning, at: 20 * shared.rowColumns)
    let width = shared.queryColumns
    let (found, expected) = (once.attend(), twice.attend())
    #expect(found[..<(20 * width)] == expected[..<(20 * width)])
    #expect(found[(20 * width)...].elementsEqual(expected[(33 * width)...]))
  }

  @Test(arguments: 0..<8)
  func aTokenSeesNothingAfterIt(last: Int) {
    let shape = AttentionShape(
      segments: Segments(lengths: [8]), heads: 2, keyValueHeads: 2, headDimension: 8)
    let one = AttentionInputs<Float>(shape)
    var other = one
    for i in (last + 1) * shape.rowColumns..<8 * shape.rowColumns { other.rows[i] = 1e6 }
    let seen = ..<((last + 1) * 16)
    #expect(one.attend()[seen] == other.attend()[seen])
  }

  @Test func theFirstTokenReturnsItsOwnValue() {
    let shape = AttentionShape(
      segments: Segments(lengths: [1, 1]), heads: 2, keyValueHeads: 2, headDimension: 4)
    let inputs = AttentionInputs<Double>(shape)
    let values = (0..<2).flatMap { inputs.rows[$0 * 24 + 16..<$0 * 24 + 24] }
    #expect(inputs.attend() == values)
  }

  @Test func veryLargeScoresPickTheLargest() {
    let shape = AttentionShape(
      segments: Segments(lengths: [3]), heads: 1, keyValueHeads: 1, headDimension: 2)
    var inputs = AttentionInputs<Float>(shape)
    // A query of 1000 against keys of 1, 900 and 2, each times the cosine of its distance.
    inputs.rows = [1000, 0, 1, 0, 5, 1, 1000, 0, 900, 0, 6, 2, 1000, 0, 2, 0, 7, 3]
    #expect(inputs.attend() == [5, 1, 6, 2, 6, 2])
  }

  @Test(arguments: shapes)
  func theDerivativeIsTheSlopeOfTheDefinition(shape: AttentionShape) {
    let inputs = AttentionInputs<Double>(shape)
    let slopes: [Double] = wave(shape.segments.total * shape.queryColumns, phase: 9)
    let gradient = inputs.derivative(along: slopes)
    // Central differences along a direction that moves every value at once.
    let direction: [Double] = wave(inputs.rows.count, phase: 31)
    func loss(_ step: Double) -> Double {
      var moved = inputs
      for i in moved.rows.indices { moved.rows[i] += step * direction[i] }
      return zip(moved.attendNaively(), slopes).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let expected = (loss(1e-5) - loss(-1e-5)) / 2e-5
    let found = zip(gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(found - expected) < 1e-7 * max(1, abs(expected)))
  }

  @Test(arguments: shapes)
  func theCacheGivesEveryRowThatFullAttentionGives(shape: AttentionShape) {
    let inputs = AttentionInputs<Float>(shape)
    #expect(largestDifference(inputs.attendThroughACache(), inputs.attend()) < 1e-6)
  }
}

/// Queries, keys and values of a batch, and attention over them in several ways.
private struct AttentionInputs<Scalar: TensorScalar> {
  var rows: [Scalar]
  let shape: AttentionShape
  let table: RotaryTable<Scalar>

  init(_ shape: AttentionShape, phase: Double = 0) {
    self.shape = shape
    rows = wave(shape.segments.total * shape.rowColumns, phase: phase + 1).map { 2 * $0 }
    table = RotaryTable(positions: 80, headDimension: shape.headDimension, base: 100)
  }

  func attend() -> [Scalar] { attendKeepingWeights().output }

  private func attendKeepingWeights() -> (output: [Scalar], weights: [Scalar]) {
    var weights = [Scalar](repeating: .nan, count: shape.weightCount)
    var span = weights.mutableSpan
    let result = output(shape.segments.total * shape.queryColumns, startingAt: .nan) {
      selfAttention(rows.span, shape: shape, table: table, into: &$0, weights: &span)
    }
    return (result, weights)
  }

  func derivative(along slopes: [Scalar]) -> [Scalar] {
    let weights = attendKeepingWeights().weights
    return output(rows.count) {
      selfAttentionDerivative(
        rows.span, weights: weights.span, shape: shape, table: table, outputGradient: slopes.span,
        into: &$0)
    }
  }

  /// One row after the other, as a sampler goes; every segment has a slot.
  func attendThroughACache() -> [Scalar] {
    let cache = CacheShape(attention: shape, slots: shape.segments.count, capacity: 80)
    var keys = [Scalar](repeating: 0, count: cache.keyCount)
    var values = [Scalar](repeating: 0, count: cache.valueCount)
    var result: [Scalar] = []
    for s in 0..<shape.segments.count {
      for (position, row) in seenRows(segment: s).enumerated() {
        var places = CachePlaces()
        places.append(slot: s, position: position)
        let columns = shape.rowColumns
        let newRow = Array(rows[row * columns..<(row + 1) * columns])
        var keySpan = keys.mutableSpan
        var valueSpan = values.mutableSpan
        let queries = output(shape.queryColumns) {
          cacheRows(
            newRow.span, at: places, of: cache, table: table, keys: &keySpan, values: &valueSpan,
            queries: &$0)
        }
        let attended = output(shape.queryColumns) {
          cachedAttention(
            queries: queries.span, at: places, of: cache, keys: keys.span, values: values.span,
            into: &$0)
        }
        if shape.segments[s].contains(row) { result += attended }
      }
    }
    return result
  }

  /// The rows that a segment's last row sees.
  private func seenRows(segment: Int) -> [Int] {
    Array(shape.prefixes[segment]) + Array(shape.segments[segment])
  }

  /// The definition, one scalar at a time.
  func attendNaively() -> [Double] {
    var result: [Double] = []
    for s in 0..<shape.segments.count {
      for i in seenRows(segment: s).indices.dropFirst(shape.prefixes[s].count) {
        for head in 0..<shape.heads { result += attendNaively(segment: s, i, head) }
      }
    }
    return result
  }

  private func attendNaively(segment: Int, _ i: Int, _ head: Int) -> [Double] {
    let seen = seenRows(segment: segment)
    let width = shape.headDimension
    let keyHead = head / (shape.heads / shape.keyValueHeads)
    let query = turned(seen[i], column: head * width, position: i)
    let weights = (0...i).map { j in
      let key = turned(
        seen[j], column: shape.queryColumns + keyHead * width, position: j)
      return exp(zip(query, key).reduce(0) { $0 + $1.0 * $1.1 } / sqrt(Double(width)))
    }
    let total = weights.reduce(0, +)
    let first = shape.queryColumns + shape.keyColumns + keyHead * width
    return (0..<width).map { d in
      weights.enumerated().reduce(0) {
        $0 + $1.element / total
          * Double(rows[seen[$1.offset] * shape.rowColumns + first + d])
      }
    }
  }

  /// One head of a row, turned by cosines and sines of its own.
  private func turned(_ row: Int, column: Int, position: Int) -> [Double] {
    let (width, half) = (shape.headDimension, shape.headDimension / 2)
    let x = (0..<width).map { Double(rows[row * shape.rowColumns + column + $0]) }
    return (0..<width).map { d in
      let angle = Double(position) * pow(table.base, -2 * Double(d % half) / Double(width))
      let other = d < half ? -x[d + half] : x[d - half]
      return x[d] * cos(angle) + other * sin(angle)
    }
  }
}
