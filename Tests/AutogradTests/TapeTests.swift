import Autograd
import TensorKernels
import TestSupport
import Testing

@Suite struct TapeTests {
  private let segments = Segments(lengths: [4, 7])

  /// A small layer with every kind of buffer: attention weights, scales, probabilities.
  private func loss(
    _ p: RecordedParameters<Float>, _ tape: Tape<Float>, segments: Segments
  ) -> Tensor<Float> {
    let tokens = (0..<segments.total).map { $0 % 5 }
    let x = tape.embedding(p["e"], tokens)
    let h = x.rmsNorm(gain: p["g"], epsilon: 1e-5).linear(p["w"])
    let shape = AttentionShape(segments: segments, heads: 2, keyValueHeads: 2, headDimension: 4)
    let y = h.linear([p["w"], p["w"], p["w"]]).selfAttention(shape, base: 1e4)
    let z = y.linear([p["w"], p["w"]]).swiGLU().linear(p["w"], onto: x)
    return -z.tokenLogProbabilities(head: p["e"], targets: tokens, temperature: 1)
      .logProbabilities.mean()
  }

  private var parameters: ParameterSet<Float> {
    var parameters = ParameterSet<Float>()
    parameters.append("e", shape: Shape(rows: 5, columns: 8), values: wave(40, phase: 1))
    parameters.append("g", shape: Shape(rows: 1, columns: 8), values: wave(8, phase: 2))
    parameters.append("w", shape: Shape(rows: 8, columns: 8), values: wave(64, phase: 3))
    return parameters
  }

  private func gradient(on tape: Tape<Float>, segments: Segments) -> Gradient<Float> {
    let recorded = tape.record(parameters)
    tape.backward(from: loss(recorded, tape, segments: segments))
    let gradient = recorded.gradient()
    tape.reset()
    return gradient
  }

  @Test func stepsAfterTheFirstAllocateNoBuffers() {
    let tape = Tape<Float>()
    _ = gradient(on: tape, segments: segments)
    let allocations = tape.bufferAllocations
    #expect(allocations > 10)
    for _ in 0..<3 { _ = gradient(on: tape, segments: segments) }
    #expect(tape.bufferAllocations == allocations)
  }

  @Test func aReusedTapeGivesTheSameBitsAsAFreshOne() {
    let tape = Tape<Float>()
    let first = gradient(on: tape, segments: segments)
    _ = gradient(on: tape, segments: Segments(lengths: [9, 1, 5]))
    #expect(gradient(on: tape, segments: segments).values == first.values)
    #expect(gradient(on: Tape(), segments: segments).values == first.values)
  }

  @Test func aTapeForInferenceGivesTheSameValuesAndNoGradients() {
    let (tape, inference) = (Tape<Float>(), Tape<Float>(recordsGradients: false))
    let recorded = inference.record(parameters)
    let value = loss(recorded, inference, segments: segments)
    #expect(value.item == loss(tape.record(parameters), tape, segments: segments).item)
    inference.backward(from: value)
    #expect(recorded.gradient().norm == 0)
  }

  @Test func resettingReturnsSharedParametersToTheirOwner() {
    let tape = Tape<Double>()
    var values = [Double](repeating: 1, count: 1000)
    let before = address(of: values)
    let x = tape.parameter(values, shape: Shape(rows: 10, columns: 100))
    #expect(x.sum().item == 1000)
    tape.reset()
    values[0] = 2
    #expect(address(of: values) == before)
  }

  /// Where the values lie; unequal after a copy.
  private func address(of values: [Double]) -> Int {
    unsafe values.withUnsafeBufferPointer { Int(bitPattern: $0.baseAddress) }
  }

  @Test func aDroppedTapeReleasesItselfWithoutAReset() {
    weak var observed: Tape<Double>?
    do {
      let tape = Tape<Double>()
      let x = tape.parameter([1, 2], shape: Shape(rows: 2, columns: 1))
      tape.backward(from: (x * x).sum())
      observed = tape
      #expect(observed != nil)
    }
    #expect(observed == nil)
  }

  @Test func gradientsOfOneTensorAddUpOverItsUses() {
    let tape = Tape<Double>()
    let x = tape.parameter([3], shape: Shape(rows: 1, columns: 1))
    tape.backward(from: x * x + 5 * x)
    #expect(tape.gradient(of: x) == [2 * 3 + 5])
  }

  @Test func whatTheLossDoesNotDependOnHasGradientZero() {
    let tape = Tape<Double>()
    let shape = Shape(rows: 2, columns: 1)
    let used = tape.parameter([1, 2], shape: shape)
    let unused = tape.parameter([3, 4], shape: shape)
    let constant = tape.constant([5, 6], shape: shape)
    _ = unused * used
    tape.backward(from: (used * constant).sum())
    #expect(tape.gradient(of: used) == [5, 6])
    #expect(tape.gradient(of: unused) == [0, 0])
    #expect(tape.gradient(of: constant) == [0, 0])
  }

  @Test func aLossWithoutParametersHasNoBackwardPass() {
    let tape = Tape<Double>()
    let x = tape.column([1, 2, 3])
    tape.backward(from: x.mean())
    #expect(tape.gradient(of: x) == [0, 0, 0])
  }

  @Test func readingValuesDoesNotTieThemToTheTape() {
    let tape = Tape<Double>()
    let doubled = 2 * tape.column([1, 2, 3])
    let values = doubled.values
    tape.reset()
    _ = (7 * tape.column([1, 2, 3])).values
    #expect(values == [2, 4, 6])
  }
}
