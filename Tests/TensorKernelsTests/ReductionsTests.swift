import TensorKernels
import TestSupport
import Testing

@Suite struct ReductionsTests {
  @Test(arguments: [0, 1, 7, 8, 9, 16, 100, 1003])
  func sumsOfAnyLengthAgreeWithAPlainLoop(count: Int) {
    let (a, b): ([Double], [Double]) = (wave(count, phase: 1), wave(count, phase: 2))
    #expect(abs(sum(a.span) - a.reduce(0, +)) < 1e-12)
    let product = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(dotProduct(a.span, b.span) - product) < 1e-12)
    let squares = a.reduce(0) { $0 + $1 * $1 }
    #expect(abs(sumOfSquares(a.span) - squares) < 1e-12)
  }

  @Test func sumsOfSquaresOfFloatsAreTakenInDouble() {
    // In Float 2²⁴ + 1 = 2²⁴: the ones would vanish.
    let values = [Float(4096)] + [Float](repeating: 1, count: 1000)
    #expect(sumOfSquares(values.span) == 16_777_216 + 1000)
  }

  @Test func infinitiesAndNaNReachTheSum() {
    let (large, undefined): ([Float], [Float]) = ([1, .infinity, 2], [1, .nan])
    #expect(sum(large.span) == .infinity)
    #expect(sum(undefined.span).isNaN)
    #expect(sumOfSquares(undefined.span).isNaN)
  }

  @Test func theMeanOfNothingIsNoNumberUnlessOneIsGiven() {
    #expect(mean(of: [1, 2, 6]) == 3)
    #expect(mean(of: []).isNaN && mean(of: [], ofNone: 0) == 0)
  }

  @Test func segmentSumsAddTheRowsOfEachSegment() {
    let segments = Segments(lengths: [2, 0, 3])
    let values: [Double] = [1, 2, 10, 20, 30]
    #expect(output(3) { segmentSums(values.span, segments: segments, into: &$0) } == [3, 0, 60])
    let slopes: [Double] = [5, 6, 7]
    let gradient = output(5, startingAt: 1) {
      segmentSumsDerivative(segments: segments, outputGradient: slopes.span, into: &$0)
    }
    #expect(gradient == [6, 6, 8, 8, 8])
  }
}
