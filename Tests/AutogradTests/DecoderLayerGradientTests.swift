import Autograd
import TensorKernels
import TestSupport
import Testing

/// Operations together, as a decoder layer uses them, against central differences in Double.
@Suite struct DecoderLayerGradientTests {
  private let segments = Segments(lengths: [4, 1, 3])
  private let tokens = [0, 3, 1, 2, 2, 4, 0, 3]

  private var parameters: ParameterSet<Double> {
    var parameters = ParameterSet<Double>()
    let shapes = [
      ("embedding", 5, 8), ("first", 1, 8), ("query", 8, 8), ("key", 4, 8), ("value", 4, 8),
      ("output", 8, 8), ("second", 1, 8), ("gate", 6, 8), ("up", 6, 8), ("down", 8, 6),
      ("last", 1, 8),
    ]
    for (phase, (name, rows, columns)) in shapes.enumerated() {
      parameters.append(
        name, shape: Shape(rows: rows, columns: columns),
        values: wave(rows * columns, phase: Double(phase)))
    }
    return parameters
  }

  private func hidden(_ p: RecordedParameters<Double>, _ tape: Tape<Double>) -> Tensor<Double> {
    let x = tape.embedding(p["embedding"], tokens)
    let h = x.rmsNorm(gain: p["first"], epsilon: 1e-5)
    let shape = AttentionShape(segments: segments, heads: 2, keyValueHeads: 1, headDimension: 4)
    let mixed = h.linear([p["query"], p["key"], p["value"]]).selfAttention(shape, base: 1e4)
    let y = mixed.linear(p["output"], onto: x)
    let g = y.rmsNorm(gain: p["second"], epsilon: 1e-5)
    let gated = g.linear([p["gate"], p["up"]]).swiGLU()
    return (y + gated.linear(p["down"])).rmsNorm(gain: p["last"], epsilon: 1e-5)
  }

  @Test func theLanguageModelingLossHasTheRightGradientForEveryParameter() {
    let error = gradientCheckError(parameters) { p, tape in
      -hidden(p, tape).rows([0, 1, 2, 5, 6]).tokenLogProbabilities(
        head: p["embedding"], targets: [3, 1, 2, 0, 3], temperature: 1
      ).logProbabilities.mean()
    }
    #expect(error < 1e-7, "\(error)")
  }

  @Test func aPreferenceLossHasTheRightGradientForEveryParameter() {
    let error = gradientCheckError(parameters) { p, tape in
      let sums = hidden(p, tape).rows([0, 1, 2, 5, 6]).tokenLogProbabilities(
        head: p["embedding"], targets: [3, 1, 2, 0, 3], temperature: 1
      ).logProbabilities.segmentSums(Segments(lengths: [3, 2]))
      return -(0.5 * (sums.rows([0]) - sums.rows([1])) - 0.2).logSigmoid().mean()
    }
    #expect(error < 1e-7, "\(error)")
  }

  @Test func aClippedRatioLossHasTheRightGradientForEveryParameter() {
    let old: [Double] = [-1.5, -1.2, -2, -0.9, -1.7]
    let error = gradientCheckError(parameters) { p, tape in
      let new = hidden(p, tape).rows([0, 1, 2, 5, 6]).tokenLogProbabilities(
        head: p["embedding"], targets: [3, 1, 2, 0, 3], temperature: 0.7
      ).logProbabilities
      let ratio = (new - tape.column(old)).exponential()
      let advantages = tape.column([1, -1, 0.5, 2, -0.3])
      let clipped = ratio.clamped(0.8, 1.2) * advantages
      return -(ratio * advantages).minimum(clipped).mean()
    }
    #expect(error < 1e-7, "\(error)")
  }

  @Test func rowsOutsideTheLossHaveNoGradient() {
    let tape = Tape<Double>()
    let recorded = tape.record(parameters)
    // Only the first sequence counts; token 4 occurs in the last sequence alone.
    tape.backward(from: hidden(recorded, tape).rows([0, 1, 2, 3]).sum())
    let gradient = tape.gradient(of: recorded["embedding"])
    #expect(Array(gradient[4 * 8..<5 * 8]) == [Double](repeating: 0, count: 8))
    #expect(gradient[..<8].contains { $0 != 0 })
  }
}
