import Autograd
import DPO
import Datasets
import Foundation
import LanguageModel
import TensorKernels
import Testing
import Tokenization

@Suite struct PairLogProbabilitiesTests {
  @Test func marginIsTheDifferenceOfTheTwoLogRatios() {
    let columns = PairColumns<Double>.recorded
    let pairs = columns.pairs(on: Tape<Double>())
    #expect(pairs.chosenLogRatio.values == [0.5, -0.5, -1, 0])
    #expect(pairs.rejectedLogRatio.values == [-0.5, -0.5, 0.5, 0])
    #expect(pairs.margin.values == [1, 0, -1.5, 0])
  }

  @Test func aCompletionWithoutTokensIsDividedByOne() {
    var columns = PairColumns<Double>.recorded
    columns.chosenTokens = [0, 3, 7, 2]
    // TRL clamps the number of tokens at one.
    let losses = columns.losses(MeanIPOLoss(beta: 0.5))
    #expect(abs(losses[0] - pow(0.5 + 0.5 / 5 - 1, 2)) < 1e-12)
  }

  @Test func theMeanLengthDefaultsToThatOfThePairs() {
    let tape = Tape<Double>()
    let loss = PreferredFTLoss()
    var pairs = PairColumns<Double>.recorded.pairs(on: tape)
    // 45.5 nats over 16 tokens.
    #expect(abs(loss(pairs).item - 45.5 / 16) < 1e-15)
    pairs.batchMeanTokens = 8
    #expect(abs(loss(pairs).item - 45.5 / 4 / 8) < 1e-15)
  }

  @Test func lossesOfShardsAddUpToThatOfTheBatch() {
    let whole = PairColumns<Double>.irregular
    let expected = whole.losses(SupervisedTermLoss(DPOLoss(beta: 0.3), weight: 0.7))
    var found: [Double] = []
    for i in whole.chosen.indices {
      let part = PairColumns<Double>(
        chosen: [whole.chosen[i]], rejected: [whole.rejected[i]],
        referenceChosen: [whole.referenceChosen[i]],
        referenceRejected: [whole.referenceRejected[i]], chosenTokens: [whole.chosenTokens[i]],
        rejectedTokens: [whole.rejectedTokens[i]])
      var pairs = part.pairs(on: Tape<Double>())
      pairs.batchMeanTokens = 17.0 / 4
      found += SupervisedTermLoss(DPOLoss(beta: 0.3), weight: 0.7).pairLosses(pairs).values
    }
    #expect(found.count == 4 && expected.count == 4)
    for (a, b) in zip(found, expected) { #expect(abs(a - b) < 1e-12) }
  }
}

@Suite struct LossEvaluationTests {
  private let pairs = TinyPreferences.pairs(count: 40, seed: 8)
  private let reference: Transformer<Float> = TinyPreferences.policy(width: 16)
  private let policy: Transformer<Float> = TinyPreferences.policy(width: 16, scale: 1.3)

  @Test(arguments: PreferenceLossKind.allCases)
  func everyLossIsEvaluatedOnHeldOutPairs(kind: PreferenceLossKind) {
    let loss = kind.loss(beta: 0.3, options: PreferenceLossOptions())
    let evaluation = evaluateDPO(policy, reference: reference, pairs: pairs, loss: loss)
    #expect(evaluation.loss.isFinite && evaluation.pairs == 40)
    let unmoved = evaluateDPO(reference, reference: reference, pairs: pairs, loss: loss)
    if let constant = loss.lossAtReference {
      #expect(abs(unmoved.loss - constant) < 1e-12 * max(1, constant))
    }
    // Accuracy and margin are those of the implicit reward, whatever the loss.
    let dpo = evaluateDPO(policy, reference: reference, pairs: pairs, loss: DPOLoss(beta: 0.3))
    #expect(evaluation.accuracy == dpo.accuracy && evaluation.margin == dpo.margin)
  }

  @Test func lossesPerTokenReadTheLengthsOfTheSequences() {
    let sequences = pairs.map(\.chosenSequence) + pairs.map(\.rejectedSequence)
    let (p, q) = (
      policy.completionLogProbabilities(of: sequences).map(Double.init),
      reference.completionLogProbabilities(of: sequences).map(Double.init)
    )
    let losses = pairs.indices.map { i -> Double in
      let (m, n) = (Double(pairs[i].chosen.count), Double(pairs[i].rejected.count))
      return log1p(exp(-2 * ((p[i] - q[i]) / m - (p[i + 40] - q[i + 40]) / n)))
    }
    let evaluation = evaluateDPO(
      policy, reference: reference, pairs: pairs, loss: NormalizedDPOLoss(beta: 2))
    #expect(abs(evaluation.loss - losses.reduce(0, +) / 40) < 1e-12)
  }

  @Test func mismatchedPairsAreCycledByOne() {
    // KTO with only rejected completions weighed shows z through its loss.
    let sequences = pairs.map(\.chosenSequence) + pairs.map(\.rejectedSequence)
    let cycled = sequences.indices.map { i -> Double in
      var sequence = sequences[i]
      sequence.completion = sequences[(i + 79) % 80].completion
      let moved = policy.completionLogProbabilities(of: [sequence])[0]
      return Double(moved) - Double(reference.completionLogProbabilities(of: [sequence])[0])
    }
    let z = max(0, cycled.reduce(0, +) / 80)
    let ratios = sequences.map {
      Double(policy.completionLogProbabilities(of: [$0])[0])
        - Double(reference.completionLogProbabilities(of: [$0])[0])
    }
    let good = ratios[..<40].reduce(0) { $0 + 1 - 1 / (1 + exp(-($1 - z))) }
    let bad = ratios[40...].reduce(0) { $0 + 1 - 1 / (1 + exp(-(z - $1))) }
    let evaluation = evaluateDPO(
      policy, reference: reference, pairs: pairs, loss: KTOLoss(beta: 1))
    #expect(abs(evaluation.loss - (good + bad) / 80) < 1e-5)
  }
}
