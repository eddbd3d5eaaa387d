import Autograd
import TensorKernels
import TestSupport
import Testing

/// The checks of the other tests, checked.
@Suite struct GradientCheckTests {
  private var parameters: ParameterSet<Double> {
    var parameters = ParameterSet<Double>()
    parameters.append("x", shape: Shape(rows: 2, columns: 1), values: [0.5, -1])
    return parameters
  }

  @Test func aRightDerivativePasses() {
    #expect(gradientCheckError(parameters) { p, _ in p["x"].squared().sum() } < 1e-9)
  }

  @Test func aMissingDerivativeIsAnErrorOfItsOwnSize() {
    // Through the detached factor half of the derivative 2x is lost: |x| is missing, at most 1.
    let error = gradientCheckError(parameters) { p, _ in (p["x"] * p["x"].detached()).sum() }
    #expect(abs(error - 1) < 1e-6)
  }

  @Test func aLossThatIsNotANumberDoesNotPass() {
    #expect(gradientCheckError(parameters) { p, _ in p["x"].logarithm().sum() } == .infinity)
  }

  @Test func unitsInTheLastPlaceCountNeighbours() {
    #expect(unitsInLastPlace(1, from: 1) == 0)
    #expect(unitsInLastPlace(Float(1).nextUp, from: 1) == 1)
    #expect(unitsInLastPlace(.infinity, from: 1e300) == 0)
    #expect(unitsInLastPlace(.infinity, from: 1) == .infinity)
    #expect(unitsInLastPlace(.nan, from: .nan) == 0)
  }

  @Test func differencesOfUnequalCountsOrNaNAreInfinite() {
    #expect(largestDifference([1.0, 2], [1, 5]) == 3)
    #expect(largestDifference([1.0], [1, 2]) == .infinity)
    #expect(largestDifference([Double.nan], [1]) == .infinity)
  }
}
