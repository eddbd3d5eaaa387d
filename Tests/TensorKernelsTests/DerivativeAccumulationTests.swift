import TensorKernels
import TestSupport
import Testing

/// Derivatives add to what earlier uses of the same value have left.
@Suite struct DerivativeAccumulationTests {
  private let rows = 6
  private let columns = 8
  private var x: [Double] { wave(rows * columns, phase: 1) }
  private var slope: [Double] { wave(rows * columns, phase: 2) }
  private var gain: [Double] { wave(columns, phase: 3) }

  /// Whether a derivative gives the same sum from another start.
  private func adds(_ count: Int, _ derivative: (inout MutableSpan<Double>) -> Void) -> Bool {
    let fresh = output(count, of: derivative)
    let later = output(count, startingAt: 10, of: derivative)
    return largestDifference(fresh.map { $0 + 10 }, later) < 1e-13 && fresh.contains { $0 != 0 }
  }

  @Test func ofTheNorm() {
    var scales = [Double](repeating: 0, count: rows)
    var span = scales.mutableSpan
    _ = output(rows * columns) {
      rmsNorm(x.span, gain: gain.span, epsilon: 1e-5, into: &$0, scales: &span)
    }
    #expect(
      adds(rows * columns) {
        rmsNormInputDerivative(
          x.span, gain: gain.span, scales: scales.span, outputGradient: slope.span, into: &$0)
      })
    #expect(
      adds(columns) {
        rmsNormGainDerivative(
          x.span, scales: scales.span, outputGradient: slope.span, into: &$0)
      })
  }

  @Test func ofTheGate() {
    let input: [Double] = wave(2 * rows * columns, phase: 4)
    #expect(
      adds(2 * rows * columns) {
        swiGLUDerivative(input.span, width: columns, outputGradient: slope.span, into: &$0)
      })
  }

  @Test func ofAttentionWithoutTouchingOtherSegments() {
    let shape = AttentionShape(
      segments: Segments(lengths: [2, 4]), heads: 2, keyValueHeads: 2, headDimension: 4)
    let input: [Double] = wave(rows * shape.rowColumns, phase: 5)
    let table = RotaryTable<Double>(positions: rows, headDimension: 4, base: 100)
    var weights = [Double](repeating: 0, count: shape.weightCount)
    do {
      var span = weights.mutableSpan
      _ = output(rows * columns) {
        selfAttention(input.span, shape: shape, table: table, into: &$0, weights: &span)
      }
    }
    // Only the second segment's outputs have a gradient.
    let masked = [Double](repeating: 0, count: 2 * columns) + slope[(2 * columns)...]
    func derivative(into gradient: inout MutableSpan<Double>) {
      selfAttentionDerivative(
        input.span, weights: weights.span, shape: shape, table: table,
        outputGradient: masked.span, into: &gradient)
    }
    let gradient = output(input.count) { derivative(into: &$0) }
    #expect(gradient[..<(2 * shape.rowColumns)].allSatisfy { $0 == 0 })
    #expect(gradient[(2 * shape.rowColumns)...].filter { $0 != 0 }.count > 80)
    #expect(adds(input.count) { derivative(into: &$0) })
  }
}
