import TensorKernels
import TestSupport
import Testing

@Suite struct ElementwiseTests {
  private let a: [Double] = [1, -2, 0.5]
  private let b: [Double] = [3, 4, 0.5]

  @Test func arithmeticIsElementByElement() {
    #expect(output(3) { sums(a.span, b.span, into: &$0) } == [4, 2, 1])
    #expect(output(3) { differences(a.span, b.span, into: &$0) } == [-2, -6, 0])
    #expect(output(3) { products(a.span, b.span, into: &$0) } == [3, -8, 0.25])
    #expect(output(3) { affine(a.span, scale: 2, offset: 1, into: &$0) } == [3, -3, 2])
  }

  @Test func accumulationAddsToWhatIsThere() {
    #expect(output(3, startingAt: 10) { accumulate(a.span, into: &$0) } == [11, 8, 10.5])
    #expect(
      output(3, startingAt: 10) { accumulate(a.span, scaledBy: -2, into: &$0) } == [8, 14, 9])
    #expect(output(2, startingAt: 10) { accumulate(constant: 0.5, into: &$0) } == [10.5, 10.5])
    #expect(
      output(3, startingAt: 10) { accumulateProducts(a.span, b.span, into: &$0) }
        == [13, 2, 10.25])
    #expect(
      output(3, startingAt: 10) { accumulateProducts(a.span, b.span, scaledBy: 2, into: &$0) }
        == [16, -6, 10.5])
    #expect(output(3, startingAt: 10) { multiplyInPlace(&$0, by: 0.5) } == [5, 5, 5])
  }

  @Test func clampingKeepsTheInsideAndItsGradientIncludingTheEnds() {
    let x: [Double] = [-3, -1, 0, 1, 3]
    let (lower, upper) = ([-1, -1, -1, -1, -1] as [Double], [1, 1, 1, 1, 1] as [Double])
    let slope: [Double] = [1, 2, 3, 4, 5]
    #expect(
      output(5) { clamped(x.span, from: lower.span, to: upper.span, into: &$0) }
        == [-1, -1, 0, 1, 1])
    #expect(
      output(5) {
        clampedDerivative(
          x.span, from: lower.span, to: upper.span, outputGradient: slope.span, into: &$0)
      } == [0, 2, 3, 4, 0])
  }

  @Test func theMaximumSplitsItsGradientAtATie() {
    let slope: [Double] = [1, 1, 1]
    #expect(output(3) { maxima(a.span, b.span, into: &$0) } == [3, 4, 0.5])
    #expect(
      output(3) { maximaDerivative(a.span, b.span, outputGradient: slope.span, into: &$0) }
        == [0, 0, 0.5])
    #expect(
      output(3) { maximaDerivative(b.span, a.span, outputGradient: slope.span, into: &$0) }
        == [1, 1, 0.5])
  }

  @Test func nothingHidesNaN() {
    let nan: [Double] = [.nan, .nan, .nan]
    let clampedNaN = output(3) { clamped(nan.span, from: a.span, to: b.span, into: &$0) }
    let left = output(3) { maxima(nan.span, a.span, into: &$0) }
    let right = output(3) { maxima(a.span, nan.span, into: &$0) }
    for result in [clampedNaN, left, right] { #expect(result.allSatisfy { $0.isNaN }) }
  }
}
