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

  @Test func sequencesLieEndToEnd() {
    #expect(batch.tokens == [1, 5, 6, 2, 1, 1, 3])
    #expect(batch.segments.offsets == [0, 4, 5, 7])
    #expect(batch.count == 3)
    #expect(batch.sequenceLengths == [4, 1, 2])
  }

  @Test func theRowBeforeATokenPredictsIt() {
    #expect(batch.predictionRows == [1, 2, 5])
    #expect(batch.targets == [6, 2, 3])
    #expect(batch.completions.offsets == [0, 2, 2, 3])
    for (row, target) in zip(batch.predictionRows, batch.targets) {
      #expect(batch.tokens[row + 1] == target)
    }
  }

  @Test func statesAreThePredictionRowsAndTheLastOne() {
    #expect(batch.stateRows == [1, 2, 3, 4, 5, 6])
    #expect(batch.states.offsets == [0, 3, 4, 6])
    #expect(batch.lastRows == [3, 4, 6])
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
