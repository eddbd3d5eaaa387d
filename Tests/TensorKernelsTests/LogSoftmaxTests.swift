import Foundation
import TensorKernels
import TestSupport
import Testing

@Suite struct LogSoftmaxTests {
  private func softmax(
    _ logits: [Double], targets: [Int], temperature: Double = 1
  ) -> ([Double], TokenStatistics<Double>) {
    var logits = logits
    var span = logits.mutableSpan
    let statistics = softmaxInPlace(&span, targets: targets, temperature: temperature)
    return (logits, statistics)
  }

  @Test(arguments: [0.5, 1, 3])
  func statisticsFollowTheirDefinitions(temperature: Double) {
    let logits: [Double] = wave(3 * 21, phase: 1).map { 4 * $0 }
    let targets = [20, 0, 7]
    let (probabilities, statistics) = softmax(logits, targets: targets, temperature: temperature)
    for row in 0..<3 {
      let z = logits[row * 21..<(row + 1) * 21].map { $0 / temperature }
      let total = z.reduce(0) { $0 + exp($1) }
      let p = z.map { exp($0) / total }
      #expect(largestDifference(Array(probabilities[row * 21..<(row + 1) * 21]), p) < 1e-15)
      #expect(abs(statistics.logProbabilities[row] - (z[targets[row]] - log(total))) < 1e-13)
      #expect(abs(statistics.entropies[row] + p.reduce(0) { $0 + $1 * log($1) }) < 1e-13)
      #expect(abs(statistics.meanLogits[row] - z.reduce(0, +) / 21) < 1e-13)
    }
  }

  @Test func equalLogitsHaveTheEntropyOfAUniformChoice() {
    let (_, statistics) = softmax([Double](repeating: 3, count: 8), targets: [5])
    #expect(abs(statistics.entropies[0] - log(8)) < 1e-15)
    #expect(abs(statistics.logProbabilities[0] + log(8)) < 1e-15)
  }

  @Test func thePredictedTokenIsTheFirstOfTheLargest() {
    let logits: [Double] = [1, 5, 5, 0, 1, 5, 5, 0, 1, 5, 5, 0]
    let (_, statistics) = softmax(logits, targets: [1, 2, 0])
    #expect(statistics.arePredicted == [true, false, false])
  }

  @Test func largeLogitsNeitherOverflowNorLoseTheirDifference() {
    var logits: [Float] = [1e4, 1e4 - 1, -1e4]
    var span = logits.mutableSpan
    let statistics = softmaxInPlace(&span, targets: [1], temperature: 1)
    #expect(abs(statistics.logProbabilities[0] - Float(-1 - log1p(exp(-1.0)))) < 1e-6)
    #expect(logits.allSatisfy { $0.isFinite })
  }

  @Test func aLogitThatIsNotANumberReachesTheLoss() {
    var logits: [Float] = [1, .nan, 2]
    var span = logits.mutableSpan
    let statistics = softmaxInPlace(&span, targets: [0], temperature: 1)
    #expect(statistics.logProbabilities[0].isNaN)
  }

  @Test func theDerivativeIsOneHotMinusProbabilities() {
    var probabilities: [Double] = [0.2, 0.3, 0.5]
    let slope = [6.0]
    var span = probabilities.mutableSpan
    softmaxDerivativeInPlace(&span, targets: [1], temperature: 2, outputGradient: slope.span)
    #expect(largestDifference(probabilities, [-0.6, 3 * 0.7, -1.5]) < 1e-15)
  }

  @Test func noRowsGiveNoStatistics() {
    let (_, statistics) = softmax([], targets: [])
    #expect(statistics.logProbabilities.isEmpty)
  }
}
