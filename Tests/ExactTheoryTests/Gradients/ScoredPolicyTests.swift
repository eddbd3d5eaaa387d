import Autograd
import Datasets
import ExactTheory
import Foundation
import LanguageModel
import Tasks
import Testing
import TheoryTestSupport

@Suite struct ScoredPolicyTests {
  @Test func tabularScoresAreDerivativesOfLogProbabilities() {
    let logits = [0.3, -1, 2, 0.1]
    check(ScoredPolicy(tabular: logits), at: logits) {
      ScoredPolicy(tabular: $0).logProbabilities
    }
  }

  @Test func logLinearScoresAreDerivativesOfLogProbabilities() {
    let base = [0.1, -0.4, 0.7, 0, -1]
    let features = [[1.0, 0], [0.5, -2], [0, 1], [3, 0.2], [-1, -1]]
    let weights = [0.4, -0.8]
    check(ScoredPolicy(base: base, features: features, weights: weights), at: weights) {
      ScoredPolicy(base: base, features: features, weights: $0).logProbabilities
    }
  }

  @Test func treeScoresAreDerivativesOfLogProbabilities() {
    var generator = Seed(12).generator(for: "test.tree")
    var tree = TabularTree([[0], [1, 0], [1, 1, 2], [1, 1, 3], [2, 2]])
    for i in tree.logits.indices { tree.logits[i] = generator.normal() }
    check(ScoredPolicy(tree: tree), at: tree.logits) { logits in
      var moved = tree
      moved.logits = logits
      return ScoredPolicy(tree: moved).logProbabilities
    }
  }

  @Test func treeTakesAnyDistribution() {
    let completions = [[0], [1, 0], [1, 1, 2], [1, 1, 3], [2, 2]]
    let logProbabilities = [0.1, 0.2, 0.3, 0.15, 0.25].map { log($0) }
    let tree = TabularTree(completions, logProbabilities: logProbabilities)
    #expect(agree(tree.logProbabilities, logProbabilities, 1e-15))
    #expect(tree.prefixes == [[], [1], [1, 1], [2]])
    #expect(tree.parameterCount == 8)
  }

  @Test func transformerScoresAreCentralDifferencesInDouble() throws {
    let language = try tinyLanguage()
    let tree = CompletionTree(language.completions())
    let prompt = language.allPrompts[1]
    let model = tinyModel(vocabularySize: 4, maximumLength: 8, seed: 6, as: Double.self)
    let policy = ScoredPolicy(of: model, prompt: prompt, completions: tree, temperature: 0.7)
    let exact = ExactPolicy(of: model, prompts: [prompt], completions: tree, temperature: 0.7)
    #expect(agree(policy.logProbabilities, exact.logProbabilities[0], 1e-12))
    #expect(policy.parameterCount == model.parameters.scalarCount)
    func moved(_ array: Int, _ place: Int, by step: Double) -> [Double] {
      var other = model
      other.parameters.values[array][place] += step
      return ExactPolicy(of: other, prompts: [prompt], completions: tree, temperature: 0.7)
        .logProbabilities[0]
    }
    var column = 0
    for array in model.parameters.values.indices {
      let places = model.parameters.values[array].count
      for place in stride(from: 0, to: places, by: max(1, places / 5)) {
        let (above, below) = (moved(array, place, by: 1e-5), moved(array, place, by: -1e-5))
        for y in above.indices {
          let score = policy.scores[y * policy.parameterCount + column + place]
          #expect(abs(score - (above[y] - below[y]) / 2e-5) < 1e-7)
        }
      }
      column += places
    }
  }

