import Foundation
import PPO
import Testing

@Suite struct KLPenaltyTests {
  let policy = TabularPolicy(phase: 0.3, scale: 1.1)
  let reference = TabularPolicy(phase: 1.9, scale: 0.7)

  /// KL(π‖π₀) as its definition says, Σ π·log(π/π₀) over whole completions.
  var exactKL: Double {
    policy.expectation {
      policy.logProbabilities($0).reduce(0, +) - reference.logProbabilities($0).reduce(0, +)
    }
  }

  @Test func probabilitiesOfAllCompletionsSumToOne() {
    #expect(abs(policy.expectation { _ in 1 } - 1) < 1e-12)
    #expect(exactKL > 0.1)
  }

  @Test(arguments: [KLEstimator.k1, .k3])
  func estimatorIsUnbiased(estimator: KLEstimator) {
    let mean = policy.expectation { completion in
      estimator(
        policy: policy.logProbabilities(completion),
        reference: reference.logProbabilities(completion)
      ).reduce(0, +)
    }
    #expect(abs(mean - exactKL) < 1e-12)
  }

  @Test func k1GoesNegativeAndTheOthersNeverDo() {
    let estimates = TabularPolicy.completions.map { completion in
      KLEstimator.allCases.map {
        $0(
          policy: policy.logProbabilities(completion),
          reference: reference.logProbabilities(completion)
        ).min() ?? 0
      }
    }
    #expect(estimates.contains { $0[0] < 0 })
    #expect(estimates.allSatisfy { $0[1] >= 0 && $0[2] >= 0 })
  }

  @Test func k2IsBiasedByAThirdOrderTerm() {
    // E k2 − KL = E[½d² − d] for d = log π/π₀, of order d³: halving the distance divides it by eight.
    func bias(_ distance: Double) -> Double {
      let near = TabularPolicy(phase: 0.3, scale: 1.1, shiftedBy: distance)
      return policy.expectation { completion in
        let new = policy.logProbabilities(completion)
        let old = near.logProbabilities(completion)
        return KLEstimator.k2(policy: new, reference: old).reduce(0, +)
          - KLEstimator.k1(policy: new, reference: old).reduce(0, +)
      }
    }
    #expect(abs(bias(0.04)) > 1e-9)
    #expect(abs(bias(0.04) / bias(0.02) - 8) < 0.5)
  }

  @Test(arguments: KLEstimator.allCases)
  func equalPoliciesHaveAnEstimateOfExactlyZero(estimator: KLEstimator) {
    #expect(estimator(policy: [Float(-0.3), -7.1], reference: [-0.3, -7.1]) == [0, 0])
  }

  @Test func k3IsItsFormula() {
    // π = 1/2 and π₀ = 1/8: k3 = 1/4 − 1 + log 4.
    let k3 = KLEstimator.k3(policy: log(0.5), reference: log(0.125))
    #expect(abs(k3 - (0.25 - 1 + log(4))) < 1e-15)
    #expect(
      abs(KLEstimator.k2(policy: log(0.5), reference: log(0.125)) - 2 * log(2) * log(2)) < 1e-15)
  }

  func coefficient(_ control: KLControl) -> KLCoefficient {
    var configuration = PPOConfiguration()
    configuration.klPenalty = 0.2
    configuration.klControl = control
    return KLCoefficient(configuration)
  }

  @Test(arguments: [
    // e = 9/6 − 1 = 0.5, clipped to 0.2
    (9.0, 256, 0.2 * (1 + 0.2 * 256 / 10_000)),
    // e = 5.4/6 − 1 = −0.1
    (5.4, 256, 0.2 * (1 - 0.1 * 256 / 10_000)),
    // e = 0/6 − 1 = −1, clipped to −0.2
    (0.0, 64, 0.2 * (1 - 0.2 * 64 / 10_000)),
    // on target
    (6.0, 512, 0.2),
  ])
  func adaptiveCoefficientIsZieglersController(kl: Double, rollouts: Int, expected: Double) {
    var coefficient = coefficient(.adaptive)
    coefficient.adapt(toKL: kl, over: rollouts)
    #expect(abs(coefficient.value - expected) < 1e-15)
  }

  @Test func fixedCoefficientStays() {
    var coefficient = coefficient(.fixed)
    coefficient.adapt(toKL: 100, over: 10_000)
    #expect(coefficient.value == 0.2)
  }

  @Test func controllerDrivesAProportionalSystemToItsTarget() {
    // A system whose KL is 0.6/β: the controller must settle at β = 0.6/6 = 0.1.
    var coefficient = coefficient(.adaptive)
    for _ in 0..<2000 { coefficient.adapt(toKL: 0.6 / coefficient.value, over: 256) }
    #expect(abs(coefficient.value - 0.1) < 1e-3)
  }
}
