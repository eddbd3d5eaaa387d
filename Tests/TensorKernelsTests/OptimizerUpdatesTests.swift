import Foundation
import TensorKernels
import TestSupport
import Testing

@Suite struct OptimizerUpdatesTests {
  @Test func theFirstStepOfAdamIsTheSignOfTheGradient() {
    // Bias corrections make m̂ = g and √v̂ = |g| in step one.
    var (values, mean): ([Double], [Double]) = ([1, 1, 1], [0, 0, 0])
    var square = mean
    let gradient: [Double] = [0.5, -20, 0]
    let step = AdamStep<Double>(
      beta1: 0.9, beta2: 0.999, epsilon: 1e-12, shrinkage: 1, learningRate: 0.1, step: 1)
    do {
      var v = values.mutableSpan
      var m = mean.mutableSpan
      var s = square.mutableSpan
      adamUpdate(step, gradient: gradient.span, mean: &m, square: &s, &v)
    }
    #expect(largestDifference(values, [0.9, 1.1, 1]) < 1e-9)
    #expect(largestDifference(mean, [0.05, -2, 0]) < 1e-15)
    #expect(largestDifference(square, [0.00025, 0.4, 0]) < 1e-15)
  }

  @Test func shrinkageActsOnTheValuesAlone() {
    var (values, mean, square) = ([2.0], [0.0], [0.0])
    let gradient = [0.0]
    let step = AdamStep<Double>(
      beta1: 0.9, beta2: 0.999, epsilon: 1e-8, shrinkage: 0.75, learningRate: 0.1, step: 1)
    do {
      var v = values.mutableSpan
      var m = mean.mutableSpan
      var s = square.mutableSpan
      adamUpdate(step, gradient: gradient.span, mean: &m, square: &s, &v)
    }
    #expect(values == [1.5])
    #expect(mean == [0])
  }

  @Test func rmsPropDividesByTheRunningRoot() {
    var (values, square) = ([1.0], [0.5])
    let gradient = [2.0]
    do {
      var v = values.mutableSpan
      var s = square.mutableSpan
      rmsPropUpdate(
        alpha: 0.75, epsilon: 1e-8, weightDecay: 0, learningRate: 0.1, gradient: gradient.span,
        square: &s, &v)
    }
    #expect(square == [0.75 * 0.5 + 0.25 * 4])
    #expect(abs(values[0] - (1 - 0.2 / (sqrt(1.375) + 1e-8))) < 1e-15)
  }
}