  @Test func transformerScoresInFloatAreThoseInDouble() throws {
    let language = try tinyLanguage()
    let tree = CompletionTree(language.completions())
    let model = tinyModel(vocabularySize: 4, maximumLength: 8, seed: 6, as: Double.self)
    let single = try Transformer<Float>(
      configuration: model.configuration, parameters: model.parameters.converted(to: Float.self))
    let double = ScoredPolicy(of: model, prompt: language.allPrompts[0], completions: tree)
    let float = ScoredPolicy(of: single, prompt: language.allPrompts[0], completions: tree)
    #expect(agree(float.scores, double.scores, 1e-4))
    #expect(abs(logSumOfExponentials(float.logProbabilities)) < 1e-14)
    let objective = ExactObjective(
      logReference: [Double](repeating: -log(40), count: 40),
      rewards: (0..<40).map { sin(Double($0)) }, beta: 0.5)
    let (a, b) = (
      ExactPolicyGradient(policy: float, objective: objective),
      ExactPolicyGradient(policy: double, objective: objective)
    )
    #expect(
      agree(
        a.leaveOneOutCovarianceTrace(samples: 4), b.leaveOneOutCovarianceTrace(samples: 4), 1e-4))
    #expect(
      agree(
        ExactPreferenceGradient(policy: float, objective: objective).covarianceTrace,
        ExactPreferenceGradient(policy: double, objective: objective).covarianceTrace, 1e-4))
  }

  @Test func rewardModelsGradientsAreCentralDifferences() throws {
    let language = try tinyLanguage()
    let tree = CompletionTree(language.completions())
    var model = ScalarModel(
      backbone: tinyModel(vocabularySize: 4, maximumLength: 8, seed: 8, as: Double.self))
    let head = model.parameters.values.count - 1
    for i in model.parameters.values[head].indices {
      model.parameters.values[head][i] = cos(Double(i))
    }
    let prompt = language.allPrompts[0]
    let scored = ScoredReward(of: model, prompt: prompt, completions: tree)
    let gradient = ExactPreferenceGradient(
      reward: scored,
      objective: ExactObjective(
        logReference: [Double](repeating: -log(40), count: 40),
        rewards: (0..<40).map { sin(Double($0)) }, beta: 1))
    func loss(_ array: Int, _ place: Int, by step: Double) -> Double {
      var other = model
      other.parameters.values[array][place] += step
      return ExactPreferenceGradient(
        reward: ScoredReward(of: other, prompt: prompt, completions: tree),
        objective: ExactObjective(
          logReference: [Double](repeating: -log(40), count: 40),
          rewards: (0..<40).map { sin(Double($0)) }, beta: 1)
      ).loss
    }
    var column = 0
    for array in model.parameters.values.indices {
      let slope = (loss(array, 0, by: 1e-5) - loss(array, 0, by: -1e-5)) / 2e-5
      #expect(abs(gradient.descent[column] + slope) < 1e-7)
      column += model.parameters.values[array].count
    }
  }

  // More rows than one block of the product, so that its seams are crossed.
  @Test func gramAndCombinationAreSumsOfProducts() {
    var generator = Seed(13).generator(for: "test.gram")
    let (n, width) = (600, 7)
    let scores = (0..<(n * width)).map { _ in generator.normal() }
    let policy = ScoredPolicy(
      logProbabilities: [Double](repeating: -log(600), count: n), scores: scores,
      parameterCount: width)
    func dot(_ a: Int, _ b: Int) -> Double {
      (0..<width).reduce(0) { $0 + scores[a * width + $1] * scores[b * width + $1] }
    }
    let gram = policy.gram()
    for (a, b) in [(0, 0), (255, 256), (256, 255), (599, 3), (17, 511), (512, 512), (300, 599)] {
      #expect(abs(gram[a * n + b] - dot(a, b)) < 1e-13)
    }
    #expect(abs(policy.squaredNorms[300] - dot(300, 300)) < 1e-13)
    let coefficients = (0..<n).map { _ in generator.normal() }
    let expected = (0..<width).map { i in
      (0..<n).reduce(0) { $0 + coefficients[$1] * scores[$1 * width + i] }
    }
    #expect(agree(policy.combination(coefficients), expected, 1e-12))
  }

  private func check(
    _ policy: ScoredPolicy, at parameters: [Double], logProbabilities: ([Double]) -> [Double]
  ) {
    for i in parameters.indices {
      var (above, below) = (parameters, parameters)
      above[i] += 1e-5
      below[i] -= 1e-5
      let differences = zip(logProbabilities(above), logProbabilities(below)).map {
        ($0 - $1) / 2e-5
      }
      for (y, difference) in differences.enumerated() {
        #expect(abs(policy.scores[y * parameters.count + i] - difference) < 1e-9)
      }
    }
  }
}
