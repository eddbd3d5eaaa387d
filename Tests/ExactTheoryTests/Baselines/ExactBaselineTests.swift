import Autograd
import Datasets
import ExactTheory
import Foundation
import LanguageModel
import PPO
import Tasks
import TensorKernels
import Testing
import TheoryTestSupport
import Tokenization

/// The exact baselines against sums over every completion by itself.
@Suite struct ExactBaselineTests {
  let language: EnumerableLanguage
  let gold: GoldRewardFunction
  let reference = tinyModel(vocabularySize: 4, maximumLength: 8, seed: 1)
  let policy = tinyModel(vocabularySize: 4, maximumLength: 8, seed: 2)
  let rewards: EnumeratedRewards
  let beta = 0.7

  init() throws {
    language = try tinyLanguage()
    gold = GoldRewardFunction(task: language, temperature: 1)
    rewards = try EnumeratedRewards(
      of: language.completions(), reference: reference, prompts: language.allPrompts, reward: gold)
  }

  /// All completions after a prompt.
  func sequences(_ prompt: [Int]) -> [TokenSequence] {
    language.completions().map { TokenSequence(prompt: prompt, completion: $0) }
  }

  func logProbabilities(_ model: Transformer<Float>, _ prompt: [Int]) -> [Double] {
    model.completionLogProbabilities(of: sequences(prompt)).map { Double($0) }
  }

  /// R of every completion under the policy.
  func returns(_ prompt: [Int]) -> [Double] {
    let (new, old) = (logProbabilities(policy, prompt), logProbabilities(reference, prompt))
    return gold.rewards(of: sequences(prompt)).indices.map {
      gold.rewards(of: sequences(prompt))[$0] - beta * (new[$0] - old[$0])
    }
  }

  /// One rollout of each prompt and another one of the first.
  var batch: BaselineBatch {
    let prompts = language.allPrompts + language.allPrompts.prefix(1)
    return BaselineBatch(
      policy: policy, sequences: prompts.map { TokenSequence(prompt: $0, completion: [1, 0]) },
      returns: prompts.map { _ in 0 }, klPenalty: beta)
  }

  @Test func softValueIsTheLogarithmOfTheNormaliser() throws {
    let values = SoftValue(of: rewards).values(of: batch)
    for (value, prompt) in zip(values, language.allPrompts) {
      let terms = zip(logProbabilities(reference, prompt), gold.rewards(of: sequences(prompt)))
      let partition = terms.reduce(0) { $0 + exp($1.0 + $1.1 / beta) }
      #expect(abs(value - beta * log(partition)) < 1e-5)
    }
    #expect(values.first == values.last)
  }

  @Test func softValueIsTheReturnOfEveryCompletionAtTheOptimum() {
    // R(y) − β·log Z = β·log π*(y)/q(y), which is zero where q is π*.
    let objective = rewards.objective(after: language.allPrompts[0], beta: beta)
    for (y, logOptimal) in objective.optimalLogProbabilities.enumerated() {
      let atOptimum = objective.rewards[y] - beta * (logOptimal - objective.logReference[y])
      #expect(abs(atOptimum - objective.softValue) < 1e-9)
    }
  }

  @Test func policyValueIsTheExpectedReturn() {
    let values = PolicyValue(of: rewards).values(of: batch)
    for (value, prompt) in zip(values, language.allPrompts) {
      let expected = zip(logProbabilities(policy, prompt), returns(prompt))
        .reduce(0) { $0 + exp($1.0) * $1.1 }
      #expect(abs(value - expected) < 1e-4)
    }
    // V* − V^π = β·KL(π‖π*) > 0.
    #expect(zip(values, SoftValue(of: rewards).values(of: batch)).allSatisfy { $0 < $1 })
  }

  @Test func optimalBaselineWeighsReturnsByTheSquaredScores() {
    let values = OptimalBaseline(of: rewards).values(of: batch)
    for (value, prompt) in zip(values, language.allPrompts) {
      let returns = returns(prompt)
      var (weighted, total) = (0.0, 0.0)
      for (y, sequence) in sequences(prompt).enumerated() {
        let tape = Tape<Float>()
        let recorded = tape.record(policy.parameters)
        let read = policy.tokenLogProbabilities(
          SequenceBatch([sequence]), recorded, on: tape, temperature: 1)
        tape.backward(from: read.logProbabilities.sum())
        let norm = recorded.gradient().values.joined().reduce(0.0) {
          $0 + Double($1) * Double($1)
        }
        let probability = exp(
          Double(read.logProbabilities.values.reduce(0, +)))
        weighted += probability * norm * returns[y]
        total += probability * norm
      }
      #expect(abs(value - weighted / total) < 1e-3)
    }
  }

  @Test func momentsAreThoseOfAllPromptsTogether() {
    let all = language.allPrompts.map { prompt in
      (logProbabilities(reference, prompt), gold.rewards(of: sequences(prompt)))
    }
    func mean(_ value: (Double) -> Double) -> Double {
      all.reduce(0) { sum, table in
        sum + zip(table.0, table.1).reduce(0) { $0 + exp($1.0) * value($1.1) }
      } / Double(all.count)
    }
    let center = mean { $0 }
    let moments = rewards.referenceMoments
    #expect(abs(moments.mean - center) < 1e-5)
    #expect(abs(moments.deviation - mean { pow($0 - center, 2) }.squareRoot()) < 1e-5)
    #expect(moments.deviation > 0.5)
  }

  @Test(arguments: [0, 3, -1.5]) func offsetRewardLiesSoManyDeviationsAboveTheReference(
    offset: Double
  ) throws {
    let moments = rewards.referenceMoments
    let raised = try rewards.scored(by: OffsetReward(gold, moments: moments, offset: offset))
    // Probabilities of the Float model sum to one up to 1e-6.
    #expect(abs(raised.referenceMoments.mean - offset * moments.deviation) < 1e-5)
    #expect(abs(raised.referenceMoments.deviation - moments.deviation) < 1e-5)
  }

  @Test func anOffsetLeavesTheOptimumAndMovesItsValue() throws {
    let moments = RewardMoments(mean: 0.5, deviation: 2)
    let raised = try rewards.scored(by: OffsetReward(gold, moments: moments, offset: 3))
    for prompt in language.allPrompts {
      let (plain, high) = (
        rewards.objective(after: prompt, beta: beta), raised.objective(after: prompt, beta: beta)
      )
      let pairs = zip(plain.optimalLogProbabilities, high.optimalLogProbabilities)
      #expect(pairs.allSatisfy { abs($0 - $1) < 1e-9 })
      #expect(abs(high.softValue - plain.softValue - 5.5) < 1e-9)
    }
  }

  @Test func momentsOfASampleHaveBesselsCorrection() {
    #expect(RewardMoments(of: [1, 3]) == RewardMoments(mean: 2, deviation: 2.0.squareRoot()))
  }
}
