import Evaluation
import Testing

@Suite struct DistributionsTests {
  // scipy 1.17.1: scipy.special.betainc(a, b, x).
  @Test(arguments: [
    (0.3, 0.5, 0.5, 0.36901011956554536), (0.9, 2.5, 0.5, 0.48958974456442755),
    (0.2, 10, 3, 4.526080000000003e-06), (0.4, 1, 1, 0.4),
    (0.999, 50, 0.5, 0.7523690199653766), (1e-4, 0.5, 30, 0.061487458408771414),
  ])
  func incompleteBetaIsThatOfSciPy(x: Double, a: Double, b: Double, expected: Double) {
    let relativeError = regularizedIncompleteBeta(x, a: a, b: b) / expected - 1
    #expect(abs(relativeError) < 1e-12)
  }

  // P(X ≥ 3) of the binomial distribution with n = 5: I_p(3, 3), summed by hand.
  @Test(arguments: [0.1, 0.5, 0.75])
  func incompleteBetaOfWholeArgumentsIsABinomialTail(p: Double) {
    let q = 1 - p
    let tail = 10 * p * p * p * q * q + 5 * p * p * p * p * q + p * p * p * p * p
    #expect(abs(regularizedIncompleteBeta(p, a: 3, b: 3) - tail) < 1e-14)
  }

  @Test func incompleteBetaRunsFromZeroToOne() {
    #expect(regularizedIncompleteBeta(0, a: 2, b: 3) == 0)
    #expect(regularizedIncompleteBeta(1, a: 2, b: 3) == 1)
  }

  // scipy 1.17.1: st.t.ppf(p, df); the first is tan(π·0.475), the Cauchy quantile.
  @Test(arguments: [
    (0.975, 1, 12.706204736174694), (0.975, 2, 4.302652729749462),
    (0.975, 4, 2.7764451051977934), (0.975, 5, 2.5705818356363146),
    (0.975, 9, 2.262157162798205), (0.995, 3, 5.840909309733355),
    (0.9, 30, 1.3104150253913955), (0.975, 1000, 1.9623390808264083),
    (0.6, 5, 0.2671808657041451), (0.025, 5, -2.5705818356363155),
    (0.9999, 2.5, 34.867969321116306),
  ])
  func studentQuantileIsThatOfSciPy(probability: Double, degrees: Double, expected: Double) {
    let value = studentQuantile(probability, degreesOfFreedom: degrees)
    #expect(abs(value / expected - 1) < 2e-12)
  }

  // With one degree of freedom Student's t is Cauchy's: ½ + atan(t)/π, hence ¾ at 1.
  @Test func studentWithOneDegreeOfFreedomIsCauchy() {
    #expect(abs(studentProbability(below: 1, degreesOfFreedom: 1) - 0.75) < 1e-14)
    #expect(abs(studentProbability(below: -1, degreesOfFreedom: 1) - 0.25) < 1e-14)
    #expect(studentProbability(below: 0, degreesOfFreedom: 7) == 0.5)
  }

  // scipy 1.17.1: st.norm.ppf(p).
  @Test(arguments: [
    (0.975, 1.959963984540054), (0.995, 2.5758293035489004), (0.6, 0.2533471031357997),
    (1e-6, -4.753424308822899),
  ])
  func normalQuantileIsThatOfSciPy(probability: Double, expected: Double) {
    #expect(abs(normalQuantile(probability) - expected) < 1e-13)
    #expect(abs(normalProbability(below: expected) / probability - 1) < 1e-13)
  }

  @Test func medianOfASymmetricDistributionIsZero() {
    #expect(normalQuantile(0.5) == 0)
    #expect(studentQuantile(0.5, degreesOfFreedom: 3) == 0)
  }
}
