import ExactTheory
import Foundation
import Testing
import TheoryTestSupport

@Suite struct LogMeanExpTests {
  struct Instance: Sendable, CustomTestStringConvertible {
    let beta: Double
    let samples: Int
    let rewards: [Double]
    var testDescription: String { "β \(beta), k \(samples), r \(rewards)" }
  }

  static let instances = [0.05, 0.3, 1, 5].flatMap { beta in
    [1, 2, 3, 4, 5, 6].flatMap { samples in
      [[0, 1, 3], [-2, 4, 4], [0, 0.001, -0.002], [7, -30, 12.5]].map {
        Instance(beta: beta, samples: samples, rewards: $0)
      }
    }
  }

  @Test(arguments: instances)
  func momentsAreThoseOfAllDraws(_ instance: Instance) {
    let reference = [0.5, 0.3, 0.2]
    let objective = ExactObjective(
      logReference: reference.map { log($0) }, rewards: instance.rewards, beta: instance.beta)
    let found = logMeanExpMoments(objective: objective, samples: instance.samples)
    let largest = instance.rewards.max() ?? 0
    let exponents = instance.rewards.map { ($0 - largest) / instance.beta }
    var draws: [(probability: Double, value: Double)] = []
    let total = Int(pow(3, Double(instance.samples)))
    for number in 0..<total {
      var (rest, probability) = (number, 1.0)
      var drawn: [Double] = []
      for _ in 0..<instance.samples {
        probability *= reference[rest % 3]
        drawn.append(exponents[rest % 3])
        rest /= 3
      }
      let logMean = logSumOfExponentials(drawn) - log(Double(instance.samples))
      draws.append((probability, instance.beta * logMean))
    }
    let mean = draws.reduce(0) { $0 + $1.probability * $1.value }
    let variance = draws.reduce(0) { $0 + $1.probability * pow($1.value - mean, 2) }
    #expect(abs(found.mean - (mean + largest)) < 1e-12 * max(1, abs(mean)))
    #expect(agree(found.variance, variance, 1e-11), "\(found.variance) against \(variance)")
  }

  @Test(arguments: [0.05, 0.3, 1, 5])
  func oneSampleIsTheReward(beta: Double) {
    let objective = ExactObjective(
      logReference: GoldenFixture.logReference, rewards: GoldenFixture.rewards, beta: beta)
    let found = logMeanExpMoments(objective: objective, samples: 1)
    #expect(abs(found.mean - 5.0 / 6) < 1e-15)
    #expect(abs(found.variance - (1.0 / 3 + 9.0 / 6 - 25.0 / 36)) < 1e-15)
  }

  // Burda (2016), theorem 1; for many samples the variance is that of the delta method.
  @Test func meanRisesToTheSoftValue() {
    let objective = ExactObjective(
      logReference: GoldenFixture.logReference, rewards: GoldenFixture.rewards, beta: 1)
    var previous = -Double.infinity
    for k in [1, 2, 4, 16, 256, 65536] {
      let mean = logMeanExpMoments(objective: objective, samples: k).mean
      #expect(mean > previous && mean < GoldenFixture.softValue)
      previous = mean
    }
    let z = GoldenFixture.partition
    let relativeVariance = (0.5 + exp(2) / 3 + exp(6) / 6) / (z * z) - 1
    let found = logMeanExpMoments(objective: objective, samples: 65536)
    #expect(agree(found.variance * 65536, relativeVariance, 1e-3))
    #expect(agree((GoldenFixture.softValue - found.mean) * 2 * 65536, relativeVariance, 1e-3))
  }

  // Rewards a million β apart: of two draws either both are the lesser one or β·log 2 is lost.
  @Test func valuesFarApartCostNoMoreThanCloseOnes() {
    let objective = ExactObjective(
      logReference: [log(0.25), log(0.75)], rewards: [1e6, 0], beta: 1)
    let found = logMeanExpMoments(objective: objective, samples: 2)
    let masses = [0.0625, 0.375, 0.5625]
    let values = [1e6, 1e6 - log(2), 0]
    let mean = zip(masses, values).reduce(0) { $0 + $1.0 * $1.1 }
    let variance = zip(masses, values).reduce(0) { $0 + $1.0 * pow($1.1 - mean, 2) }
    #expect(agree(found.mean, mean, 1e-13))
    #expect(agree(found.variance, variance, 1e-11))
  }
}
