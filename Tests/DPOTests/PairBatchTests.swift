import Autograd
import DPO
import Datasets
import LanguageModel
import TensorKernels
import TestSupport
import Testing
import Tokenization

@Suite struct PairBatchTests {
  /// Completions of different lengths, one cut without an end token, one of the end token alone.
  private let pairs = [
    PreferencePair(prompt: [1, 3, 4], chosen: [5, 5, 2], rejected: [6, 7]),
    PreferencePair(prompt: [1, 7], chosen: [2], rejected: [3, 5, 6, 2]),
  ]

  @Test func completionSumsAreThoseOfEachSequenceAlone() {
    let policy: Transformer<Double> = TinyPreferences.policy(scale: 5)
    let (tape, batch) = (Tape<Double>(), PairBatch(pairs))
    let sums = batch.completionSums(
      policy.tokenLogProbabilities(batch.sequences, tape.record(policy.parameters), on: tape))
    for (index, pair) in pairs.enumerated() {
      let alone = [pair.chosenSequence, pair.rejectedSequence].map {
        policy.completionLogProbabilities(of: [$0])[0]
      }
      #expect(abs(sums.chosen.values[index] - alone[0]) < 1e-12)
      #expect(abs(sums.rejected.values[index] - alone[1]) < 1e-12)
    }
  }

  @Test func lossesThroughATransformerAgreeWithCentralDifferences() {
    let policy: Transformer<Double> = TinyPreferences.policy(scale: 10)
    let losses: [any PreferenceLoss] = [DPOLoss(beta: 0.5), IPOLoss(beta: 0.5)]
    for loss in losses {
      let error = gradientCheckError(policy.parameters) { recorded, tape in
        loss(columns(policy, recorded, on: tape))
      }
      #expect(error < 1e-7)
    }
  }

  @Test func promptsAndLastTokensHaveExactlyNoGradient() {
    let batch = PairBatch(pairs)
    let tape = Tape<Double>()
    let width = 4
    let shape = Shape(rows: batch.sequences.tokens.count, columns: width)
    let hidden = tape.parameter(wave(shape.count), shape: shape)
    let head = tape.constant(wave(8 * width), shape: Shape(rows: 8, columns: width))
    let read = hidden.rows(batch.sequences.predictionRows)
      .tokenLogProbabilities(head: head, targets: batch.sequences.targets, temperature: 1)
    let sums = batch.completionSums(read)
    tape.backward(
      from: DPOLoss(beta: 0.5)(
        PairLogProbabilities(
          policyChosen: sums.chosen, policyRejected: sums.rejected,
          referenceChosen: tape.column([-3, -2]), referenceRejected: tape.column([-4, -9]))))
    let gradient = tape.gradient(of: hidden)
    // By hand: rows that predict a completion token; the chosen sequences have 6 and 3 tokens, the
    // rejected ones 2 and 4 after the prompts, whose last rows predict for both.
    let predicting: Set = [2, 3, 4, 7, 9, 11, 12, 13]
    #expect(shape.rows == 15)
    for row in 0..<shape.rows {
      let isZero = gradient[(row * width)..<((row + 1) * width)].allSatisfy { $0 == 0 }
      #expect(isZero == !predicting.contains(row))
    }
  }

  private func columns(
    _ policy: Transformer<Double>, _ recorded: RecordedParameters<Double>, on tape: Tape<Double>
  ) -> PairLogProbabilities<Double> {
    let batch = PairBatch(pairs)
    let sums = batch.completionSums(
      policy.tokenLogProbabilities(batch.sequences, recorded, on: tape))
    return PairLogProbabilities(
      policyChosen: sums.chosen, policyRejected: sums.rejected,
      referenceChosen: tape.column([-6, -2]), referenceRejected: tape.column([-4, -9]))
  }

  /// Numbers between −1 and 1 without a pattern.
  private func wave(_ count: Int) -> [Double] {
    (0..<count).map { (index: Int) -> Double in
      let remainder = (index * 7919 + 13) % 101
      return Double(remainder) / 50 - 1
    }
  }
}
