import Datasets
import ExactTheory
import Foundation
import LanguageModel
import Tasks
import TensorKernels
import Testing
import TheoryTestSupport
import Tokenization

@Suite struct ExactPolicyTests {
  @Test(arguments: [1, 2, 3] as [UInt64])
  func probabilitiesOfAllCompletionsSumToOne(seed: UInt64) throws {
    let language = try tinyLanguage()
    let model = tinyModel(vocabularySize: 4, maximumLength: 8, seed: seed)
    let policy = ExactPolicy(
      of: model, prompts: language.allPrompts, completions: CompletionTree(language.completions()))
    #expect(policy.totals.count == 3)
    #expect(policy.totals.allSatisfy { abs($0 - 1) < 1e-5 })
  }

  // The tree reads only the longest prefixes; scoring every completion by itself is the other way.
  @Test func treeScoresAreThoseOfEveryCompletionByItself() throws {
    let language = try tinyLanguage()
    let model = tinyModel(vocabularySize: 4, maximumLength: 8, seed: 4, as: Double.self)
    let policy = ExactPolicy(
      of: model, prompts: language.allPrompts, completions: CompletionTree(language.completions()),
      temperature: 0.7)
    for (prompt, scores) in zip(language.allPrompts, policy.logProbabilities) {
      let alone = model.completionLogProbabilities(
        of: language.completions().map { TokenSequence(prompt: prompt, completion: $0) },
        temperature: 0.7)
      #expect(zip(scores, alone).allSatisfy { abs($0 - $1) < 1e-12 })
      #expect(Set(alone).count > 30)
    }
  }

  @Test func treeOfUnequalDepthScoresEveryCompletion() {
    let model = tinyModel(vocabularySize: 5, maximumLength: 8, seed: 5, as: Double.self)
    let completions = [[1, 2, 3, 4], [0], [1, 0], [3, 3], [1, 2, 0]]
    let policy = ExactPolicy(
      of: model, prompts: [[0, 2]], completions: CompletionTree(completions))
    let alone = model.completionLogProbabilities(
      of: completions.map { TokenSequence(prompt: [0, 2], completion: $0) })
    #expect(zip(policy.logProbabilities[0], alone).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test func divergencesAndExpectationsAreOfEachPrompt() {
    let policy = ExactPolicy(logProbabilities: [[log(0.5), log(0.5)], [log(0.2), log(0.8)]])
    let reference = ExactPolicy(logProbabilities: [[log(0.25), log(0.75)], [log(0.2), log(0.8)]])
    let divergences = policy.divergences(from: reference)
    #expect(abs(divergences[0] - (0.5 * log(2) + 0.5 * log(2.0 / 3))) < 1e-15)
    #expect(divergences[1] == 0)
    let expectations = policy.expectations(of: [[1, 3], [1, 2]])
    #expect(zip(expectations, [2, 1.8]).allSatisfy { abs($0 - $1) < 1e-15 })
  }
}
