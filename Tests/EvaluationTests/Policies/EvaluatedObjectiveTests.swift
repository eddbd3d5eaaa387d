import Datasets
import Evaluation
import Foundation
import LanguageModel
import Tasks
import Testing
import TheoryTestSupport
import Tokenization

@Suite struct EvaluatedObjectiveTests {
  let language: EnumerableLanguage
  let reference = tinyModel(vocabularySize: 4, maximumLength: 8, seed: 1)
  let policy = tinyModel(vocabularySize: 4, maximumLength: 8, seed: 2)
  let target = EvaluatedObjective(beta: 0.8, annotatorTemperature: 2)
  let evaluator: PolicyEvaluator

  init() throws {
    language = try tinyLanguage()
    evaluator = try PolicyEvaluator(
      task: language, reference: reference,
      prompts: language.prompts(count: 40, split: .test, seed: Seed(5)), seed: Seed(6),
      objective: target)
  }

  /// E_x KL(model‖π*) from every completion of every prompt by itself.
  func suboptimality(of model: Transformer<Float>) -> Double {
    language.allPrompts.reduce(0) { sum, prompt in
      let share = Double(evaluator.prompts.count { $0 == prompt }) / 40
      let all = language.completions().map { TokenSequence(prompt: prompt, completion: $0) }
      let old = reference.completionLogProbabilities(of: all).map { Double($0) }
      let own = model.completionLogProbabilities(of: all).map { Double($0) }
      let tilted = zip(old, all).map { $0 + language.gold($1).total / 2 / 0.8 }
      let logPartition = log(tilted.reduce(0) { $0 + exp($1) })
      return sum + share
        * zip(own, tilted).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1 + logPartition) }
    }
  }

  @Test func suboptimalityIsTheDivergenceFromTheTiltedReference() throws {
    let measured = try #require(try evaluator.evaluate(policy).suboptimality)
    #expect(abs(measured - suboptimality(of: policy)) < 1e-4)
    #expect(measured > 0.1)
  }

  @Test func objectiveIsZeroOfTheReferenceAndOneMinusTheShareOfSuboptimality() throws {
    // J = β·log Z − β·KL(π‖π*), so (J − J_ref)/(J* − J_ref) = 1 − KL(π‖π*)/KL(π_ref‖π*).
    #expect(try evaluator.evaluate(reference).objective == 0)
    let measured = try #require(try evaluator.evaluate(policy).objective)
    let expected = 1 - suboptimality(of: policy) / suboptimality(of: reference)
    #expect(abs(measured - expected) < 1e-3)
  }

  @Test func bothAreLoggedWhereThereIsAnObjective() throws {
    let logged = try evaluator.evaluate(policy).logged
    #expect(logged["eval/suboptimality"] != nil && logged["eval/objective"] != nil)
    let without = try PolicyEvaluator(
      task: language, reference: reference, prompts: evaluator.prompts, seed: Seed(6))
    let silent = try without.evaluate(policy).logged
    #expect(silent["eval/suboptimality"] == nil && silent["eval/objective"] == nil)
  }

  // The mean of gold/T − β·k1 is J of the means, and its error that of the same terms: 40 prompts of a
  // listed language are each their own cluster.
  @Test func objectiveIsThatOfTheMeansAndItsErrorThatOfTheTerms() throws {
    let found = try evaluator.evaluate(policy)
    let value = try #require(found.goldObjective)
    #expect(abs(value - (found.goldReward / 2 - 0.8 * found.kl)) < 1e-12)
    let ofMeans = target(gold: found.goldReward, divergence: found.kl)
    #expect(abs(ofMeans - value) < 1e-12)
    let sequences = evaluator.completions(of: policy)
    let own = policy.logProbabilities(of: sequences).map { $0.reduce(0) { $0 + Double($1) } }
    let old = reference.logProbabilities(of: sequences).map { $0.reduce(0) { $0 + Double($1) } }
    let terms = sequences.indices.map {
      language.gold(sequences[$0]).total / 2 - 0.8 * (own[$0] - old[$0])
    }
    let error = try #require(found.goldObjectiveStandardError)
    #expect(abs(error - standardError(of: terms)) < 1e-4)
    let exactGold = try #require(found.exactGold)
    let exactKL = try #require(found.exactKL)
    #expect(abs(value - target(gold: exactGold, divergence: exactKL)) < 4 * error)
    #expect(found.logged["eval/gold_objective"] == value)
    #expect(found.logged["eval/gold_objective_se"] == error)
  }

  @Test func objectiveOfBestOfNIsALowerBound() throws {
    let gold = GoldRewardFunction(task: language, temperature: 1)
    for best in try evaluator.bestOfN([1, 4, 16], reward: gold) {
      let (found, n) = (best.evaluation, Double(best.n))
      let value = try #require(found.goldObjective)
      #expect(abs(value - (found.goldReward / 2 - 0.8 * (log(n) - (n - 1) / n))) < 1e-12)
      let exact = try #require(found.exactKL)
      #expect(value <= target(gold: found.goldReward, divergence: exact) + 1e-6)
      #expect(found.goldObjectiveStandardError == found.goldStandardError / 2)
    }
  }
}
