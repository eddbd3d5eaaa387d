import Autograd
import Foundation
import TensorKernels
import TestSupport
import Testing

/// Identities that gradients obey whatever the numbers, and shapes at the edge.
@Suite struct AdjointTests {
  typealias Parameters = RecordedParameters<Double>

  private func set(_ shapes: [(String, Int, Int)]) -> ParameterSet<Double> {
    var parameters = ParameterSet<Double>()
    for (i, (name, rows, columns)) in shapes.enumerated() {
      parameters.append(
        name, shape: Shape(rows: rows, columns: columns),
        values: wave(rows * columns, phase: Double(i) + 0.5))
    }
    return parameters
  }

  private func gradient(
    _ parameters: ParameterSet<Double>, _ loss: (Parameters) -> Tensor<Double>
  ) -> Gradient<Double> {
    let tape = Tape<Double>()
    let recorded = tape.record(parameters)
    tape.backward(from: loss(recorded))
    return recorded.gradient()
  }

  // ⟨u, A·x⟩ = ⟨Aᵀ·u, x⟩: a linear operation's derivative is its transpose.
  @Test func derivativesOfLinearOperationsAreTheirTransposes() {
    let operations: [(Tensor<Double>) -> Tensor<Double>] = [
      { $0.rows([5, 0, 0, 3]) }, { $0.scaled(by: -3) }, { $0 + $0 * 2 },
      { -$0 },
    ]
    let parameters = set([("x", 6, 4)])
    for operation in operations {
      let tape = Tape<Double>()
      let x = tape.record(parameters)
      let y = operation(x["x"])
      let u: [Double] = wave(y.shape.count, phase: 8)
      tape.backward(from: y.weightedSum(u))
      let left = zip(u, y.values).reduce(0) { $0 + $1.0 * $1.1 }
      let right = zip(x.gradient().values[0], parameters.values[0]).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(left - right) < 1e-12)
    }
  }

  // Euler: a loss of degree k in its parameters has ⟨∇L, θ⟩ = k·L.
  @Test(arguments: [1, 2, 3]) func homogeneousLossesObeyEuler(degree: Int) {
    let parameters = set([("x", 3, 5)])
    let tape = Tape<Double>()
    let recorded = tape.record(parameters)
    let x = recorded["x"]
    let power = (1..<degree).reduce(x) { product, _ in product * x }
    let loss = power.weightedSum(wave(15, phase: 3))
    tape.backward(from: loss)
    let product = zip(recorded.gradient().values[0], parameters.values[0])
      .reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(product - Double(degree) * loss.item) < 1e-12)
  }

  // A norm does not see how long its input is, so its gradient has no part along it.
  @Test func normHasNoSlopeAlongItsInput() {
    let parameters = set([("x", 4, 6), ("g", 1, 6)])
    let found = gradient(parameters) {
      $0["x"].rmsNorm(gain: $0["g"], epsilon: 0).weightedSum(wave(24, phase: 2))
    }.values[0]
    for row in 0..<4 {
      let places = row * 6..<(row + 1) * 6
      let along = places.reduce(0) { $0 + found[$1] * parameters.values[0][$1] }
      #expect(abs(along) < 1e-12)
    }
  }

  // Probabilities sum to one, so the slopes of a log-probability by its logits sum to zero: moving
  // every row of the head alike changes nothing.
  @Test func headMovedAsAWholeChangesNoProbability() {
    let parameters = set([("x", 3, 4), ("h", 5, 4)])
    let found = gradient(parameters) {
      $0["x"].tokenLogProbabilities(head: $0["h"], targets: [4, 0, 2], temperature: 0.9)
        .logProbabilities.weightedSum([1, -2, 0.5])
    }.values[1]
    for d in 0..<4 {
      #expect(abs((0..<5).reduce(0) { $0 + found[$1 * 4 + d] }) < 1e-12)
    }
  }

  // A constant added to every value of attention is passed on to every output.
  @Test func attentionMixesValuesWithWeightsThatSumToOne() {
    let shape = AttentionShape(
      segments: Segments(lengths: [4, 3]), heads: 2, keyValueHeads: 1, headDimension: 4)
    let slope: [Double] = wave(56, phase: 9)
    let found = gradient(set([("x", 7, 16)])) {
      $0["x"].selfAttention(shape, base: 100).weightedSum(slope)
    }.values[0]
    for segment in [0..<4, 4..<7] {
      for d in 0..<4 {
        let passed = segment.reduce(0) { $0 + found[$1 * 16 + 12 + d] }
        let given = segment.reduce(0) { $0 + slope[$1 * 8 + d] + slope[$1 * 8 + 4 + d] }
        #expect(abs(passed - given) < 1e-12)
      }
    }
    // The first row of a segment sees only itself: its query decides nothing.
    for row in [0, 4] {
      #expect(found[row * 16..<row * 16 + 8].allSatisfy { abs($0) < 1e-15 })
    }
  }

  @Test func clippedGradientKeepsItsDirection() {
    var gradient = gradient(set([("x", 5, 7)])) { $0["x"].squared().sum() }
    let before = gradient
    let norm = gradient.clip(toNorm: 0.5)
    #expect(abs(norm - before.norm) < 1e-12 && abs(gradient.norm - 0.5) < 1e-5)
    let ratios = zip(gradient.values[0], before.values[0]).map { $0 / $1 }
    #expect(ratios.allSatisfy { abs($0 - ratios[0]) < 1e-12 })
  }

  @Test func emptyTensorsHaveSumsOfNothing() {
    let tape = Tape<Double>()
    let none = tape.constant([], shape: Shape(rows: 0, columns: 3))
    #expect(none.sum().item == 0 && (none + none).values.isEmpty)
    #expect(none.exponential().shape == Shape(rows: 0, columns: 3))
    let x = tape.parameter([2], shape: .scalar)
    tape.backward(from: x * x + none.sum())
    #expect(tape.gradient(of: x) == [4])
  }

  @Test func oneByOneGoesThroughEveryOperation() {
    let error = gradientCheckError(set([("a", 1, 1), ("b", 1, 1)])) { p, _ in
      let (a, b) = (p["a"], p["b"])
      let mixed = (a * b + 2).logarithm() + a.linear(b).exponential() - b.squared().logSigmoid()
      return mixed * a.maximum(b + 5) + a.rows([0, 0]).mean() - a.linear([b, a]).swiGLU()
    }
    #expect(error < 1e-7)
  }
}
