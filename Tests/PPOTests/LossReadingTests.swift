import Autograd
import Foundation
import PPO
import TensorKernels
import Testing

/// The policy loss of log-probabilities in plain arrays; terms weigh the same unless weights are given.
func policyLoss<Scalar: TensorScalar>(
  _ logProbabilities: [Scalar], old: [Scalar], advantages: [Scalar], dualClip: Scalar? = nil,
  weights: [Scalar]? = nil
) -> (loss: Scalar, reading: PolicyLossReading<Scalar>) {
  let tape = Tape<Scalar>()
  let (loss, reading) = clippedPolicyLoss(
    logRatios: tape.column(logProbabilities) - tape.column(old), advantages: advantages,
    weights: weights ?? old.map { _ in 1 / Scalar(old.count) }, clipRange: 0.2, dualClip: dualClip,
    on: tape)
  return (loss.item, reading)
}

/// The value loss of values in plain arrays.
func valueLoss<Scalar: TensorScalar>(
  _ values: [Scalar], old: [Scalar], returns: [Scalar], clipRange: Scalar = 0.2
) -> (loss: Scalar, reading: ValueLossReading<Scalar>) {
  let tape = Tape<Scalar>()
  let (loss, reading) = clippedValueLoss(
    tape.column(values), old: old, returns: returns, clipRange: clipRange, count: values.count,
    on: tape)
  return (loss.item, reading)
}

/// What the losses hand back beside themselves.
@Suite struct LossReadingTests {
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
    let (loss, reading) = policyLoss([log(ratio) - 1.5], old: [-1.5], advantages: [advantage])
    #expect(abs(loss - expected) < 1e-14 && abs(reading.mean - expected) < 1e-14)
    #expect(reading.clippedFraction == clipped)
    #expect(abs(reading.ratios[0] - ratio) < 1e-14)
    #expect(abs(reading.approximateKL - log(ratio) * log(ratio) / 2) < 1e-14)
  }

  @Test func ratioOneClipsNothingAndCostsMinusTheMeanAdvantage() {
    let logProbabilities: [Float] = [-0.7, -12.3, -1e-3, -4.4]
    let (loss, reading) = policyLoss(
      logProbabilities, old: logProbabilities, advantages: [1, -2, 3, 0.5])
    #expect(reading.ratios == [1, 1, 1, 1])
    #expect(reading.clippedFraction == 0)
    #expect(reading.approximateKL == 0)
    // −(1 − 2 + 3 + 1/2)/4
    #expect(loss == -0.625 && reading.mean == -0.625)
  }

  @Test func clippedFractionCountsTokens() {
    let ratios = [1.5, 1.0, 0.5, 0.5]
    let (loss, reading) = policyLoss(
      ratios.map { log($0) }, old: [0, 0, 0, 0], advantages: [1, 1, 1, -1])
    #expect(reading.clippedFraction == 0.5)
    // (−1.2 − 1 − 0.5 + 0.8)/4
    #expect(abs(loss + 1.9 / 4) < 1e-14)
    // Weights of 1, 2, 3, 4: −1.2 − 2 − 1.5 + 3.2.
    let weighed = policyLoss(
      ratios.map { log($0) }, old: [0, 0, 0, 0], advantages: [1, 1, 1, -1], weights: [1, 2, 3, 4])
    #expect(abs(weighed.loss + 1.5) < 1e-14)
    #expect(abs(weighed.reading.sum(weighedBy: [1, 2, 3, 4]) + 1.5) < 1e-14)
    #expect(abs(weighed.reading.mean + 1.9 / 4) < 1e-14)
  }

  @Test func readingsOfShardsAreThatOfTheirMinibatch() {
    let (new, old, advantages) = ([0.3, -0.4, 0.1], [0.0, 0, 0.05], [1.0, -1, 0.5])
    let parts = [0..<1, 1..<3].map {
      policyLoss(Array(new[$0]), old: Array(old[$0]), advantages: Array(advantages[$0])).reading
    }
    let (joined, whole) = (
      PolicyLossReading(parts), policyLoss(new, old: old, advantages: advantages).reading
    )
    #expect(joined.ratios == whole.ratios && joined.mean == whole.mean)
    #expect(joined.clippedFraction == whole.clippedFraction && joined.clippedFraction > 0)
    #expect(joined.approximateKL == whole.approximateKL)
    let errors = [0..<1, 1..<3].map {
      valueLoss(Array(new[$0]), old: Array(old[$0]), returns: Array(advantages[$0])).reading
    }
    let error = valueLoss(new, old: old, returns: advantages).reading
    #expect(ValueLossReading(errors).loss == error.loss && error.loss > 0)
    #expect(ValueLossReading(errors).clippedFraction == error.clippedFraction)
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
    let (loss, reading) = valueLoss([value], old: [old], returns: [target])
    #expect(abs(loss - expected) < 1e-14 && abs(reading.loss - expected) < 1e-14)
    #expect(reading.clippedFraction == clipped)
  }

  @Test func valueLossIsHalfTheMeanOverSlots() {
    let (loss, reading) = valueLoss([1.0, 2, 3], old: [1, 2, 3], returns: [0, 2, 5])
    #expect(abs(loss - 0.5 * (1 + 0 + 4) / 3) < 1e-15 && abs(reading.loss - loss) < 1e-15)
  }
}
