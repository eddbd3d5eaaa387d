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
    let (gate, up): ([Double], [Double]) = ([0, 1, -2], [5, 3, 0.5])
    let result = output(3) { swiGLU(gate: gate.span, up: up.span, into: &$0) }
    let expected = [0, 3 / (1 + exp(-1.0)), -1 / (1 + exp(2.0))]
    #expect(largestDifference(result, expected) < 1e-15)
  }

  @Test func itIsLinearOrZeroFarFromTheOriginAndKeepsNaN() {
    let (gate, up): ([Float], [Float]) = ([200, -200, 1000, -1000, .nan], [1, 1, 1, 1, 1])
    let result = output(5) { swiGLU(gate: gate.span, up: up.span, into: &$0) }
    #expect(result[0] == 200 && result[2] == 1000)
    #expect(abs(result[1]) < 1e-30 && abs(result[3]) < 1e-30)
    #expect(result[4].isNaN)
  }
}

@Suite struct RotaryTests {
  private let table = RotaryTable<Double>(positions: 50, headDimension: 6, base: 100)

  private func rotate(_ x: [Double], at positions: [Int]) -> [Double] {
    output(x.count) {
      rotated(
        x.span, columns: x.count / positions.count, positions: positions, table: table, into: &$0)
    }
  }

  @Test func positionZeroRotatesNothing() {
    let x: [Double] = wave(12, phase: 1)
    #expect(rotate(x, at: [0]) == x)
  }

  @Test func halvesOfAHeadFormThePairs() {
    // Pair i of a head of six is (i, i + 3); its angle at position 7 is 7·100^(−2i/6).
    let x: [Double] = [1, 2, 3, 4, 5, 6]
    let result = rotate(x, at: [7])
    for i in 0..<3 {
      let angle = 7 * pow(100, -2 * Double(i) / 6)
      #expect(abs(result[i] - (x[i] * cos(angle) - x[i + 3] * sin(angle))) < 1e-14)
      #expect(abs(result[i + 3] - (x[i + 3] * cos(angle) + x[i] * sin(angle))) < 1e-14)
    }
  }

  @Test func scoresDependOnTheDistanceOfPositionsOnly() {
    let (q, k): ([Double], [Double]) = (wave(6, phase: 1), wave(6, phase: 2))
    func score(_ i: Int, _ j: Int) -> Double {
      zip(rotate(q, at: [i]), rotate(k, at: [j])).reduce(0) { $0 + $1.0 * $1.1 }
    }
    #expect(abs(score(9, 4) - score(45, 40)) < 1e-13)
    #expect(abs(score(9, 4) - score(9, 5)) > 1e-3)
  }

  @Test(arguments: [2, 6, 16, 20, 32])
  func rotationKeepsLengthsAtEveryHeadWidth(width: Int) {
    let table = RotaryTable<Float>(positions: 9, headDimension: width, base: 10_000)
    let x: [Float] = wave(3 * 2 * width, phase: 1)
    let result = output(x.count) {
      rotated(x.span, columns: 2 * width, positions: [8, 1, 3], table: table, into: &$0)
    }
    #expect(abs(sumOfSquares(result.span) / sumOfSquares(x.span) - 1) < 1e-6)
    #expect(largestDifference(result, x) > 0.1)
  }

  @Test func theDerivativeRotatesBack() {
    let x: [Double] = wave(24, phase: 3)
    let y = rotate(x, at: [5, 11])
    let back = output(24) {
      rotatedDerivative(
        columns: 12, positions: [5, 11], table: table, outputGradient: y.span, into: &$0)
    }
    #expect(largestDifference(back, x) < 1e-14)
  }
}
