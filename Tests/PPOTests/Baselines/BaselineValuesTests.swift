import Foundation
import LanguageModel
import PPO
import Testing
import Tokenization
import Training

/// Every baseline on batches whose numbers can be checked by hand.
@Suite struct BaselineValuesTests {
  func batch(
    returns: [Double] = [1, 2, 4, 9], completionsPerPrompt: Int = 2, klPenalty: Double = 0.5,
    referenceRewards: [[Double]] = [], learnedValues: [[Float]] = []
  ) -> BaselineBatch {
    BaselineBatch(
      policy: ToyTask().reference,
      sequences: returns.indices.map {
        TokenSequence(prompt: [1, $0 / completionsPerPrompt], completion: [3])
      },
      returns: returns, completionsPerPrompt: completionsPerPrompt, klPenalty: klPenalty,
      referenceRewards: referenceRewards, learnedValues: learnedValues)
  }

  @Test func noBaselineIsZero() {
    #expect(NoBaseline().values(of: batch()) == [0, 0, 0, 0])
  }

  @Test func datasetMeanIsOneConstant() {
    #expect(DatasetMean(of: [1, 2, 6]).values(of: batch()) == [3, 3, 3, 3])
  }

  @Test func batchMeanTakesAllReturnsWithItsOwn() {
    #expect(BatchMean().values(of: batch()) == [4, 4, 4, 4])
  }

  @Test func referenceSampleIsTheRewardOfEachRolloutsOwn() {
    let batch = batch(referenceRewards: [[5], [6], [7], [8]])
    #expect(ReferenceSample().values(of: batch) == [5, 6, 7, 8])
    #expect(ReferenceSample().referenceSamples == 1)
  }

  @Test func logMeanExponentialAveragesExponentials() {
    // ½·log((e^{2·0} + e^{2·1})/2), and one reward stands for itself however large.
    let values = LogMeanExponential(samples: 2).values(
      of: batch(returns: [0, 0], referenceRewards: [[0, 1], [1000, 1000]]))
    #expect(abs(values[0] - 0.5 * log((1 + exp(2.0)) / 2)) < 1e-14)
    #expect(abs(values[1] - 1000) < 1e-10)
    #expect(LogMeanExponential(samples: 2).referenceSamples == 2)
  }

  @Test func leaveOneOutTakesTheOthersOfThePrompt() {
    #expect(LeaveOneOut().values(of: batch()) == [2, 1, 9, 4])
    let three = batch(returns: [1, 2, 6], completionsPerPrompt: 3)
    #expect(LeaveOneOut().values(of: three) == [4, 3.5, 1.5])
  }

  @Test func leaveOneOutsAdvantageIsTheScaledDeviationFromTheMean() {
    // Rᵢ − bᵢ = k/(k − 1)·(Rᵢ − mean R).
    let returns = [0.3, -1.2, 4.4, 2.5]
    let values = LeaveOneOut().values(of: batch(returns: returns, completionsPerPrompt: 4))
    let mean = returns.reduce(0, +) / 4
    for (value, own) in zip(values, returns) {
      #expect(abs(own - value - 4.0 / 3 * (own - mean)) < 1e-14)
    }
  }

  @Test func learnedValueIsThatOfTheStateAfterThePrompt() {
    let batch = batch(returns: [0, 0], learnedValues: [[0.5, 9], [-2, 9, 9]])
    #expect(LearnedValue().values(of: batch) == [0.5, -2])
    #expect(LearnedValue().resolution == .token)
  }

  @Test func numbersOfAPromptAreComputedOnce() {
    var asked: [[Int]] = []
    let values = batch().values { prompt in
      asked.append(prompt)
      return Double(prompt[1])
    }
    #expect(values == [0, 0, 1, 1])
    #expect(asked == [[1, 0], [1, 1]])
  }

  @Test(arguments: BaselineKind.allCases)
  func configurationMakesTheBaselinesThatRolloutsDecide(kind: BaselineKind) throws {
    var configuration = PPOConfiguration()
    (configuration.baseline, configuration.baselineSamples) = (kind, 7)
    let needsMore: Set<BaselineKind> = [.datasetMean, .softValue, .policyValue, .optimal]
    guard !needsMore.contains(kind) else {
      #expect(throws: ConfigurationError.self) { try configuration.rolloutBaseline() }
      return
    }
    let baseline = try configuration.rolloutBaseline()
    #expect((baseline.resolution == .token) == (kind == .learnedValue))
    let samples = kind == .logMeanExponential ? 7 : kind == .referenceSample ? 1 : 0
    #expect(baseline.referenceSamples == samples)
  }
}
