import Autograd
import ExactTheory
import Foundation
import LanguageModel
import Optimizers
import PPO
import Tasks
import TensorKernels
import Testing
import TheoryTestSupport
import Tokenization
import Training

@Suite struct ExactAscentTests {
  private func goal(_ reference: Transformer<Float>, beta: Double) throws -> EnumeratedObjectives {
    let language = try tinyLanguage()
    let rewards = try EnumeratedRewards(
      of: language.completions(), reference: reference, prompts: language.allPrompts,
      reward: GoldRewardFunction(task: language, temperature: 1))
    return EnumeratedObjectives(
      prompts: language.allPrompts, frequencies: [0.5, 0.25, 0.25],
      objectives: language.allPrompts.map { rewards.objective(after: $0, beta: beta) },
      completions: rewards.tree)
  }

  private func value(
    _ policy: Transformer<Float>, _ goal: EnumeratedObjectives
  ) -> Double {
    let scored = ExactPolicy(of: policy, prompts: goal.prompts, completions: goal.completions)
    var sum = 0.0
    for (x, objective) in goal.objectives.enumerated() {
      sum += goal.frequencies[x] * objective.value(of: normalized(scored.logProbabilities[x]))
    }
    return sum
  }

  @Test func valueRisesFromTheReferencesTowardsTheSoftValue() throws {
    let reference = tinyModel(vocabularySize: 4, maximumLength: 8, seed: 1)
    let goal = try goal(reference, beta: 0.5)
    var policy = reference
    var configuration = ExactAscentConfiguration()
    (configuration.maximumSteps, configuration.learningRate) = (150, 1e-2)
    var (steps, values): ([Int], [Double]) = ([], [])
    let outcome = ascendExactly(&policy, towards: goal, configuration: configuration) {
      step, _, value, norm in
      steps.append(step)
      values.append(value)
      #expect(norm > 0 && norm.isFinite)
    }
    #expect(outcome == .completed && steps == Array(0...150))
    // Steps 0 and 1 both tell the value before the first update.
    #expect(values[0] == values[1] && abs(values[0] - value(reference, goal)) < 1e-4)
    let softValues = goal.objectives.map(\.softValue)
    let best = 0.5 * softValues[0] + 0.25 * softValues[1] + 0.25 * softValues[2]
    let reached = value(policy, goal)
    #expect(reached <= best + 1e-4)
    #expect(best - reached < 0.05 * (best - values[0]))
  }

  // The gradient's length by directional differences of J, computed apart from the ascent: along its
  // own direction the slope is the length. One tiny update of AdamW moves each weight by ± rate, so
  // that J rises by rate·Σ|∂J/∂θ| ≥ rate·|∇J|.
  @Test func firstUpdateRaisesTheValueAsTheGradientSays() throws {
    let reference = tinyModel(vocabularySize: 4, maximumLength: 8, seed: 3)
    let goal = try goal(reference, beta: 0.5)
    var policy = reference
    var configuration = ExactAscentConfiguration()
    (configuration.maximumSteps, configuration.learningRate) = (1, 1e-3)
    var length = 0.0
    _ = ascendExactly(&policy, towards: goal, configuration: configuration) { _, _, _, norm in
      length = norm
    }
    let rise = value(policy, goal) - value(reference, goal)
    #expect(rise > 0.9e-3 * length)
    let count = Double(reference.parameters.values.reduce(0) { $0 + $1.count })
    // By Cauchy and Schwarz Σ|∂J/∂θ| ≤ √count·|∇J|.
    #expect(rise < 1.2e-3 * length * count.squareRoot())
  }

  @Test func optimumIsLeftAlone() throws {
    // With equal rewards the reference is the optimum, and the exact gradient vanishes.
    let reference = tinyModel(vocabularySize: 4, maximumLength: 8, seed: 1)
    let plain = try goal(reference, beta: 0.5)
    let flat = EnumeratedObjectives(
      prompts: plain.prompts, frequencies: plain.frequencies,
      objectives: plain.objectives.map {
        ExactObjective(
          logReference: normalized($0.logReference), rewards: $0.rewards.map { _ in 2 }, beta: 0.5)
      }, completions: plain.completions)
    var policy = reference
    var configuration = ExactAscentConfiguration()
    configuration.maximumSteps = 1
    _ = ascendExactly(&policy, towards: flat, configuration: configuration) { _, _, value, norm in
      #expect(abs(value - 2) < 1e-5 && norm < 1e-4)
    }
  }

  @Test(arguments: [
    (0, 1e-3, "max_steps", "0"), (-1, 1e-3, "max_steps", "-1"), (1, 0, "learning_rate", "0.0"),
    (1, -1, "learning_rate", "-1.0"), (1, .infinity, "learning_rate", "inf"),
    (1, .nan, "learning_rate", "nan"),
  ])
  func settingsOutOfRangeAreRefused(steps: Int, rate: Double, key: String, value: String) {
    var configuration = ExactAscentConfiguration()
    (configuration.maximumSteps, configuration.learningRate) = (steps, rate)
    let error = #expect(throws: ConfigurationError.self) { try configuration.validate() }
    guard case .outOfRange(key, value, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func rateFallsAlongHalfACosine() {
    var configuration = ExactAscentConfiguration()
    (configuration.maximumSteps, configuration.learningRate) = (10, 0.2)
    for step in 0...10 {
      let expected = 0.1 * (1 + cos(.pi * Double(step) / 10))
      #expect(abs(configuration.schedule.rate(at: step) - expected) < 1e-12)
    }
  }
}
