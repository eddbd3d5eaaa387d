import Evaluation
import ExactTheory
import Foundation
import LanguageModel
import Tasks
import TensorKernels
import Testing
import TheoryTestSupport
import Tokenization

@Suite struct SequenceDivergenceTests {
  @Test func estimatesAreSumsOverTokens() {
    let divergence = SequenceDivergence(
      policy: [[-1, -2], [-0.5]], reference: [[-1.5, -1], [-0.5]])
    #expect(divergence.k1 == [-0.5, 0])
    let expected = (exp(-0.5) - 1 + 0.5) + (exp(1.0) - 1 - 1)
    #expect(abs(divergence.k3[0] - expected) < 1e-15)
    #expect(divergence.k3[1] == 0)
  }

  // Over all completions of a language, E_π[k1] = E_π[k3] = KL(π‖π_ref).
  @Test func bothEstimatesAreUnbiased() throws {
    let language = try tinyLanguage()
    let sequences = language.completions().map { TokenSequence(prompt: [0, 2], completion: $0) }
    let policy = tinyModel(vocabularySize: 4, maximumLength: 8, seed: 7, as: Double.self)
    let reference = tinyModel(vocabularySize: 4, maximumLength: 8, seed: 8, as: Double.self)
    let divergence = SequenceDivergence(
      policy: policy.logProbabilities(of: sequences),
      reference: reference.logProbabilities(of: sequences))
    let logPolicy = policy.completionLogProbabilities(of: sequences)
    let exact = klDivergence(
      of: logPolicy, from: reference.completionLogProbabilities(of: sequences))
    #expect(exact > 0.05)
    #expect(abs(expectation(of: divergence.k1, under: logPolicy) - exact) < 1e-12)
    #expect(abs(expectation(of: divergence.k3, under: logPolicy) - exact) < 1e-12)
    #expect(divergence.k3.allSatisfy { $0 >= 0 })
    #expect(divergence.k1.contains { $0 < 0 })
  }
}
