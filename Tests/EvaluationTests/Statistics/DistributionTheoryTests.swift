import Evaluation
import Foundation
import Testing

@Suite struct DistributionTheoryTests {
  // Student (1908) as printed in every table: two-sided 5 % and 1 %.
  @Test(arguments: [
    (1, 12.706, 63.657), (2, 4.303, 9.925), (3, 3.182, 5.841), (5, 2.571, 4.032),
    (10, 2.228, 3.169), (30, 2.042, 2.750), (120, 1.980, 2.617),
  ])
  func quantilesAreThoseOfTheTable(degrees: Double, fivePercent: Double, onePercent: Double) {
    #expect(abs(studentQuantile(0.975, degreesOfFreedom: degrees) - fivePercent) < 5.1e-4)
    #expect(abs(studentQuantile(0.995, degreesOfFreedom: degrees) - onePercent) < 5.1e-4)
  }

  // scipy 1.17.1: st.t.cdf(t, df).
  @Test(arguments: [
    (0.5, 1.0, 0.6475836176504333), (2, 2, 0.908248290463863), (-3.25, 7, 0.0070286423575968695),
    (40, 2, 0.9996877926639076), (-1e3, 1.5, 1.1924472823393507e-05),
    (6, 200, 0.9999999954424398),
  ])
  func studentProbabilityIsThatOfSciPy(t: Double, degrees: Double, expected: Double) {
    let value = studentProbability(below: t, degreesOfFreedom: degrees)
    #expect(abs(value / expected - 1) < 1e-12)
  }

  // scipy 1.17.1: st.t.ppf(p, df), far out and with few and many degrees of freedom.
  @Test(arguments: [
    (1e-10, 3.0, -2225.769284683093), (0.999999, 1, 318309.88617359026),
    (0.3, 0.5, -1.0095258786071655), (0.975, 1e6, 1.959966356814107),
  ])
  func extremeQuantilesAreThoseOfSciPy(p: Double, degrees: Double, expected: Double) {
    #expect(abs(studentQuantile(p, degreesOfFreedom: degrees) / expected - 1) < 1e-9)
  }

  // With two degrees of freedom F(t) = ½ + t/(2·√(2 + t²)), with one ½ + atan(t)/π.
  @Test(arguments: [-30.0, -2, -0.3, 0.01, 1, 5, 1000]) func fewDegreesHaveAClosedForm(t: Double) {
    let two = 0.5 + t / (2 * (2 + t * t).squareRoot())
    #expect(abs(studentProbability(below: t, degreesOfFreedom: 2) - two) < 1e-13)
    let one = 0.5 + atan(t) / .pi
    #expect(abs(studentProbability(below: t, degreesOfFreedom: 1) - one) < 1e-13)
  }

  // The slope of the distribution is the density Γ((ν+1)/2)/(√(νπ)·Γ(ν/2))·(1 + t²/ν)^(−(ν+1)/2).
  @Test(arguments: [1.0, 2.5, 5, 40], [-2.0, -0.4, 0.7, 3]) func slopeIsTheDensity(
    degrees: Double, t: Double
  ) {
    let step = 1e-5
    let above = studentProbability(below: t + step, degreesOfFreedom: degrees)
    let below = studentProbability(below: t - step, degreesOfFreedom: degrees)
    let half: Double = (degrees + 1) / 2
    let factor: Double = tgamma(half) / tgamma(degrees / 2) / (degrees * Double.pi).squareRoot()
    let density: Double = factor * pow(1 + t * t / degrees, -half)
    #expect(abs((above - below) / (2 * step) - density) < 1e-8)
  }

  @Test(arguments: [0.6, 0.9, 0.975, 0.9999], [1.0, 4, 60]) func quantileUndoesTheProbability(
    p: Double, degrees: Double
  ) {
    let t = studentQuantile(p, degreesOfFreedom: degrees)
    #expect(abs(studentProbability(below: t, degreesOfFreedom: degrees) - p) < 1e-13)
    // 1 − p is rounded, so that the two tails agree to what is left of it.
    #expect(abs(t + studentQuantile(1 - p, degreesOfFreedom: degrees)) < 1e-11 * abs(t))
  }

  // As the degrees of freedom grow the quantiles fall towards the normal's.
  @Test func quantilesFallTowardsTheNormal() {
    let quantiles = [1.0, 2, 3, 5, 10, 100, 1e4].map {
      studentQuantile(0.975, degreesOfFreedom: $0)
    }
    #expect(zip(quantiles, quantiles.dropFirst()).allSatisfy { $0 > $1 })
    #expect(quantiles.allSatisfy { $0 > normalQuantile(0.975) })
    // Fisher (1926): z + (z³ + z)/4ν + (5z⁵ + 16z³ + 3z)/96ν² + …
    let (z, degrees) = (normalQuantile(0.975), 1e4)
    let first: Double = (pow(z, 3) + z) / (4 * degrees)
    let second: Double = (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / (96 * degrees * degrees)
    #expect(abs(studentQuantile(0.975, degreesOfFreedom: degrees) - (z + first + second)) < 1e-10)
  }

  // scipy 1.17.1: st.norm.cdf(z) and st.norm.ppf(p).
  @Test(arguments: [
    (-10.0, 7.61985302416047e-24), (-1.5, 0.06680720126885807), (0.3, 0.6179114221889526),
    (5, 0.9999997133484281),
  ])
  func normalProbabilityIsThatOfSciPy(z: Double, expected: Double) {
    #expect(abs(normalProbability(below: z) / expected - 1) < 1e-13)
  }

  @Test(arguments: [
    (1e-300, -37.0470962993612), (1e-15, -7.941345326170998), (0.8413447460685429, 1),
  ])
  func normalQuantileIsThatOfSciPy(p: Double, expected: Double) {
    #expect(abs(normalQuantile(p) / expected - 1) < 1e-13)
  }

  // scipy 1.17.1: sp.betainc(a, b, x), where the continued fraction has the hardest time.
  @Test(arguments: [
    (200.0, 300.0, 0.41, 0.677628164772179), (5, 1e-3, 0.999, 0.004817484889890794),
    (0.5, 0.5, 1e-12, 6.366197723676875e-07), (1e-2, 1e-2, 0.5, 0.5), (1000, 1000, 0.5, 0.5),
  ])
  func incompleteBetaIsThatOfSciPy(a: Double, b: Double, x: Double, expected: Double) {
    #expect(abs(regularizedIncompleteBeta(x, a: a, b: b) / expected - 1) < 1e-11)
  }

  // DLMF 8.17.4 and 8.17.20: I(x; a, b) = 1 − I(1 − x; b, a), and one step of a.
  @Test(arguments: [0.05, 0.3, 0.7, 0.95], [0.5, 2, 7.5]) func incompleteBetaObeysItsRecurrences(
    x: Double, a: Double
  ) {
    let b = 3.25
    let value = regularizedIncompleteBeta(x, a: a, b: b)
    #expect(abs(value + regularizedIncompleteBeta(1 - x, a: b, b: a) - 1) < 1e-13)
    let beta: Double = tgamma(a) * tgamma(b) / tgamma(a + b)
    let step: Double = pow(x, a) * pow(1 - x, b) / (a * beta)
    #expect(abs(regularizedIncompleteBeta(x, a: a + 1, b: b) - (value - step)) < 1e-13)
  }
}
