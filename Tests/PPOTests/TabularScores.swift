import Autograd
import Foundation
import TensorKernels

/// The policy of ``TabularPolicy`` on a tape: one row of logits for each of 13 prefixes.
///
/// Every completion has three tokens, so that all batches of rollouts can be listed and the mean of
/// a loss's gradient is a finite sum.
struct TabularScores {
  var logits: [Double]

  static let prefixes: [[Int]] =
    [[]] + (0..<3).map { [$0] } + (0..<3).flatMap { a in (0..<3).map { [a, $0] } }

  init(phase: Double) {
    logits = (0..<39).map { 0.8 * sin(phase + 1.3 * Double($0)) }
  }

  /// The rows of a completion's three states.
  private static func rows(_ completion: [Int]) -> [Int] {
    completion.indices.map { t in
      prefixes.firstIndex(of: Array(completion.prefix(t))) ?? 0
    }
  }

  /// log π of each token of a completion.
  func logProbabilities(_ completion: [Int]) -> [Double] {
    zip(Self.rows(completion), completion).map { row, token in
      let values = logits[row * 3..<row * 3 + 3]
      return values[row * 3 + token] - log(values.reduce(0) { $0 + exp($1) })
    }
  }

  /// The probability of a completion.
  func probability(_ completion: [Int]) -> Double { exp(logProbabilities(completion).reduce(0, +)) }

  /// The gradient of a loss on completions; the loss sees log π of their tokens as a column.
  func gradient(
    _ completions: [[Int]], of loss: (Tensor<Double>, Tape<Double>) -> Tensor<Double>
  ) -> [Double] {
    let tape = Tape<Double>()
    let table = tape.parameter(logits, shape: Shape(rows: 13, columns: 3))
    let identity = tape.constant([1, 0, 0, 0, 1, 0, 0, 0, 1], shape: Shape(rows: 3, columns: 3))
    let read = table.rows(completions.flatMap(Self.rows)).tokenLogProbabilities(
      head: identity, targets: completions.flatMap { $0 }, temperature: 1)
    tape.backward(from: loss(read.logProbabilities, tape))
    return tape.gradient(of: table)
  }

  /// The gradient of a number by central differences in every logit.
  func differences(_ value: (TabularScores) -> Double) -> [Double] {
    logits.indices.map { i in
      var (above, below) = (self, self)
      above.logits[i] += 1e-5
      below.logits[i] -= 1e-5
      return (value(above) - value(below)) / 2e-5
    }
  }

  /// The expectation over one completion.
  func expectation(_ quantity: ([Int]) -> Double) -> Double {
    TabularPolicy.completions.reduce(0) { $0 + probability($1) * quantity($1) }
  }

  /// The mean of an estimate over all batches of two completions.
  func meanOverPairs(_ estimate: ([[Int]]) throws -> [Double]) rethrows -> [Double] {
    var mean = [Double](repeating: 0, count: logits.count)
    for first in TabularPolicy.completions {
      for second in TabularPolicy.completions {
        let weight = probability(first) * probability(second)
        let value = try estimate([first, second])
        for i in mean.indices { mean[i] += weight * value[i] }
      }
    }
    return mean
  }
}
