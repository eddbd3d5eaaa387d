import Foundation
import PPO
import Testing

@Suite struct AdvantagesTests {
  let rewards = [0.3, -1.2, 0.0, 2.5, -0.7]
  let values = [0.1, 0.9, -0.4, 1.3, 0.2]
  let discount = 0.97

  /// δₜ = rₜ + γ·V(sₜ₊₁) − V(sₜ), with nothing after the last slot.
  var surprises: [Double] {
    rewards.indices.map { t in
      rewards[t] + discount * (t + 1 < values.count ? values[t + 1] : 0) - values[t]
    }
  }

  @Test(arguments: [0, 0.5, 0.95, 1])
  func advantagesAreTheDiscountedSumOfSurprises(lambda: Double) {
    // Schulman (2016), equation 16, as the sum Σ (γλ)ˡ·δₜ₊ₗ.
    let expected = rewards.indices.map { t in
      surprises[t...].enumerated().map { pow(discount * lambda, Double($0)) * $1 }.reduce(0, +)
    }
    let advantages = generalizedAdvantages(
      rewards: rewards, values: values, discount: discount, lambda: lambda)
    #expect(largestDifference(advantages, expected) < 1e-14)
  }

  @Test func lambdaOneIsMonteCarloReturnMinusValue() {
    let advantages = generalizedAdvantages(
      rewards: rewards, values: values, discount: discount, lambda: 1)
    let sampledReturns = rewards.indices.map { t in
      rewards[t...].enumerated().map { pow(discount, Double($0)) * $1 }.reduce(0, +)
    }
    #expect(largestDifference(advantages, zip(sampledReturns, values).map { $0 - $1 }) < 1e-14)
    #expect(
      largestDifference(returns(advantages: advantages, values: values), sampledReturns) < 1e-14)
  }

  @Test func lambdaZeroIsTheTemporalDifference() {
    let advantages = generalizedAdvantages(
      rewards: rewards, values: values, discount: discount, lambda: 0)
    #expect(largestDifference(advantages, surprises) < 1e-15)
  }

  @Test func slotAfterTheEndDelaysTheScoreByGammaLambda() {
    // One token, then the slot with the score: A₀ = γλ·s with values of zero.
    let advantages = generalizedAdvantages(
      rewards: [0, 2.0], values: [0, 0], discount: 0.9, lambda: 0.8)
    #expect(largestDifference(advantages, [0.9 * 0.8 * 2, 2]) < 1e-15)
  }

  @Test func exactValuesLeaveNoAdvantage() {
    // A deterministic chain whose values are its returns: every surprise is zero at any λ.
    let exact = [3.0, 3, 2, 2]
    let advantages = generalizedAdvantages(
      rewards: [0, 1, 0, 2], values: exact, discount: 1, lambda: 0.3)
    #expect(largestDifference(advantages, [0, 0, 0, 0]) < 1e-15)
  }

  @Test(arguments: [
    // a perfect baseline, a constant, and the returns' mirror image: 1 − 4·Var/Var
    ([1.0, 2.0, 4.0], 1.0), ([5.0, 5.0, 5.0], 0.0), ([-1.0, -2.0, -4.0], -3.0),
  ])
  func explainedVarianceIsOneMinusResidualOverTotal(values: [Double], expected: Double) {
    #expect(abs(explainedVariance(returns: [1, 2, 4], values: values) - expected) < 1e-15)
  }

  @Test func explainedVarianceOfConstantReturnsIsUndefined() {
    #expect(explainedVariance(returns: [2, 2], values: [1.0, 3]).isNaN)
  }
}
