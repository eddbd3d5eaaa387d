import Foundation
import TensorKernels
import TestSupport
import Testing

/// Errors in units in the last place of every vectorised kernel that holds a polynomial, against
/// the C library in Double.
@Suite struct PolynomialErrorTests {
  /// Numbers from −87 to 87, between which eˣ is an ordinary number, most of them near zero.
  private let inputs: [Float] = (0...200_000).map { i in
    let t = Float(i) / 100_000 - 1
    return 87 * t * abs(t)
  }

  private func worst(_ results: [Float], _ exact: (_ index: Int) -> Double) -> Double {
    results.indices.reduce(0) { max($0, unitsInLastPlace(results[$1], from: exact($1))) }
  }

  @Test func exponentials() {
    let results = output(inputs.count) { TensorKernels.exponentials(inputs.span, into: &$0) }
    #expect(worst(results) { exp(Double(inputs[$0])) } < 1)
  }

  @Test func boundedExponential() {
    #expect(worst(inputs.map { .boundedExponential($0) }) { exp(Double(inputs[$0])) } < 1)
  }

  @Test func logSigmoids() {
    let results = output(inputs.count) { TensorKernels.logSigmoids(inputs.span, into: &$0) }
    let error = worst(results) { index in
      let x = Double(inputs[index])
      return min(x, 0) - log1p(exp(-abs(x)))
    }
    #expect(error < 3, "\(error) ulp")
  }

  @Test func derivativeOfLogSigmoids() {
    let one = [Float](repeating: 1, count: inputs.count)
    let results = output(inputs.count) {
      logSigmoidsDerivative(inputs.span, outputGradient: one.span, into: &$0)
    }
    let error = worst(results) { 1 / (1 + exp(Double(inputs[$0]))) }
    #expect(error < 3, "\(error) ulp")
  }

  @Test func swiGLU() {
    // Gate and up of one unit a row, up being one.
    let rows: [Float] = inputs.flatMap { x -> [Float] in [x, 1] }
    let results = output(inputs.count) { TensorKernels.swiGLU(rows.span, width: 1, into: &$0) }
    let error = worst(results) { index in
      let x = Double(inputs[index])
      return x / (1 + exp(-x))
    }
    #expect(error < 4, "\(error) ulp")
  }

  @Test func derivativeOfSwiGLU() {
    let width = inputs.count
    let (rows, one) = (
      inputs + [Float](repeating: 1, count: width), [Float](repeating: 1, count: width)
    )
    let results = output(2 * width) {
      swiGLUDerivative(rows.span, width: width, outputGradient: one.span, into: &$0)
    }
    // The derivative for the gate crosses zero, and g multiplies the rounding of 1 − σ: units of
    // σ·(1 + |g|).
    for (i, x) in inputs.map(Double.init).enumerated() {
      let s = 1 / (1 + exp(-x))
      let (exact, size) = (s * (1 + x * (1 - s)), s * (1 + abs(x)))
      #expect(abs(Double(results[i]) - exact) <= 4 * Double(Float(size).ulp), "at \(x)")
    }
    let error = worst(Array(results[width...])) { index in
      let x = Double(inputs[index])
      return x / (1 + exp(-x))
    }
    #expect(error < 4, "\(error) ulp")
  }

  @Test(arguments: [1, 7, 64, 1000]) func softmax(columns: Int) {
    // Multiples of 1/64, so that the difference to the largest logit is exact.
    let logits = (0..<20 * columns).map { i -> Float in
      let sixtyFourths = (i * 7919 + i * i * 31) % 1280
      return Float(sixtyFourths) / 64
    }
    let targets = (0..<20).map { $0 % columns }
    var probabilities = logits
    var span = probabilities.mutableSpan
    let statistics = softmaxInPlace(&span, targets: targets, temperature: 1)
    for row in 0..<20 {
      let z = logits[row * columns..<(row + 1) * columns].map(Double.init)
      let best = z.max() ?? 0
      let total = z.reduce(0) { $0 + exp($1 - best) }
      let error = worst(Array(probabilities[row * columns..<(row + 1) * columns])) {
        exp(z[$0] - best) / total
      }
      #expect(error < 6, "\(error) ulp in \(columns) columns")
      let expected = z[targets[row]] - best - log(total)
      #expect(abs(Double(statistics.logProbabilities[row]) - expected) < 4e-6)
    }
  }
}
