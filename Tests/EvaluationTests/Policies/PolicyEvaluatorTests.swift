import Datasets
import Evaluation
import ExactTheory
import Foundation
import LanguageModel
import Tasks
import TensorKernels
import Testing
import TheoryTestSupport
import Tokenization

@Suite struct PolicyEvaluatorTests {
  let language: EnumerableLanguage
  let reference = tinyModel(vocabularySize: 4, maximumLength: 8, seed: 1)
  let policy = tinyModel(vocabularySize: 4, maximumLength: 8, seed: 2)
  let evaluator: PolicyEvaluator
  let evaluation: PolicyEvaluation

  init() throws {
    language = try tinyLanguage()
    evaluator = try PolicyEvaluator(
      task: language, reference: reference,
      prompts: language.prompts(count: 600, split: .test, seed: Seed(5)), seed: Seed(6),
      proxy: LengthReward())
    evaluation = try evaluator.evaluate(policy)
  }

  @Test func theReferenceItselfHasNoDivergenceAndGainsNothing() throws {
    let own = try evaluator.evaluate(reference)
    #expect(own.kl == 0 && own.klStandardError == 0)
    #expect(own.klK3 == 0 && own.exactKL == 0)
    #expect(own.goldOverReference == 0)
    // Against independent completions it wins half in the mean, and ties are not certain.
    #expect(own.winRate != 0.5 && own.winRateInterval.contains(0.5))
    #expect(own.samples.allSatisfy { $0.completion == $0.referenceCompletion })
  }

  @Test func sampledDivergencesAreWithinFourStandardErrorsOfTheExactOne() throws {
    let exact = try #require(evaluation.exactKL)
    #expect(exact > 0.05)
    #expect(abs(evaluation.kl - exact) < 4 * evaluation.klStandardError)
    let k3 = try #require(evaluation.klK3)
    let k3StandardError = try #require(evaluation.klK3StandardError)
    #expect(abs(k3 - exact) < 4 * k3StandardError)
    #expect(evaluation.klStandardError < 0.2 && k3StandardError < 0.5)
  }

  @Test func sampledGoldIsWithinFourStandardErrorsOfTheExactOne() throws {
    let exact = try #require(evaluation.exactGold)
    #expect(abs(evaluation.goldReward - exact) < 4 * evaluation.goldStandardError)
    #expect(exact <= (try #require(evaluation.frontierGold)))
  }

  // The exact numbers again, from every completion of every prompt by itself.
  @Test func exactNumbersWeighPromptsAsOftenAsTheyAppear() throws {
    var (divergence, gold) = (0.0, 0.0)
    for prompt in language.allPrompts {
      let share = Double(evaluator.prompts.count { $0 == prompt }) / 600
      let all = language.completions().map { TokenSequence(prompt: prompt, completion: $0) }
      let own = policy.completionLogProbabilities(of: all).map { Double($0) }
      let other = reference.completionLogProbabilities(of: all).map { Double($0) }
      divergence += share * klDivergence(of: own, from: other)
      gold += share * expectation(of: all.map { language.gold($0).total }, under: own)
    }
    #expect(abs(try #require(evaluation.exactKL) - divergence) < 1e-5)
    #expect(abs(try #require(evaluation.exactGold) - gold) < 1e-5)
  }

  // −Σ π log π by enumeration, weighted as the prompts are.
  @Test func entropyIsThatOfTheEnumeratedPolicy() throws {
    var exact = 0.0
    for prompt in language.allPrompts {
      let share = Double(evaluator.prompts.count { $0 == prompt }) / 600
      let all = language.completions().map { TokenSequence(prompt: prompt, completion: $0) }
      exact += share * entropy(of: policy.completionLogProbabilities(of: all).map { Double($0) })
    }
    // A completion's −log π deviates by less than 2 here, so four standard errors are 0.33.
    let sampled = try #require(evaluation.entropy)
    #expect(abs(sampled - exact) < 0.33)
    // By the chain rule the same entropy is the mean of token entropies times the mean length.
    let byTokens = try #require(evaluation.tokenEntropy) * evaluation.length
    #expect(abs(byTokens - exact) < 0.33)
  }

  @Test func rewardsAndCountsAreThoseOfTheCompletions() {
    let sequences = evaluator.completions(of: policy)
    let golds = sequences.map { language.gold($0).total }
    #expect(abs(evaluation.goldReward - golds.reduce(0, +) / 600) < 1e-12)
    let lengths = sequences.map { Double($0.completion.count) }
    #expect(evaluation.length == lengths.reduce(0, +) / 600)
    #expect(evaluation.proxyReward == evaluation.length)
    #expect(evaluation.eosRate == Double(sequences.count { $0.completion.last == 0 }) / 600)
    #expect(sequences.map(\.prompt) == evaluator.prompts)
  }

