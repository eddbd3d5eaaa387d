import Foundation
import TensorKernels
import TestSupport
import Testing

@Suite struct TensorScalarTests {
  @Test func exponentialIsWithinTwoUnitsInTheLastPlace() {
    var worst = 0.0
    for i in 0...400_000 {
      let x = -87 + 175.7 * Float(i) / 400_000
      worst = max(worst, unitsInLastPlace(.exponential(x), from: exp(Double(x))))
    }
    #expect(worst < 2, "\(worst) ulp")
  }

  @Test func exponentialUnderflowsGraduallyThenToZero() {
    for i in 0...1000 {
      let x = -104 + 17 * Float(i) / 1000
      #expect(abs(Double(Float.exponential(x)) - exp(Double(x))) < 2e-45)
    }
    #expect(Float.exponential(-1000) == 0)
    #expect(Float.exponential(-.greatestFiniteMagnitude) == 0)
    #expect(Float.exponential(-.infinity) == 0)
  }

  @Test func exponentialOverflowsToInfinityWhereTheResultIsTooLarge() {
    // log(largest Float) = 88.7228…
    #expect(Float.exponential(88.72) < .infinity)
    #expect(Float.exponential(88.73) == .infinity)
    #expect(Float.exponential(1e30) == .infinity)
    #expect(Float.exponential(.infinity) == .infinity)
  }

  @Test func exponentialOfZeroIsOneAndOfNaNIsNaN() {
    #expect(Float.exponential(0) == 1)
    #expect(Float.exponential(-0.0) == 1)
    #expect(Float.exponential(.nan).isNaN)
    #expect(Float.boundedExponential(.nan).isNaN)
    #expect(Double.exponential(.nan).isNaN)
  }

  @Test func boundedExponentialIsTheExponentialWithinItsBoundsAndStopsBeyond() {
    for i in 0...10_000 {
      let x = -87 + 174 * Float(i) / 10_000
      #expect(Float.boundedExponential(x) == Float.exponential(x), "at \(x)")
    }
    #expect(Float.boundedExponential(-1e9) == Float.exponential(-87))
    #expect(Float.boundedExponential(1e9) == Float.exponential(87))
    #expect(Double.boundedExponential(-1e9) == exp(-87))
    #expect(Double.boundedExponential(1e9) == exp(87))
  }

  @Test func logarithmsAreThoseOfTheExactValue() {
    for x in [1e-30, 0.1, 1, 2.5, 1e30] as [Float] {
      #expect(unitsInLastPlace(.logarithm(x), from: log(Double(x))) <= 1)
    }
    for x in [-0.5, 1e-30, 1e-7, 0.1, 1, 1e30] as [Float] {
      #expect(unitsInLastPlace(.logarithmOfOnePlus(x), from: log1p(Double(x))) <= 1)
    }
    #expect(Double.logarithm(2) == log(2))
    #expect(Double.logarithmOfOnePlus(1e-20) == 1e-20)
  }
}
