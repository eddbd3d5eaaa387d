import Autograd
import LanguageModel
import TensorKernels
import Testing
import Tokenization

@Suite struct SequenceBatchTests {
  private let batch = SequenceBatch([
    TokenSequence(prompt: [1, 5], completion: [6, 2]),
    TokenSequence(prompt: [1], completion: []),
    TokenSequence(prompt: [1], completion: [3]),
  ])

  @Test func sequencesLieEndToEndAndACommonBeginningIsThereOnce() {
    #expect(batch.tokens == [1, 5, 6, 2, 1, 3])
    #expect(batch.segments.offsets == [0, 4, 5, 6])
    #expect(batch.prefixes == [0..<0, 4..<4, 4..<5])
    #expect(batch.count == 3)
    #expect(batch.sequenceLengths == [4, 1, 2])
  }

  @Test func theRowBeforeATokenPredictsIt() {
    #expect(batch.predictionRows == [1, 2, 4])
    #expect(batch.targets == [6, 2, 3])
    #expect(batch.completions.offsets == [0, 2, 2, 3])
    for (row, target) in zip(batch.predictionRows, batch.targets) {
      #expect(batch.tokens[row + 1] == target)
    }
  }

  @Test func statesAreThePredictionRowsAndTheLastOne() {
    #expect(batch.stateRows == [1, 2, 3, 4, 4, 5])
    #expect(batch.states.offsets == [0, 3, 4, 6])
    #expect(batch.lastRows == [3, 4, 5])
  }

  /// Chosen and rejected, a third completion, another prompt, and the first sequence again.
  private static let related = [
    TokenSequence(prompt: [1, 5, 4], completion: [6, 3, 2]),
    TokenSequence(prompt: [1, 5, 4], completion: [6, 5, 3, 2]),
    TokenSequence(prompt: [1, 5, 4], completion: [2]),
    TokenSequence(prompt: [1, 5], completion: [4, 6, 2]),
    TokenSequence(prompt: [1, 5, 4], completion: [6, 3, 2]),
    TokenSequence(prompt: [1, 5, 4], completion: [6]),
  ]

  @Test func whatSequencesHaveInCommonIsWhatTheyBeginWith() {
    let batch = SequenceBatch(Self.related)
    #expect(batch.tokens == [1, 5, 4, 6, 3, 2, 5, 3, 2, 2, 1, 5, 4, 6, 2])
    #expect(batch.prefixes == [0..<0, 0..<4, 0..<3, 10..<10, 0..<6, 0..<4])
    #expect(batch.sequenceLengths == Self.related.map(\.tokens.count))
    for (i, sequence) in Self.related.enumerated() {
      let rows = sequence.tokens.indices.map { batch.row(ofToken: $0, in: i) }
      #expect(rows.map { batch.tokens[$0] } == sequence.tokens)
      #expect(batch.stateRows[batch.states[i]].elementsEqual(rows[(sequence.prompt.count - 1)...]))
      #expect(batch.lastRows[i] == rows.last)
    }
  }

  /// Weights of 128 × 384 values or fewer go through tiles whose rows do not depend on each other.
  @Test func aCommonBeginningChangesNoBitOfALogProbability() {
    let model = tinyModel(as: Float.self)
    let (tape, batch) = (Tape<Float>(), SequenceBatch(Self.related))
    let together = model.tokenLogProbabilities(batch, tape.record(model.parameters), on: tape)
      .logProbabilities.values
    for (i, sequence) in Self.related.enumerated() {
      #expect(
        Array(together[batch.completions[i]]) == model.logProbabilities(of: [sequence])[0])
    }
  }

  @Test func gradientsOfACommonBeginningAddUp() {
    let model = tinyModel(as: Double.self)
    let count = model.parameters.values.reduce(0) { $0 + $1.count }
    /// Σ over sequences of a weight of its own times its log-probability, and the gradient.
    func gradient(_ parts: [[Int]]) -> [Double] {
      parts.reduce(into: [Double](repeating: 0, count: count)) { total, part in
        let (tape, batch) = (Tape<Double>(), SequenceBatch(part.map { Self.related[$0] }))
        let recorded = tape.record(model.parameters)
        let sums = model.tokenLogProbabilities(batch, recorded, on: tape).logProbabilities
          .segmentSums(batch.completions)
        tape.backward(from: sums.scaled(by: part.map { Double($0) - 1.5 }).sum())
        let values = recorded.gradient().values.flatMap(\.self)
        for i in total.indices { total[i] += values[i] }
      }
    }
    let indices = Array(Self.related.indices)
    let (together, apart) = (gradient([indices]), gradient(indices.map { [$0] }))
    #expect(zip(together, apart).allSatisfy { abs($0 - $1) < 1e-13 })
    #expect(together.contains { abs($0) > 1e-3 })
  }

  @Test(arguments: [0, 4, 6])
  func padsLeaveNoTrace(pad: Int) {
    let padded = SequenceBatch(
      padded: [[1, 5, 6, 2], [1, pad, pad, pad], [1, 3, pad, pad]], promptLengths: [2, 1, 1],
      lengths: [4, 1, 2])
    #expect(padded.tokens == batch.tokens)
    #expect(padded.predictionRows == batch.predictionRows)
    #expect(padded.targets == batch.targets)
  }

  @Test func changingPadIdsChangesNoBitOfTheLossOrItsGradient() {
    let model = tinyModel(as: Float.self)
    func lossAndGradient(pad: Int) -> ([Float], [[Float]]) {
      let tape = Tape<Float>()
      let recorded = tape.record(model.parameters)
      let batch = SequenceBatch(
        padded: [[1, 5, 6, 2], [1, 3, pad, pad]], promptLengths: [2, 1], lengths: [4, 2])
      let result = model.tokenLogProbabilities(batch, recorded, on: tape).logProbabilities
      tape.backward(from: result.sum())
      return (result.values, recorded.gradient().values)
    }
    let (zero, six) = (lossAndGradient(pad: 0), lossAndGradient(pad: 6))
    #expect(zero.0 == six.0)
    #expect(zero.1 == six.1)
  }
}
