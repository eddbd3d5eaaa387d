import Foundation
import PPO
import Testing

@Suite struct ClippedLossesTests {
  func policyLoss(ratio: Double, advantage: Double) -> ClippedPolicyLoss<Double> {
    ClippedPolicyLoss(
      logProbabilities: [log(ratio) - 1.5], old: [-1.5], advantages: [advantage], clipRange: 0.2)
  }

  @Test(arguments: [
    // Schulman (2017), figure 1: the objective is min(ρA, clip(ρ)A); the loss is its negative.
    (1.5, 2.0, -2.4, 1.0),  // good and already likelier: clipped at 1.2
    (0.5, 2.0, -1.0, 0.0),  // good and less likely: not clipped
    (1.5, -2.0, 3.0, 0.0),  // bad and likelier: not clipped
    (0.5, -2.0, 1.6, 1.0),  // bad and already less likely: clipped at 0.8
    (1.1, 2.0, -2.2, 0.0),  // inside the interval
    (0.9, -2.0, 1.8, 0.0),
    (1.5, 0.0, 0.0, 0.0),  // nothing to gain, nothing to clip
  ])
  func lossIsThePessimisticOfBothTerms(
    ratio: Double, advantage: Double, expected: Double, clipped: Double
  ) {
    let loss = policyLoss(ratio: ratio, advantage: advantage)
    #expect(abs(loss.loss - expected) < 1e-14)
    #expect(loss.clippedFraction == clipped)
    #expect(abs(loss.ratios[0] - ratio) < 1e-14)
    #expect(abs(loss.approximateKL - log(ratio) * log(ratio) / 2) < 1e-14)
  }

  @Test func ratioOneClipsNothingAndCostsMinusTheMeanAdvantage() {
    let logProbabilities: [Float] = [-0.7, -12.3, -1e-3, -4.4]
    let loss = ClippedPolicyLoss(
      logProbabilities: logProbabilities, old: logProbabilities, advantages: [1, -2, 3, 0.5],
      clipRange: 0.2)
    #expect(loss.ratios == [1, 1, 1, 1])
    #expect(loss.clippedFraction == 0)
    #expect(loss.approximateKL == 0)
    // −(1 − 2 + 3 + 1/2)/4
    #expect(loss.loss == -0.625)
  }

  @Test func clippedFractionCountsTokens() {
    let ratios = [1.5, 1.0, 0.5, 0.5]
    let loss = ClippedPolicyLoss(
      logProbabilities: ratios.map { log($0) }, old: [0, 0, 0, 0], advantages: [1, 1, 1, -1],
      clipRange: 0.2)
    #expect(loss.clippedFraction == 0.5)
    // (−1.2 − 1 − 0.5 + 0.8)/4
    #expect(abs(loss.loss + 1.9 / 4) < 1e-14)
  }

  @Test(arguments: [
    // value, old, return, ½·max of both squared errors, clipped
    (1.0, 0.0, 2.0, 0.5 * 1.8 * 1.8, 1.0),  // moved towards the return by more than 0.2
    (-1.0, 0.0, 2.0, 0.5 * 9, 0.0),  // moved away: the unclipped error is the larger
    (0.1, 0.0, 2.0, 0.5 * 1.9 * 1.9, 0.0),  // inside the interval
    (3.0, 0.0, 2.0, 0.5 * 1.8 * 1.8, 1.0),  // beyond the return, still worse clipped
  ])
  func valueLossIsThePessimisticOfBothErrors(
    value: Double, old: Double, target: Double, expected: Double, clipped: Double
  ) {
    let loss = ClippedValueLoss(values: [value], old: [old], returns: [target], clipRange: 0.2)
    #expect(abs(loss.loss - expected) < 1e-14)
    #expect(loss.clippedFraction == clipped)
  }

  @Test func valueLossIsHalfTheMeanOverSlots() {
    let loss = ClippedValueLoss(
      values: [1.0, 2, 3], old: [1, 2, 3], returns: [0, 2, 5], clipRange: 0.2)
    #expect(abs(loss.loss - 0.5 * (1 + 0 + 4) / 3) < 1e-15)
  }
}
