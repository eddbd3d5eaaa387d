import Autograd
import Foundation
import PPO
import TensorKernels
import TestSupport
import Testing

/// The terms that a policy loss may have besides the clipped surrogate, and its extremes.
@Suite struct LossTermsTests {
  static let places = (0..<12).map { Double($0) }
  let new: [Double] = places.map { -0.6 - 0.4 * sin(1.7 * $0) }
  let old: [Double] = places.map { -0.5 - 0.5 * cos(2.3 * $0) }
  let advantages: [Double] = places.map { 1.3 * sin(2.1 * $0 + 0.4) }
  let weights: [Double] = places.map { 0.05 + 0.01 * $0 }

  func parameters(_ values: [Double], columns: Int = 1) -> ParameterSet<Double> {
    var set = ParameterSet<Double>()
    set.append(
      "x", shape: Shape(rows: values.count / columns, columns: columns), values: values)
    return set
  }

  func gradient(
    _ values: [Double], _ loss: (Tensor<Double>, Tape<Double>) -> Tensor<Double>
  ) -> [Double] {
    let tape = Tape<Double>()
    let x = tape.parameter(values, shape: Shape(rows: values.count, columns: 1))
    tape.backward(from: loss(x, tape))
    return tape.gradient(of: x)
  }

  // MARK: KL

  @Test(arguments: KLEstimator.allCases) func klLossIsTheWeighedSumOfEstimates(
    estimator: KLEstimator
  ) {
    let tape = Tape<Double>()
    let (loss, estimates) = klLoss(
      tape.column(new), reference: old, estimator: estimator, weights: weights, on: tape)
    let values = estimator(policy: new, reference: old)
    #expect(largestDifference(estimates, values) < 1e-15)
    #expect(abs(loss.item - zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 }) < 1e-14)
  }

  @Test(arguments: KLEstimator.allCases) func klGradientIsTheCentralDifference(
    estimator: KLEstimator
  ) {
    let error = gradientCheckError(parameters(new)) { recorded, tape in
      klLoss(recorded["x"], reference: old, estimator: estimator, weights: weights, on: tape).loss
    }
    #expect(error < 1e-7)
  }

  // MARK: Entropy

  @Test func entropyIsThatOfTheSoftmax() {
    // Uniform over four: log 4. (1/2, 1/4, 1/4, 0) at logits log p: 1.5·log 2.
    let tape = Tape<Double>()
    let logits = tape.constant(
      [3, 3, 3, 3, log(0.5), log(0.25), log(0.25), -800], shape: Shape(rows: 2, columns: 4))
    let loss = weightedEntropy(logits: logits, temperature: 1, weights: [1, 10])
    #expect(abs(loss.item - (log(4) + 15 * log(2))) < 1e-12)
  }

  @Test(arguments: [1, 0.7]) func entropyGradientIsTheCentralDifference(temperature: Double) {
    let logits: [Double] = wave(12, phase: 0.8)
    let error = gradientCheckError(parameters(logits, columns: 4)) { recorded, _ in
      weightedEntropy(logits: recorded["x"], temperature: temperature, weights: [0.3, 1.7, -0.4])
    }
    #expect(error < 1e-7)
  }

