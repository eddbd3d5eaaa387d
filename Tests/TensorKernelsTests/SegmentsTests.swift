import TensorKernels
import Testing

@Suite struct SegmentsTests {
  @Test func segmentsLieEndToEnd() {
    let segments = Segments(lengths: [3, 0, 2])
    #expect(segments.offsets == [0, 3, 3, 5])
    #expect(segments.count == 3)
    #expect(segments.total == 5)
    #expect(segments[0] == 0..<3)
    #expect(segments[1].isEmpty)
    #expect(segments[2] == 3..<5)
    #expect(segments.lengths == [3, 0, 2])
  }

  @Test func noSegmentsHaveNoRows() {
    let segments = Segments(lengths: [])
    #expect(segments.count == 0)
    #expect(segments.total == 0)
    #expect(segments.lengths.isEmpty)
  }

  @Test func segmentsAreEqualWhenTheirLengthsAre() {
    #expect(Segments(lengths: [1, 2]) == Segments(lengths: [1, 2]))
    #expect(Segments(lengths: [1, 2]) != Segments(lengths: [2, 1]))
  }
}
