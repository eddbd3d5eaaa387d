import Datasets
import Evaluation
import TensorKernels
import Testing

@Suite struct PowerTests {
  @Test(arguments: [1.0, 2, 5, 30])
  func withoutNoncentralityItIsStudentsDistribution(degreesOfFreedom: Double) {
    for t in [-3.0, -0.5, 0, 1, 2.5] {
      let found = noncentralStudentProbability(
        below: t, degreesOfFreedom: degreesOfFreedom, noncentrality: 0)
      let expected = studentProbability(below: t, degreesOfFreedom: degreesOfFreedom)
      #expect(abs(found - expected) < 1e-8, "t \(t)")
    }
  }

  @Test func atZeroItIsTheNormalTail() {
    // T ≤ 0 where Z + δ ≤ 0, whatever the denominator.
    for delta in [-1.0, 0.5, 3] {
      let found = noncentralStudentProbability(
        below: 0, degreesOfFreedom: 4, noncentrality: delta)
      #expect(abs(found - normalProbability(below: -delta)) < 1e-9)
    }
  }

  @Test func powerIsAsPublished() {
    // G*Power 3.1 and R's power.t.test: n = 34 pairs, effect half a deviation, power 0.8077775.
    let power = pairedTestPower(effect: 0.5, deviation: 1, pairs: 34)
    #expect(abs(power - 0.807_777_5) < 1e-6)
    // power.t.test(power = 0.8, delta = 0.5, type = "paired") gives n = 33.36713.
    #expect(pairsNeeded(effect: 0.5, deviation: 1) == 34)
    #expect(pairedTestPower(effect: 0, deviation: 1, pairs: 8) - 0.05 < 1e-8)
  }

  @Test(arguments: [(0.8, 6), (1.5, 6), (1.0, 10)])
  func powerIsWhatSimulatedTestsReject(effect: Double, pairs: Int) {
    var generator = Seed(3).generator(for: "tests.power")
    let trials = 4000
    let rejected = (0..<trials).count { _ in
      let values = (0..<pairs).map { _ in effect + generator.normal() }
      return !studentInterval(of: values).contains(0)
    }
    let power = pairedTestPower(effect: effect, deviation: 1, pairs: pairs)
    let error = 4 * (power * (1 - power) / Double(trials)).squareRoot()
    #expect(abs(Double(rejected) / Double(trials) - power) < error)
  }

  @Test func moreCertaintyTakesMorePairs() throws {
    let plain = try #require(pairsNeeded(effect: 1, deviation: 1))
    let corrected = try #require(pairsNeeded(effect: 1, deviation: 1, level: 0.05 / 12))
    #expect(pairedTestPower(effect: 1, deviation: 1, pairs: plain) >= 0.8)
    #expect(pairedTestPower(effect: 1, deviation: 1, pairs: plain - 1) < 0.8)
    #expect(corrected > plain)
    #expect(pairsNeeded(effect: 1e-4, deviation: 1) == nil)
  }
}
