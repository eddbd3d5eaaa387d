import Foundation
import TensorKernels
import TestSupport
import Testing

@Suite struct AttentionTests {
  private struct Inputs<Scalar: BLASScalar> {
    var (queries, keys, values): ([Scalar], [Scalar], [Scalar])
    let shape: AttentionShape

    init(_ shape: AttentionShape, phase: Double = 0) {
      let (rows, width) = (shape.segments.total, shape.headDimension)
      self.shape = shape
      queries = wave(rows * shape.heads * width, phase: phase + 1).map { 3 * $0 }
      keys = wave(rows * shape.keyValueHeads * width, phase: phase + 2)
      values = wave(rows * shape.keyValueHeads * width, phase: phase + 3)
    }

    func attend() -> [Scalar] {
      var weights = [Scalar](repeating: .nan, count: shape.weightCount)
      var span = weights.mutableSpan
      return output(queries.count, startingAt: .nan) {
        causalAttention(
          queries: queries.span, keys: keys.span, values: values.span, shape: shape, into: &$0,
          weights: &span)
      }
    }

    /// The definition, one scalar at a time.
    func attendNaively() -> [Double] {
      let (width, heads, keyHeads) = (shape.headDimension, shape.heads, shape.keyValueHeads)
      var result = [Double](repeating: 0, count: queries.count)
      for s in 0..<shape.segments.count {
        for (i, h) in shape.segments[s].flatMap({ i in (0..<heads).map { (i, $0) } }) {
          let seen = shape.segments[s].lowerBound...i
          let g = h / (heads / keyHeads)
          func key(_ j: Int, _ d: Int) -> Int { (j * keyHeads + g) * width + d }
          let scores = seen.map { j in
            (0..<width).reduce(0.0) {
              $0 + Double(queries[(i * heads + h) * width + $1]) * Double(keys[key(j, $1)])
            } / sqrt(Double(width))
          }
          let total = scores.reduce(0) { $0 + exp($1) }
          for (score, j) in zip(scores, seen) {
            for d in 0..<width {
              result[(i * heads + h) * width + d] += exp(score) / total * Double(values[key(j, d)])
            }
          }
        }
      }
      return result
    }
  }

  private static let shapes = [
    AttentionShape(
      segments: Segments(lengths: [5, 1, 12]), heads: 2, keyValueHeads: 2, headDimension: 32),
    AttentionShape(
      segments: Segments(lengths: [3, 9]), heads: 4, keyValueHeads: 2, headDimension: 8),
    AttentionShape(
      segments: Segments(lengths: [20]), heads: 3, keyValueHeads: 1, headDimension: 7),
    AttentionShape(
      segments: Segments(lengths: [2, 0, 4]), heads: 1, keyValueHeads: 1, headDimension: 44),
  ]

  @Test(arguments: shapes)
  func itAgreesWithItsDefinition(shape: AttentionShape) {
    let wide = Inputs<Double>(shape)
    #expect(largestDifference(wide.attend(), wide.attendNaively()) < 1e-14)
    let narrow = Inputs<Float>(shape)
    let expected = narrow.attendNaively().map { Float($0) }
    #expect(largestDifference(narrow.attend(), expected) < 2e-6)
  }

  @Test func aSegmentSeesNothingOfItsNeighbours() {
    let shape = AttentionShape(
      segments: Segments(lengths: [4, 6, 3]), heads: 2, keyValueHeads: 1, headDimension: 16)
    let one = Inputs<Float>(shape)
    var other = Inputs<Float>(shape, phase: 50)
    // The middle segment is the same in both batches; everything around it differs.
    other.queries.replaceSubrange(4 * 32..<10 * 32, with: one.queries[4 * 32..<10 * 32])
    other.keys.replaceSubrange(4 * 16..<10 * 16, with: one.keys[4 * 16..<10 * 16])
    other.values.replaceSubrange(4 * 16..<10 * 16, with: one.values[4 * 16..<10 * 16])
    let (first, second) = (one.attend(), other.attend())
    #expect(first[4 * 32..<10 * 32] == second[4 * 32..<10 * 32])
    #expect(first[..<(4 * 32)] != second[..<(4 * 32)])
  }

  @Test func aTokenSeesNothingAfterIt() {
    let shape = AttentionShape(
      segments: Segments(lengths: [8]), heads: 2, keyValueHeads: 2, headDimension: 8)
    let one = Inputs<Float>(shape)
    var other = one
    for i in 5 * 16..<8 * 16 {
      other.keys[i] = .nan
      other.values[i] = .nan
    }
    #expect(one.attend()[..<(5 * 16)] == other.attend()[..<(5 * 16)])
  }

  @Test func theFirstTokenReturnsItsOwnValue() {
    let shape = AttentionShape(
      segments: Segments(lengths: [1, 1]), heads: 2, keyValueHeads: 2, headDimension: 4)
    let inputs = Inputs<Double>(shape)
    #expect(inputs.attend() == inputs.values)
  }

  @Test func veryLargeScoresPickTheLargest() {
    let shape = AttentionShape(
      segments: Segments(lengths: [3]), heads: 1, keyValueHeads: 1, headDimension: 1)
    var inputs = Inputs<Float>(shape)
    inputs.queries = [1000, 1000, 1000]
    inputs.keys = [1, 3, 2]
    inputs.values = [5, 6, 7]
    #expect(inputs.attend() == [5, 6, 6])
  }

  @Test(arguments: shapes)
  func theCachedStepEqualsTheLastRow(shape: AttentionShape) {
    let inputs = Inputs<Float>(shape)
    let full = inputs.attend()
    let last = shape.segments[shape.segments.count - 1]
    let (wide, narrow) = (
      shape.heads * shape.headDimension, shape.keyValueHeads * shape.headDimension
    )
    let query = Array(inputs.queries[(last.upperBound - 1) * wide..<last.upperBound * wide])
    let keys = Array(inputs.keys[last.lowerBound * narrow..<last.upperBound * narrow])
    let values = Array(inputs.values[last.lowerBound * narrow..<last.upperBound * narrow])
    var scores = [Float](repeating: 0, count: last.count)
    var span = scores.mutableSpan
    let step = output(wide) {
      cachedAttention(
        query: query.span, keys: keys.span, values: values.span, length: last.count, shape: shape,
        into: &$0, scores: &span)
    }
    let lastRow = Array(full[(last.upperBound - 1) * wide..<last.upperBound * wide])
    #expect(largestDifference(step, lastRow) < 1e-6)
  }
}