  @Test func entropyIsTheModelsOwn() {
    // The head's softmax reports its entropies, computed by another kernel.
    let tape = Tape<Double>()
    let hidden = tape.constant(wave(6, phase: 0.1), shape: Shape(rows: 3, columns: 2))
    let head = tape.constant(wave(10, phase: 0.6), shape: Shape(rows: 5, columns: 2))
    let read = hidden.tokenLogProbabilities(head: head, targets: [0, 1, 4], temperature: 0.7)
    let own = weightedEntropy(
      logits: hidden.linear(head), temperature: 0.7, weights: [1, 0.5, 2])
    let expected = zip(read.entropies, [1, 0.5, 2]).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(own.item - expected) < 1e-12)
  }

  // MARK: Weights, levels, dual clip

  @Test func weightsOfTokensAddUpAsTheirReductionSays() {
    func weights(_ reduction: LossReduction) -> [Double] {
      reduction.weights(lengths: [1, 3], tokens: 8, completions: 4)
    }
    #expect(weights(.tokenMean) == [0.125, 0.125, 0.125, 0.125])
    #expect(weights(.completionSum) == [0.25, 0.25, 0.25, 0.25])
    #expect(
      largestDifference(weights(.completionMean), [0.25, 1 / 12.0, 1 / 12.0, 1 / 12.0]) < 1e-16)
  }

  @Test func weightsAreThoseOfTheTerms() {
    // With a weight for each term, Σ w·max(−A·ρ, −A·clip(ρ)).
    let terms = zip(zip(new, old).map { exp($0 - $1) }, advantages).map {
      max(-$1 * $0, -$1 * min(max($0, 0.8), 1.2))
    }
    let (loss, reading) = policyLoss(new, old: old, advantages: advantages, weights: weights)
    let expected = zip(terms, weights).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(loss - expected) < 1e-14)
    #expect(abs(reading.sum(weighedBy: weights) - expected) < 1e-14)
    #expect(abs(reading.mean - terms.reduce(0, +) / 12) < 1e-14)
  }

  @Test func sequenceRatiosAreProductsOfTokenRatios() {
    // Two completions of two tokens: ρ = e^{0.3} and e^{−0.7}; clipped to 1.2 and 0.8 by A = 1, −1.
    let tape = Tape<Double>()
    let loss = clippedPolicyLoss(
      logRatios: tape.column([0.1, 0.2, -0.3, -0.4]).segmentSums(Segments(lengths: [2, 2])),
      advantages: [1, -1], weights: [0.5, 0.5], clipRange: 0.2, on: tape
    ).loss
    #expect(abs(loss.item - 0.5 * (-1.2 + 0.8)) < 1e-15)
  }

  @Test func dualClipBoundsNegativeAdvantages() {
    // Ye (2020), equation 5: ρ = 10, A = −1 costs 10 without and c = 3 with it; A = 1 costs −1.2.
    let (logRatios, signs) = ([log(10.0), log(10.0)], [-1.0, 1])
    let plain = policyLoss(logRatios, old: [0, 0], advantages: signs)
    let dual = policyLoss(logRatios, old: [0, 0], advantages: signs, dualClip: 3)
    #expect(abs(plain.loss - (10 - 1.2) / 2) < 1e-14 && abs(dual.loss - (3 - 1.2) / 2) < 1e-14)
    #expect(abs(dual.reading.mean - (3 - 1.2) / 2) < 1e-14)
  }

  func boundedLoss(_ new: Tensor<Double>, on tape: Tape<Double>) -> Tensor<Double> {
    clippedPolicyLoss(
      logRatios: new - tape.column(old), advantages: advantages, weights: weights, clipRange: 0.2,
      dualClip: 1.5, on: tape
    ).loss
  }

  @Test func dualClipGradientIsTheCentralDifference() {
    // Ratios up to 4 with advantages of both signs.
    let far = zip(old, Self.places).map { $0 + 0.6 * sin($1) + 0.7 }
    let error = gradientCheckError(parameters(far)) { recorded, tape in
      boundedLoss(recorded["x"], on: tape)
    }
    #expect(error < 1e-7)
    let measured = gradient(far) { boundedLoss($0, on: $1) }
    let bounded = zip(zip(far, old), advantages).map { exp($0.0 - $0.1) > 1.5 && $1 < 0 }
    #expect(bounded.contains(true))
    for (slope, isBounded) in zip(measured, bounded) where isBounded { #expect(slope == 0) }
  }

  // MARK: Extremes

  @Test func log500RatiosAreFiniteWhereTheFormulaIs() {
    // exp(500) has no Float; with A ≥ 0 the clipped term decides, and with A < 0 nothing does.
    let (loss, reading) = policyLoss(
      [Float(500), 500, -500, -500], old: [0, 0, 0, 0], advantages: [1, 0, 1, -1])
    // −1.2, 0, max(0, −0.8) = 0 … ρ = 0: −A·ρ = 0 and −A·0.8 = −0.8; for A = −1: 0.8.
    #expect(abs(loss - (-1.2 + 0 + 0 + 0.8) / 4) < 1e-6)
    #expect(abs(reading.mean - (-1.2 + 0 + 0 + 0.8) / 4) < 1e-6)
    #expect(reading.ratios == [.infinity, .infinity, 0, 0])
    #expect(reading.overflow == RatioOverflow(item: 0, logRatio: 500))
    #expect(reading.overflow?.description.contains("exp(500") == true)
    let unbounded = policyLoss([Float(500)], old: [0], advantages: [-1])
    #expect(unbounded.loss == .infinity && unbounded.reading.mean == .infinity)
    #expect(unbounded.reading.overflow != nil)
    let double = policyLoss([500.0], old: [0], advantages: [-1])
    #expect(double.loss == exp(500) && double.reading.overflow == nil)
  }

  @Test func tapeHasNoNaNAtAnyRatio() {
    let tape = Tape<Float>()
    let x = tape.parameter([500, 500, -500, -500], shape: Shape(rows: 4, columns: 1))
    let loss = clippedPolicyLoss(
      logRatios: x, advantages: [1, 0, 1, -1], weights: [0.25, 0.25, 0.25, 0.25], clipRange: 0.2,
      on: tape
    ).loss
    #expect(abs(loss.item - (-1.2 + 0 + 0 + 0.8) / 4) < 1e-6)
    tape.backward(from: loss)
    #expect(tape.gradient(of: x) == [0, 0, 0, 0])
  }

  @Test func dualClipBoundsEvenAnOverflow() {
    let tape = Tape<Float>()
    let x = tape.parameter([500], shape: .scalar)
    let (loss, reading) = clippedPolicyLoss(
      logRatios: x, advantages: [-1], weights: [1], clipRange: 0.2, dualClip: 3, on: tape)
    tape.backward(from: loss)
    #expect(loss.item == 3 && tape.gradient(of: x) == [0])
    #expect(reading.mean == 3 && reading.overflow != nil)
  }

  @Test func aSquaredValueLossIsTheClippedOneWithoutBounds() {
    let (loss, reading) = valueLoss(
      [3.0, -2], old: [0, 0], returns: [1, 1], clipRange: .infinity)
    // ½·(2² + 3²)/2
    #expect(abs(loss - 13.0 / 4) < 1e-15 && abs(reading.loss - 13.0 / 4) < 1e-15)
    #expect(reading.clippedFraction == 0)
  }
}
