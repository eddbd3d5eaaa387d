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
    let up: [Double] = wave(rows * columns, phase: 4)
    var other = [Double](repeating: 10, count: rows * columns)
    #expect(
      adds(rows * columns) { gate in
        var span = other.mutableSpan
        swiGLUDerivative(
          gate: x.span, up: up.span, outputGradient: slope.span, intoGate: &gate, up: &span)
      })
    // Twice the derivative for `up` on top of ten: ∂y/∂up = silu(gate).
    let expected = zip(x, slope).map { 10 + 2 * $1 * $0 * sigmoid($0) }
    #expect(largestDifference(other, expected) < 1e-14)
  }

  @Test func ofTheRotation() {
    let table = RotaryTable<Double>(positions: rows, headDimension: 4, base: 100)
    #expect(
      adds(rows * columns) {
        rotatedDerivative(
          columns: columns, positions: Array(0..<rows), table: table, outputGradient: slope.span,
          into: &$0)
      })
  }

  @Test func ofAttentionWithoutTouchingOtherSegments() {
    let shape = AttentionShape(
      segments: Segments(lengths: [2, 4]), heads: 2, keyValueHeads: 2, headDimension: 4)
    let (keys, values): ([Double], [Double]) = (wave(48, phase: 5), wave(48, phase: 6))
    var weights = [Double](repeating: 0, count: shape.weightCount)
    do {
      var span = weights.mutableSpan
      _ = output(48) {
        causalAttention(
          queries: x.span, keys: keys.span, values: values.span, shape: shape, into: &$0,
          weights: &span)
      }
    }
    // Only the second segment's outputs have a gradient.
    let masked = [Double](repeating: 0, count: 16) + slope[16...]
    var keyGradient = [Double](repeating: 0, count: 48)
    var valueGradient = keyGradient
    let queryGradient = output(48) { queries in
      var k = keyGradient.mutableSpan
      var v = valueGradient.mutableSpan
      causalAttentionDerivative(
        queries: x.span, keys: keys.span, values: values.span, weights: weights.span,
        shape: shape, outputGradient: masked.span, intoQueries: &queries, keys: &k, values: &v)
    }
    for gradient in [queryGradient, keyGradient, valueGradient] {
      #expect(gradient[..<16].allSatisfy { $0 == 0 })
      #expect(gradient[16...].contains { $0 != 0 })
    }
  }
}
