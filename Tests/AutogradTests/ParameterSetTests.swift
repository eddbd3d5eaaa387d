import Autograd
import TensorKernels
import Testing

@Suite struct ParameterSetTests {
  private var parameters: ParameterSet<Double> {
    var parameters = ParameterSet<Double>()
    parameters.append("b", shape: Shape(rows: 1, columns: 2), values: [1, 2])
    parameters.append("a", shape: Shape(rows: 2, columns: 2), values: [3, 4, 5, 6])
    return parameters
  }

  @Test func parametersKeepTheOrderInWhichTheyWereAppended() {
    #expect(parameters.names == ["b", "a"])
    #expect(parameters.shapes == [Shape(rows: 1, columns: 2), Shape(rows: 2, columns: 2)])
    #expect(parameters.values == [[1, 2], [3, 4, 5, 6]])
    #expect(parameters.scalarCount == 6)
    #expect(parameters.shape(of: "a") == Shape(rows: 2, columns: 2))
  }

  @Test func parametersAreReadAndWrittenByName() {
    var changed = parameters
    changed["a"] = [7, 8, 9, 10]
    #expect(changed["a"] == [7, 8, 9, 10])
    #expect(changed["b"] == [1, 2])
    #expect(changed.contains("b"))
    #expect(!changed.contains("c"))
  }

  @Test func copiesAreIndependent() {
    let original = parameters
    var copy = original
    copy.values[0][0] = 100
    #expect(original["b"] == [1, 2])
    #expect(copy["b"] == [100, 2])
  }

  @Test func conversionRoundsEveryValueAndKeepsNamesAndShapes() {
    var parameters = parameters
    parameters["b"] = [1 / 3, 2]
    let narrow = parameters.converted(to: Float.self)
    #expect(narrow.names == parameters.names)
    #expect(narrow.shapes == parameters.shapes)
    #expect(narrow["b"] == [Float(1.0 / 3), 2])
    #expect(narrow.converted(to: Double.self)["a"] == parameters["a"])
  }

  @Test func theRecordedGradientHasTheOrderOfTheSet() {
    let tape = Tape<Double>()
    let recorded = tape.record(parameters)
    tape.backward(from: recorded["b"].squared().sum() + 3 * recorded["a"].sum())
    #expect(recorded.gradient().values == [[2, 4], [3, 3, 3, 3]])
  }

  @Test func shapesPrintAsRowsTimesColumns() {
    #expect("\(Shape(rows: 3, columns: 4))" == "3×4")
    #expect(Shape.scalar.count == 1)
  }
}

@Suite struct GradientTests {
  @Test func normsRunOverAllParameters() {
    let gradient = Gradient<Float>(values: [[3], [4, 12]])
    #expect(gradient.squaredNorm == 169)
    #expect(gradient.norm == 13)
  }

  @Test func gradientsAddAndScale() {
    var gradient = Gradient<Double>(values: [[1], [2, 3]])
    gradient.add(Gradient(values: [[10], [20, 30]]))
    #expect(gradient.values == [[11], [22, 33]])
    gradient.scale(by: 2)
    #expect(gradient.values == [[22], [44, 66]])
  }

  @Test func clippingShortensToTheBoundAndReturnsTheNormBefore() {
    var gradient = Gradient<Double>(values: [[3], [4]])
    #expect(gradient.clip(toNorm: 1) == 5)
    // PyTorch's factor 1/(5 + 10⁻⁶).
    let factor = 1 / (5 + 1e-6)
    #expect(gradient.values == [[3 * factor], [4 * factor]])
  }

  @Test func clippingLeavesShortGradientsAlone() {
    var gradient = Gradient<Double>(values: [[3], [4]])
    #expect(gradient.clip(toNorm: 5.1) == 5)
    #expect(gradient.values == [[3], [4]])
  }

  @Test func aGradientThatIsNotFiniteShowsInItsNorm() {
    var gradient = Gradient<Float>(values: [[.nan, 1]])
    #expect(gradient.clip(toNorm: 1).isNaN)
    gradient = Gradient(values: [[.infinity, 1]])
    #expect(gradient.clip(toNorm: 1) == .infinity)
  }

  @Test func largeGradientsDoNotOverflowTheNorm() {
    // 10³⁰ squared is beyond Float.
    let gradient = Gradient<Float>(values: [[1e30]])
    #expect(abs(gradient.norm / 1e30 - 1) < 1e-6)
  }
}
