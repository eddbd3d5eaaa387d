import Autograd
import DPO
import TensorKernels

/// A softmax policy over a few completions on a tape, so that the library's losses see it.
///
///     log q = log softmax(base + Φ·θ)
struct TapedPolicy {
  /// The tape of one recording.
  let tape = Tape<Double>()
  /// The parameters θ, a row.
  let weights: Tensor<Double>
  private let logits: Tensor<Double>

  /// A policy that is linear in the features; a table of logits where none are given.
  init(base: [Double], features: [[Double]]? = nil, weights: [Double]? = nil) {
    let count = base.count
    let rows = features ?? unitVectors(count)
    let width = rows.first?.count ?? 0
    self.weights = tape.parameter(
      weights ?? [Double](repeating: 0, count: width), shape: Shape(rows: 1, columns: width))
    let matrix = tape.constant(rows.flatMap(\.self), shape: Shape(rows: count, columns: width))
    logits = tape.column(base) + matrix.linear(self.weights)
  }

  /// log q of each of these completions, a column.
  func logProbabilities(of completions: [Int]) -> Tensor<Double> {
    tape.column([Double](repeating: 1, count: completions.count))
      .tokenLogProbabilities(head: logits, targets: completions, temperature: 1).logProbabilities
  }

  /// What preference losses see of some pairs.
  func pairs(_ pairs: [CompletionPair], logReference: [Double]) -> PairLogProbabilities<Double> {
    PairLogProbabilities(
      policyChosen: logProbabilities(of: pairs.map(\.chosen)),
      policyRejected: logProbabilities(of: pairs.map(\.rejected)),
      referenceChosen: tape.column(pairs.map { logReference[$0.chosen] }),
      referenceRejected: tape.column(pairs.map { logReference[$0.rejected] }))
  }

  /// The gradient of a loss in θ; once a tape.
  func gradient(of loss: Tensor<Double>) -> [Double] {
    tape.backward(from: loss)
    return tape.gradient(of: weights)
  }
}

/// Two completions of one prompt, by number.
struct CompletionPair {
  var chosen, rejected: Int

  /// Every ordered pair, ties included.
  static func all(of count: Int) -> [CompletionPair] {
    tuples(2, below: count).map { CompletionPair(chosen: $0[0], rejected: $0[1]) }
  }
}

/// The rows of an identity matrix.
func unitVectors(_ count: Int) -> [[Double]] {
  (0..<count).map { row in (0..<count).map { $0 == row ? 1 : 0 } }
}
