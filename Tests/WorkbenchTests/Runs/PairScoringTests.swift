import Datasets
import LanguageModel
import TensorKernels
import Testing
import Tokenization
import Workbench

@Suite struct PairScoringTests {
  private let pairs = [
    PreferencePair(prompt: [1], chosen: [3, 2], rejected: [4, 4, 2]),
    PreferencePair(prompt: [1, 5], chosen: [3, 3, 3, 2], rejected: [2]),
  ]

  private func model(_ seed: UInt64) -> Transformer<Float> {
    let sizes = ModelConfiguration(
      layers: 1, hiddenSize: 8, intermediateSize: 8, heads: 2, vocabularySize: 6, maximumLength: 8)
    var generator = Seed(seed).generator(for: "test")
    return Transformer(configuration: sizes, using: &generator)
  }

  @Test func theImplicitRewardIsBetaTimesTheLogRatio() {
    let (policy, reference) = (model(1), model(2))
    let scores = scorePairs(pairs, policy: policy, reference: reference, beta: 0.25)
    #expect(scores.score == .implicitReward && scores.beta == 0.25 && scores.pairs == 2)
    for (pair, row) in zip(pairs, scores.rows) {
      for (sequence, score) in [
        (pair.chosenSequence, row.chosen), (pair.rejectedSequence, row.rejected),
      ] {
        let own = policy.completionLogProbabilities(of: [sequence])[0]
        let base = reference.completionLogProbabilities(of: [sequence])[0]
        #expect(abs(score - 0.25 * Double(own - base)) < 1e-6)
      }
    }
    let margins = scores.rows.map { $0.chosen - $0.rejected }
    #expect(abs(scores.margin - (margins[0] + margins[1]) / 2) < 1e-12)
    #expect(scores.accuracy == Double(margins.filter { $0 > 0 }.count) / 2)
  }

  @Test func anUnmovedPolicyScoresNothing() {
    let scores = scorePairs(pairs, policy: model(1), reference: model(1), beta: 1)
    #expect(scores.rows.allSatisfy { $0.chosen == 0 && $0.rejected == 0 })
    #expect(scores.accuracy == 0 && scores.margin == 0)
  }

  @Test func withoutAReferenceItIsTheMeanLogProbability() {
    let policy = model(3)
    let scores = scorePairs(pairs, policy: policy, reference: nil, beta: 1)
    #expect(scores.score == .meanLogProbability && scores.beta == nil)
    let total = policy.completionLogProbabilities(of: [pairs[1].chosenSequence])[0]
    #expect(abs(scores.rows[1].chosen - Double(total) / 4) < 1e-6)
    // A fresh model is nearly uniform over six tokens: each has about −log 6 = −1.79.
    #expect(scores.rows.allSatisfy { abs($0.chosen + 1.79) < 0.3 })
  }

  @Test func noPairsHaveNoScores() {
    let scores = scorePairs([], policy: model(1), reference: nil, beta: 1)
    #expect(scores.pairs == 0 && scores.accuracy == 0 && scores.margin == 0)
  }
}
