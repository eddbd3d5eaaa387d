import Datasets
import ExactTheory
import Foundation
import Testing

@Suite struct TokenLevelGradientTests {
  let completions = [
    [0], [1, 0], [1, 1], [1, 2, 0], [1, 2, 1], [2, 1], [2, 2, 2], [2, 2, 0],
  ]
  let objective: ExactObjective
  let tree: TabularTree

  init() {
    var generator = Seed(21).generator(for: "test.token-level")
    objective = ExactObjective(
      logReference: normalized((0..<8).map { _ in generator.normal() }),
      rewards: (0..<8).map { _ in 1 + 2 * generator.normal() }, beta: 0.7)
    tree = TabularTree(
      completions, logProbabilities: normalized((0..<8).map { _ in generator.normal() }))
  }

  /// The sum of the probabilities of the completions that begin with a prefix.
  private func mass(_ prefix: ArraySlice<Int>, _ logProbabilities: [Double]) -> Double {
    zip(completions, logProbabilities).reduce(0) {
      $1.0.starts(with: prefix) ? $0 + exp($1.1) : $0
    }
  }

  // Rafailov (2024): δₜ = β·log(π*(yₜ|sₜ)/q(yₜ|sₜ)) under the soft values.
  @Test func softResidualsAreLogRatiosToTheOptimum() {
    let gradient = TokenLevelGradient(policy: tree, objective: objective)
    let optimum = objective.optimalLogProbabilities
    let residuals = gradient.temporalDifferences(values: gradient.softValues)
    for (completion, row) in zip(completions, residuals) {
      for (t, residual) in row.enumerated() {
        func choice(_ logs: [Double]) -> Double {
          log(mass(completion[...t], logs) / mass(completion[..<t], logs))
        }
        let expected = objective.beta * (choice(optimum) - choice(tree.logProbabilities))
        #expect(abs(residual - expected) < 1e-12)
      }
    }
    #expect(abs(gradient.softValues[0] - objective.softValue) < 1e-13)
  }

  @Test(arguments: [0, 0.5, 0.95, 1])
  func allAdvantagesVanishAtTheOptimum(lambda: Double) {
    let optimum = TabularTree(completions, logProbabilities: objective.optimalLogProbabilities)
    let gradient = TokenLevelGradient(policy: optimum, objective: objective)
    for values in [gradient.softValues, gradient.policyValues] {
      let advantages = gradient.advantages(values: values, lambda: lambda)
      #expect(advantages.joined().allSatisfy { abs($0) < 1e-13 })
      #expect(gradient.moments(values: values, lambda: lambda).covarianceTrace < 1e-25)
    }
  }

  @Test(arguments: [0, 0.5, 0.95, 1])
  func policyValuesAreUnbiasedAtEveryLambda(lambda: Double) {
    let gradient = TokenLevelGradient(policy: tree, objective: objective)
    let exact = ExactPolicyGradient(policy: ScoredPolicy(tree: tree), objective: objective)
    let moments = gradient.moments(values: gradient.policyValues, lambda: lambda)
    #expect(agree(moments.mean, exact.gradient, 1e-12))
    #expect(abs(gradient.policyValues[0] - objective.value(of: tree.logProbabilities)) < 1e-13)
  }

  @Test func otherValuesAreUnbiasedAtLambdaOneOnly() {
    let gradient = TokenLevelGradient(policy: tree, objective: objective)
    let exact = ExactPolicyGradient(policy: ScoredPolicy(tree: tree), objective: objective)
    for values in [gradient.softValues, tree.prefixes.map { 0.3 * Double($0.count) - 1 }] {
      #expect(agree(gradient.moments(values: values, lambda: 1).mean, exact.gradient, 1e-12))
      #expect(!agree(gradient.moments(values: values, lambda: 0).mean, exact.gradient, 1e-3))
    }
  }

  // A constant in the place of the values and λ = 1: rewards to go less one baseline. At the optimum
  // they scatter around β·log Z, where the whole return equals it.
  @Test func rewardsToGoKeepNoiseAtTheOptimumThatTheWholeReturnLoses() {
    let optimum = TabularTree(completions, logProbabilities: objective.optimalLogProbabilities)
    let constant = optimum.prefixes.map { _ in objective.softValue }
    let toGo = TokenLevelGradient(policy: optimum, objective: objective)
      .moments(values: constant, lambda: 1)
    let whole = ExactPolicyGradient(policy: ScoredPolicy(tree: optimum), objective: objective)
    #expect(whole.covarianceTrace(of: .softValue) < 1e-25)
    #expect(toGo.covarianceTrace > 1e-2)
    #expect(toGo.mean.allSatisfy { abs($0) < 1e-12 })
  }

  // The definition, completion by completion, with scores from the scored policy.
  @Test(arguments: [0, 0.7, 1])
  func momentsAreThoseOfAllCompletions(lambda: Double) {
    let gradient = TokenLevelGradient(policy: tree, objective: objective)
    let values = tree.prefixes.map { 1 - 0.4 * Double($0.count) }
    let policy = ScoredPolicy(tree: tree)
    var expected = EnumeratedMoments(width: tree.parameterCount)
    for (y, completion) in completions.enumerated() {
      let rewards = completion.indices.map { t in
        let ratio =
          mass(completion[...t], tree.logProbabilities)
          / mass(completion[..<t], tree.logProbabilities)
          / (mass(completion[...t], objective.logReference)
            / mass(completion[..<t], objective.logReference))
        return -objective.beta * log(ratio)
          + (t == completion.count - 1 ? objective.rewards[y] : 0)
      }
      var vector = [Double](repeating: 0, count: tree.parameterCount)
      for t in completion.indices {
        let advantage = (t..<completion.count).reduce(0) { sum, u in
          let next = u + 1 < completion.count ? 1 - 0.4 * Double(u + 1) : 0
          return sum + pow(lambda, Double(u - t)) * (rewards[u] + next - (1 - 0.4 * Double(u)))
        }
        for (i, value) in tokenScore(policy, y, prefix: Array(completion[..<t])) {
          vector[i] += advantage * value
        }
      }
      expected.add(vector, probability: exp(tree.logProbabilities[y]))
    }
    let found = gradient.moments(values: values, lambda: lambda)
    #expect(agree(found.mean, expected.mean, 1e-12))
    #expect(agree(found.covarianceTrace, expected.covarianceTrace, 1e-11))
  }

  /// The part of a completion's score in the parameters of one prefix, which are the edges there.
  private func tokenScore(
    _ policy: ScoredPolicy, _ y: Int, prefix: [Int]
  ) -> [(Int, Double)] {
    var edges: [[Int]] = []
    for completion in completions {
      for end in completion.indices where !edges.contains(Array(completion[...end])) {
        edges.append(Array(completion[...end]))
      }
    }
    return edges.indices.filter { Array(edges[$0].dropLast()) == prefix }
      .map { ($0, policy.scores[y * policy.parameterCount + $0]) }
  }
}
