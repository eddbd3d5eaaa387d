import Foundation
import TensorKernels
import TestSupport
import Testing

@Suite struct RMSNormTests {
  @Test func everyRowHasRootMeanSquareOneBeforeItsGain() {
    let input: [Double] = wave(5 * 19, phase: 1).map { 7 * $0 }
    let gain = [Double](repeating: 1, count: 19)
    var scales = [Double](repeating: 0, count: 5)
    var span = scales.mutableSpan
    let result = output(5 * 19) {
      rmsNorm(input.span, gain: gain.span, epsilon: 0, into: &$0, scales: &span)
    }
    for row in 0..<5 {
      let values = result[row * 19..<(row + 1) * 19]
      #expect(abs(values.reduce(0) { $0 + $1 * $1 } / 19 - 1) < 1e-13)
    }
  }

  @Test func theFormulaHoldsWithGainAndEpsilon() {
    // One row (3, 4): mean square 12.5, epsilon 0.5, so the scale is 1/√13.
    let (input, gain): ([Double], [Double]) = ([3, 4], [2, -1])
    var scales = [0.0]
    var span = scales.mutableSpan
    let result = output(2) {
      rmsNorm(input.span, gain: gain.span, epsilon: 0.5, into: &$0, scales: &span)
    }
    #expect(largestDifference(result, [6 / sqrt(13), -4 / sqrt(13)]) < 1e-15)
    #expect(abs(scales[0] - 1 / sqrt(13)) < 1e-15)
  }

  @Test func aRowOfZerosStaysFinite() {
    let (input, gain): ([Float], [Float]) = ([0, 0], [1, 1])
    var scales: [Float] = [0]
    var span = scales.mutableSpan
    let result = output(2) {
      rmsNorm(input.span, gain: gain.span, epsilon: 1e-5, into: &$0, scales: &span)
    }
    #expect(result == [0, 0])
  }
}

@Suite struct SwiGLUTests {
  @Test func itIsTheGateTimesItsSigmoidTimesUp() {
    let gateAndUp: [Double] = [0, 1, -2, 5, 3, 0.5]
    let result = output(3) { swiGLU(gateAndUp.span, width: 3, into: &$0) }
    let expected = [0, 3 / (1 + exp(-1.0)), -1 / (1 + exp(2.0))]
    #expect(largestDifference(result, expected) < 1e-15)
  }

  @Test func itIsLinearOrZeroFarFromTheOriginAndKeepsNaN() {
    let gateAndUp: [Float] = [200, -200, 1000, -1000, .nan].flatMap { [$0, 1] }
    let result = output(5) { swiGLU(gateAndUp.span, width: 1, into: &$0) }
    #expect(result[0] == 200 && result[2] == 1000)
    #expect(abs(result[1]) < 1e-30 && abs(result[3]) < 1e-30)
    #expect(result[4].isNaN)
  }
}

@Suite struct RotaryTests {
  @Test func anglesFallFromPairToPair() {
    // Pair i of a head of six is (i, i + 3); its angle at position 7 is 7·100^(−2i/6).
    let table = RotaryTable<Double>(positions: 50, headDimension: 6, base: 100)
    for i in 0..<3 {
      let angle = 7 * pow(100, -2 * Double(i) / 6)
      #expect(abs(table.cosines[7 * 3 + i] - cos(angle)) < 1e-14)
      #expect(abs(table.sines[7 * 3 + i] - sin(angle)) < 1e-14)
    }
    #expect(table.cosines.count == 150 && table.sines.count == 150)
    #expect(table.cosines[..<3].allSatisfy { $0 == 1 } && table.sines[..<3].allSatisfy { $0 == 0 })
  }

  @Test func farPositionsKeepTheirAngles() {
    let table = RotaryTable<Float>(positions: 5000, headDimension: 2, base: 1e4)
    #expect(abs(Double(table.cosines[4999]) - cos(4999.0)) < 1e-7)
  }
}
