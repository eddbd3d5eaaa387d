import Foundation
import TensorKernels
import TestSupport
import Testing

@Suite struct VectorMathTests {
  @Test func exponentialsOfABufferAreThoseOfItsValues() {
    let input: [Float] = wave(1003, phase: 1).map { 60 * $0 }
    let result = output(1003) { exponentials(input.span, into: &$0) }
    #expect(result == input.map { Float.exponential($0) })
  }

  @Test func logarithmsUndoExponentials() {
    let input: [Double] = wave(101, phase: 2)
    let grown = output(101) { exponentials(input.span, into: &$0) }
    let back = output(101) { logarithms(grown.span, into: &$0) }
    #expect(largestDifference(back, input) < 1e-15)
  }

  @Test(arguments: [0, 0.5, -0.5, 10, -10, 88, -88, 103, -103, 500, -500, 1e6, -1e6])
  func logSigmoidIsRightFarFromZero(x: Double) {
    // The other form of the formula: −log(1 + e⁻ˣ) = x − log(1 + eˣ), whichever does not overflow.
    let expected = x >= 0 ? -log1p(exp(-x)) : x - log1p(exp(x))
    #expect(logSigmoid(x) == expected)
    #expect(abs(Double(logSigmoid(Float(x))) - expected) <= 1e-6 * max(1e-30, abs(expected)))
  }

  @Test func logSigmoidOfZeroIsMinusLogTwo() {
    #expect(logSigmoid(0.0) == -log(2))
    #expect(abs(logSigmoid(Float(0)) + Float(log(2.0))) < 1e-7)
  }

  @Test func sigmoidIsSymmetricAroundOneHalf() {
    #expect(sigmoid(0.0) == 0.5)
    for x in [0.1, 1, 5, 20] { #expect(abs(sigmoid(x) + sigmoid(-x) - 1) < 1e-15) }
    #expect(sigmoid(Float(-1000)) == 0)
    #expect(sigmoid(Float(1000)) == 1)
  }

  @Test func derivativesAddToWhatIsThere() {
    let (x, slope): ([Double], [Double]) = ([0.5, 2], [3, -1])
    let logarithm = output(2, startingAt: 10) {
      logarithmsDerivative(x.span, outputGradient: slope.span, into: &$0)
    }
    #expect(logarithm == [16, 9.5])
    let logistic = output(2, startingAt: 10) {
      logSigmoidsDerivative(x.span, outputGradient: slope.span, into: &$0)
    }
    let expected = [10 + 3 / (1 + exp(0.5)), 10 - 1 / (1 + exp(2.0))]
    #expect(largestDifference(logistic, expected) < 1e-14)
  }

  @Test func logSigmoidDerivativeIsBoundedAtTheExtremes() {
    let x: [Float] = [-500, 500, -.infinity, .infinity]
    let one = [Float](repeating: 1, count: 4)
    let result = output(4) {
      logSigmoidsDerivative(x.span, outputGradient: one.span, into: &$0)
    }
    #expect(result == [1, 0, 1, 0])
  }
}
