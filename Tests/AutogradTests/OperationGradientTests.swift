import Autograd
import TensorKernels
import TestSupport
import Testing

/// Every operation's derivative against central differences in Double.
@Suite struct OperationGradientTests {
  typealias Parameters = RecordedParameters<Double>

  /// The error of the gradient of Σ wᵢ·yᵢ with fixed unequal weights.
  private func error(
    _ shapes: [(String, Int, Int)], _ operation: (Parameters) -> Tensor<Double>
  ) -> Double {
    var parameters = ParameterSet<Double>()
    for (i, (name, rows, columns)) in shapes.enumerated() {
      parameters.append(
        name, shape: Shape(rows: rows, columns: columns),
        values: wave(rows * columns, phase: Double(i)))
    }
    return gradientCheckError(parameters) { recorded, _ in
      let y = operation(recorded)
      return y.weightedSum(wave(y.shape.count, phase: 9))
    }
  }

  private let pair = [("a", 3, 4), ("b", 3, 4)]

  @Test func arithmetic() {
    #expect(error(pair) { $0["a"] + $0["b"] } < 1e-7)
    #expect(error(pair) { $0["a"] - $0["b"] } < 1e-7)
    #expect(error(pair) { $0["a"] * $0["b"] } < 1e-7)
    #expect(error(pair) { $0["a"] * $0["a"] } < 1e-7)
    #expect(error(pair) { -(2 * $0["a"] + 1) * ($0["b"] * 3 - 2) } < 1e-7)
    #expect(error(pair) { (1 + $0["a"]) * (1 - $0["b"]) } < 1e-7)
  }

  @Test func constants() {
    #expect(error(pair) { $0["a"].scaled(by: wave(12, phase: 4)) } < 1e-7)
    #expect(error(pair) { $0["a"].squared().shifted(by: wave(12, phase: 4)) } < 1e-7)
    let tape = Tape<Double>()
    let column = tape.parameter([2, 3], shape: Shape(rows: 2, columns: 1))
    #expect(column.scaled(by: [5, 7]).values == [10, 21])
    #expect(column.shifted(by: [5, 7]).values == [7, 10])
    tape.backward(from: column.constant([1, 2]).sum())
    #expect(tape.gradient(of: column) == [0, 0])
  }

  @Test func functions() {
    #expect(error(pair) { $0["a"].squared() } < 1e-7)
    #expect(error(pair) { (3 * $0["a"]).exponential() } < 1e-7)
    #expect(error(pair) { ($0["a"] + 2).logarithm() } < 1e-7)
    #expect(error(pair) { (5 * $0["a"]).logSigmoid() } < 1e-7)
  }

  @Test func selections() {
    #expect(error(pair) { $0["a"].clamped(-0.5, 0.4) } < 1e-7)
    let bounds = (wave(12, phase: 3).map { $0 - 0.7 }, wave(12, phase: 3).map { $0 + 0.2 })
    #expect(error(pair) { $0["a"].clamped(bounds.0, bounds.1) } < 1e-7)
    #expect(error(pair) { $0["a"].maximum($0["b"]) } < 1e-7)
    #expect(error(pair) { $0["a"].minimum($0["b"]) } < 1e-7)
    #expect(error(pair) { $0["a"].rows([2, 0, 2, 1, 1]) } < 1e-7)
  }

  @Test func reductions() {
    #expect(error(pair) { ($0["a"] * $0["b"]).sum() } < 1e-7)
    #expect(error(pair) { ($0["a"] * $0["b"]).mean() } < 1e-7)
    let segments = Segments(lengths: [2, 0, 3, 1])
    #expect(error([("a", 6, 1)]) { $0["a"].squared().segmentSums(segments) } < 1e-7)
  }

  @Test func layers() {
    #expect(error([("x", 5, 4), ("w", 3, 4)]) { $0["x"].linear($0["w"]) } < 1e-7)
    #expect(
      error([("x", 3, 10), ("g", 1, 10)]) { $0["x"].rmsNorm(gain: $0["g"], epsilon: 1e-5) } < 1e-7)
    #expect(error([("x", 3, 10)]) { (3 * $0["x"]).swiGLU() } < 1e-7)
    let several = [("x", 5, 4), ("u", 3, 4), ("v", 2, 4), ("w", 4, 4)]
    #expect(error(several) { $0["x"].linear([$0["u"], $0["v"], $0["w"]]) } < 1e-7)
    #expect(
      error([("x", 5, 4), ("w", 3, 4), ("r", 5, 3)]) {
        $0["x"].linear($0["w"], onto: $0["r"])
      } < 1e-7)
    #expect(error([("x", 4, 4), ("w", 4, 4)]) { $0["x"].linear($0["w"], onto: $0["x"]) } < 1e-7)
  }

  @Test(arguments: [(4, 4), (4, 2), (4, 1)])
  func attention(heads: Int, keyValueHeads: Int) {
    let segments = Segments(lengths: [3, 1, 4])
    let shape = AttentionShape(
      segments: segments, heads: heads, keyValueHeads: keyValueHeads, headDimension: 10)
    let result = error([("x", 8, shape.rowColumns)]) {
      (2 * $0["x"]).selfAttention(shape, base: 100)
    }
    #expect(result < 1e-7)
  }

  @Test(arguments: [0.7, 1, 2])
  func tokenLogProbabilities(temperature: Double) {
    let result = error([("x", 5, 6), ("h", 11, 6)]) {
      (2 * $0["x"]).tokenLogProbabilities(
        head: $0["h"], targets: [3, 0, 10, 3, 7], temperature: temperature
      ).logProbabilities
    }
    #expect(result < 1e-7)
  }

  @Test func oneTensorInSeveralRolesOfAnOperation() {
    #expect(error([("x", 4, 4)]) { $0["x"].linear($0["x"]) } < 1e-7)
    #expect(error([("x", 4, 4)]) { $0["x"].linear([$0["x"], $0["x"]]) } < 1e-7)
    #expect(error([("x", 4, 4)]) { $0["x"].linear($0["x"], onto: $0["x"]) } < 1e-7)
    #expect(error(pair) { $0["a"] + $0["a"] } < 1e-7)
    #expect(error(pair) { $0["a"].maximum($0["a"]) } < 1e-7)
    #expect(
      error([("x", 1, 6)]) { $0["x"].rmsNorm(gain: $0["x"], epsilon: 1e-5) } < 1e-7)
  }

  @Test func aWrongDerivativeIsFound() {
    // A constant copy of one factor loses half of the derivative of x².
    #expect(error(pair) { $0["a"] * $0["a"].detached() } > 0.1)
  }
}
