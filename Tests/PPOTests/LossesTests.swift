import Autograd
import Foundation
import PPO
import TensorKernels
import TestSupport
import Testing

@Suite struct LossesTests {
  static let places = (0..<12).map { Double($0) }
  // Ratios from 0.55 to 1.8 around both ends of the interval, none nearer than 0.01 to a kink.
  let ratios: [Double] = places.map { 0.55 + 0.1137 * $0 }
  let old: [Double] = places.map { -0.4 - 0.3 * sin($0) }
  let advantages: [Double] = places.map { 1.3 * sin(2.1 * $0 + 0.4) }
  var new: [Double] { zip(old, ratios).map { $0 + log($1) } }

  // Values on both sides of the interval of ±0.2 around the old ones, and of the returns.
  let oldValues: [Double] = places.map { cos(1.3 * $0) }
  let moves: [Double] = places.map { 0.45 * sin(2.9 * $0 + 0.2) }
  let surprises: [Double] = places.map { 0.7 * sin(1.9 * $0 + 1) }
  var newValues: [Double] { zip(oldValues, moves).map { $0 + $1 } }
  var returns: [Double] { zip(oldValues, surprises).map { $0 + $1 } }

  func parameters(_ values: [Double]) -> ParameterSet<Double> {
    var set = ParameterSet<Double>()
    set.append("x", shape: Shape(rows: values.count, columns: 1), values: values)
    return set
  }

  func policyLoss(_ x: Tensor<Double>, _ range: Range<Int>, on tape: Tape<Double>) -> Tensor<Double>
  {
    clippedPolicyLoss(
      logRatios: x - tape.column(Array(old[range])), advantages: Array(advantages[range]),
      weights: range.map { _ in 1.0 / 12 }, clipRange: 0.2, on: tape
    ).loss
  }

  func valueLoss(_ x: Tensor<Double>, _ range: Range<Int>, on tape: Tape<Double>) -> Tensor<Double>
  {
    clippedValueLoss(
      x, old: Array(oldValues[range]), returns: Array(returns[range]), clipRange: 0.2, count: 12,
      on: tape
    ).loss
  }

  func gradient(
    _ values: [Double], _ loss: (Tensor<Double>, Tape<Double>) -> Tensor<Double>
  ) -> [Double] {
    let tape = Tape<Double>()
    let x = tape.parameter(values, shape: Shape(rows: values.count, columns: 1))
    tape.backward(from: loss(x, tape))
    return tape.gradient(of: x)
  }

  @Test func policyLossIsTheFormula() {
    // max(−A·ρ, −A·clip(ρ, 0.8, 1.2)), its clipped share neither none nor all.
    let terms = zip(ratios, advantages).map { max(-$1 * $0, -$1 * min(max($0, 0.8), 1.2)) }
    let tape = Tape<Double>()
    let loss = policyLoss(tape.column(new), 0..<12, on: tape).item
    #expect(abs(loss - terms.reduce(0, +) / 12) < 1e-14)
    let share = PPOTests.policyLoss(new, old: old, advantages: advantages).reading.clippedFraction
    #expect(share > 0.2 && share < 0.8)
  }

  @Test func valueLossIsTheFormula() {
    let errors = zip(zip(newValues, oldValues), returns).map { pair, target in
      let clipped = min(max(pair.0, pair.1 - 0.2), pair.1 + 0.2)
      return max((pair.0 - target) * (pair.0 - target), (clipped - target) * (clipped - target))
    }
    let tape = Tape<Double>()
    let loss = valueLoss(tape.column(newValues), 0..<12, on: tape).item
    #expect(abs(loss - errors.reduce(0, +) / 24) < 1e-14)
    let share = PPOTests.valueLoss(newValues, old: oldValues, returns: returns).reading
      .clippedFraction
    #expect(share > 0 && share < 1)
  }

  @Test func shardsAddUpToTheMinibatch() {
    let tape = Tape<Double>()
    let whole = policyLoss(tape.column(new), 0..<12, on: tape).item
    let parts = [0..<5, 5..<6, 6..<12].map {
      policyLoss(tape.column(Array(new[$0])), $0, on: tape).item
    }
    #expect(abs(parts.reduce(0, +) - whole) < 1e-15)
    let error = valueLoss(tape.column(newValues), 0..<12, on: tape).item
    let errors = [0..<5, 5..<6, 6..<12].map {
      valueLoss(tape.column(Array(newValues[$0])), $0, on: tape).item
    }
    #expect(abs(errors.reduce(0, +) - error) < 1e-15)
  }

  @Test func policyGradientIsTheCentralDifference() {
    let error = gradientCheckError(parameters(new)) { recorded, tape in
      policyLoss(recorded["x"], 0..<12, on: tape)
    }
    #expect(error < 1e-7)
  }

  @Test func valueGradientIsTheCentralDifference() {
    let error = gradientCheckError(parameters(newValues)) { recorded, tape in
      valueLoss(recorded["x"], 0..<12, on: tape)
    }
    #expect(error < 1e-7)
  }

  @Test func policyGradientIsMinusRatioTimesAdvantageUnlessClipped() {
    let expected: [Double] = zip(ratios, advantages).map { ratio, advantage in
      let isClipped = advantage > 0 ? ratio > 1.2 : ratio < 0.8
      return isClipped ? 0 : -ratio * advantage / 12
    }
    #expect(expected.contains(0))
    let measured = gradient(new) { policyLoss($0, 0..<12, on: $1) }
    #expect(largestDifference(measured, expected) < 1e-15)
  }

  @Test func policyGradientAtRatioOneIsTheAdvantage() {
    let measured = gradient(old) { policyLoss($0, 0..<12, on: $1) }
    #expect(largestDifference(measured, advantages.map { -$0 / 12 }) < 1e-16)
  }
}
