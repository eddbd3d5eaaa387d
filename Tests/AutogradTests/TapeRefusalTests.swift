import Autograd
import TensorKernels
import Testing

/// Mistakes of the programmer end the process instead of giving wrong numbers.
@Suite struct TapeRefusalTests {
  @Test func tensorsOfDifferentTapesDoNotMix() async {
    await #expect(processExitsWith: .failure) {
      _ = Tape<Double>().column([1]) + Tape<Double>().column([1])
    }
  }

  @Test func unequalShapesAreRefused() async {
    await #expect(processExitsWith: .failure) {
      let tape = Tape<Double>()
      _ = tape.column([1, 2]) * tape.column([1])
    }
  }

  @Test func aRecordingIsDifferentiatedOnce() async {
    await #expect(processExitsWith: .failure) {
      let tape = Tape<Double>()
      let x = tape.parameter([1], shape: .scalar)
      tape.backward(from: x * x)
      tape.backward(from: x * x)
    }
  }

  @Test func tensorsFromBeforeAResetAreRefused() async {
    await #expect(processExitsWith: .failure) {
      let tape = Tape<Double>()
      let x = tape.column([1])
      tape.reset()
      _ = x + x
    }
  }

  @Test func aTargetOutsideOfTheVocabularyIsRefused() async {
    await #expect(processExitsWith: .failure) {
      let tape = Tape<Double>()
      let head = tape.constant([1, 2], shape: Shape(rows: 2, columns: 1))
      _ = tape.column([1]).tokenLogProbabilities(head: head, targets: [2], temperature: 1)
    }
  }
}