  /// P(y beats y′) from every pair of completions of every prompt.
  private func exactWins(of model: Transformer<Float>) -> Double {
    language.allPrompts.reduce(0) { sum, prompt in
      let share = Double(evaluator.prompts.count { $0 == prompt }) / 600
      let all = language.completions().map { TokenSequence(prompt: prompt, completion: $0) }
      return sum + share
        * exactWinRate(
          of: model.completionLogProbabilities(of: all).map { Double($0) },
          over: reference.completionLogProbabilities(of: all).map { Double($0) },
          rewards: all.map { language.gold($0).total })
    }
  }

  // Four standard errors of 600 outcomes within [0, 1] are at most 0.082.
  @Test func winRateIsTheProbabilityOfBeatingAnIndependentDraw() throws {
    let exact = exactWins(of: policy)
    #expect(abs(evaluation.winRate - exact) < 0.082)
    #expect(evaluation.winRateInterval.contains(evaluation.winRate))
    // Draws that policy and reference share measure something else.
    let own = evaluator.completions(of: policy).map { language.gold($0).total }
    let other = evaluator.completions(of: reference).map { language.gold($0).total }
    let coupled = zip(own, other).reduce(0) { $0 + ($1.0 > $1.1 ? 1 : $1.0 == $1.1 ? 0.5 : 0) }
    #expect(evaluation.winRate != coupled / 600)
    let gain = zip(own, other).reduce(0) { $0 + $1.0 - $1.1 } / 600
    #expect(abs(evaluation.goldOverReference - gain) < 1e-12)
  }

  @Test func firstPromptsAloneAreDrawnAlike() throws {
    let few = evaluator.limited(to: 50)
    #expect(few.completions(of: policy) == Array(evaluator.completions(of: policy).prefix(50)))
    let found = try few.evaluate(policy)
    let golds = few.completions(of: policy).map { language.gold($0).total }
    #expect(abs(found.goldReward - golds.reduce(0, +) / 50) < 1e-12)
    #expect(found.prompts == 50 && found.exactKL == nil && found.samples.isEmpty)
    #expect(try few.evaluate(reference).goldOverReference == 0)
  }

  // A forward pass over each sequence, 1/600 of the sampling that the evaluation itself did.
  @Test func answerCostsOnePassOverItsTokens() {
    let lengths = evaluator.completions(of: policy).map(\.tokens.count)
    let sampling = policy.configuration.forwardFLOPs(sequenceLengths: lengths)
    #expect(abs(evaluation.answerFLOPs * 600 / sampling - 1) < 1e-12)
  }

  @Test func termsSumToTheGoldAndGroupsAverageToIt() {
    let terms = evaluation.goldTerms.values.reduce(0, +)
    #expect(abs(terms - evaluation.goldReward) < 1e-12)
    #expect(Set(evaluation.goldTerms.keys) == Set(language.goldTermNames))
    var byGroup = 0.0
    for (group, gold) in evaluation.goldByGroup {
      byGroup += gold * Double(evaluator.prompts.count { language.group(of: $0) == group }) / 600
    }
    #expect(abs(byGroup - evaluation.goldReward) < 1e-12)
    #expect(evaluation.goldByGroup.count == 2)
  }

  @Test func samplesStandBesideTheReferences() throws {
    let samples = try evaluator.samples(policy, count: 3)
    #expect(samples == Array(evaluation.samples.prefix(3)))
    let own = evaluator.completions(of: policy)
    #expect(samples[1].completion == language.tokenizer.decode(own[1].completion))
    #expect(samples[1].gold == language.gold(own[1]).total)
    #expect(abs(samples[1].goldTerms.values.reduce(0, +) - samples[1].gold) < 1e-12)
    let other = evaluator.completions(of: reference)
    #expect(samples[2].referenceGold == language.gold(other[2]).total)
    #expect(samples[0].proxyReward == Double(own[0].completion.count))
  }

  @Test func loggedNamesHoldTheValues() {
    let logged = evaluation.logged
    #expect(logged["eval/gold_reward"] == evaluation.goldReward)
    #expect(logged["eval/kl"] == evaluation.kl)
    #expect(logged["eval/kl_exact"] == evaluation.exactKL)
    #expect(logged["eval/gold/valence"] == evaluation.goldTerms["valence"])
    #expect(logged["eval/win_rate"] == evaluation.winRate)
    #expect(logged.values.allSatisfy { $0.isFinite })
    #expect(PolicyEvaluation().logged["eval/kl_k3"] == nil)
  }

  @Test func evaluatingTwiceGivesTheSameBits() throws {
    #expect(try evaluator.evaluate(policy) == evaluation)
  }

  // Sampling and two scorings of every token.
  @Test func costCountsThreePassesOverTheTokens() {
    let tokens = evaluator.completions(of: policy).reduce(0) { $0 + $1.tokens.count }
    #expect(evaluation.cost.tokensForward == 3 * tokens)
  }
}
