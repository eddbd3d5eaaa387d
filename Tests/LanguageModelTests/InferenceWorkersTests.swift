import Dispatch
import LanguageModel
import Testing

@Suite struct InferenceWorkersTests {
  private let model = tinyModel(as: Float.self)
  private let sequences = (0..<400).map { exampleSequences[$0 % 3] }

  @Test(arguments: [1, 2, 3, 8]) func threadsChangeNoBit(count: Int) {
    let workers = InferenceWorkers<Float>(count: count)
    let scalar = ScalarModel(backbone: model)
    let expected = model.logProbabilities(of: sequences)
    for _ in 0..<2 {
      #expect(model.logProbabilities(of: sequences, on: workers) == expected)
      #expect(
        scalar.lastTokenScores(of: sequences, on: workers)
          == scalar.lastTokenScores(of: sequences))
    }
  }

  @Test(arguments: [1, 2]) func callsAfterTheFirstMakeNoBuffers(count: Int) {
    let workers = InferenceWorkers<Float>(count: count)
    _ = model.logProbabilities(of: sequences, on: workers)
    let made = workers.bufferAllocations
    for _ in 0..<3 { _ = model.logProbabilities(of: sequences, on: workers) }
    #expect(made > 0 && workers.bufferAllocations == made)
  }

  @Test func callsAtTheSameTimeDoNotMeet() {
    let workers = InferenceWorkers<Float>(count: 2)
    let expected = model.logProbabilities(of: sequences)
    DispatchQueue.concurrentPerform(iterations: 4) { _ in
      #expect(model.logProbabilities(of: sequences, on: workers) == expected)
    }
  }

  @Test func nothingIsAnsweredByNothing() {
    #expect(InferenceWorkers<Float>().map(0) { index, _ in index }.isEmpty)
  }
}
