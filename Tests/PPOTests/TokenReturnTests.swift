import Autograd
import Foundation
import LanguageModel
import PPO
import TensorKernels
import TestSupport
import Testing
import Training

/// Rewards to go in the place of a completion's whole return, by sums over all completions.
@Suite struct TokenReturnTests {
  let problem = TabularProblem()

  func configuration(_ baseline: BaselineKind, _ tokenReturn: TokenReturn?) -> PPOConfiguration {
    TabularProblem.configuration(.reinforce) {
      ($0.baseline, $0.tokenReturn) = (baseline, tokenReturn)
    }
  }

  // MARK: By hand

  // Two tokens and a slot for the score: KL penalties of 0.5·(0.2, −0.4), a score of 3, b = 1.
  @Test func aTokenIsWeighedByWhatIsToGo() {
    func learning(_ tokenReturn: TokenReturn?) -> AdvantagesAndReturns<Double> {
      var configuration = configuration(.none, tokenReturn)
      configuration.completionsPerPrompt = 1
      let layout = CompletionLayout(tokenCounts: [2], width: 3)
      let rewards = PenalizedRewards(
        layout: layout, logProbabilities: [[-1, -1.4]], reference: [[-1.2, -1]], scores: [3],
        hasEnded: [true], klPenalty: 0.5, configuration: configuration)
      return AdvantagesAndReturns(
        rewards, baselines: [1], layout: layout, configuration: configuration)
    }
    let (whole, toGo) = (learning(nil).policyAdvantages, learning(.toGo))
    #expect(largestDifference(whole[0], [2.1, 2.1]) < 1e-12)
    #expect(largestDifference(toGo.policyAdvantages[0], [2.1, 2.2]) < 1e-12)
    #expect(largestDifference(toGo.returns[0], [3.1, 3.2, 3]) < 1e-12)
    #expect(learning(.whole).policyAdvantages == whole)
  }

  // MARK: Mean and noise

  @Test(arguments: [BaselineKind.none, .leaveOneOut], TokenReturn.allCases)
  func bothAreUnbiased(baseline: BaselineKind, tokenReturn: TokenReturn) throws {
    let configuration = configuration(baseline, tokenReturn)
    let mean = try problem.policy.meanOverPairs { try problem.estimate($0, configuration) }
    let ascent = problem.policy.differences(problem.objective)
    #expect(largestDifference(mean, ascent.map { -$0 }) < 1e-9)
    #expect(ascent.contains { abs($0) > 0.05 })
  }

  /// E|ĝ|² of one completion without a baseline, in plain sums: states have logits of their own.
  func power(_ tokenReturn: TokenReturn) -> Double {
    problem.policy.expectation { completion in
      let penalties = zip(
        problem.policy.logProbabilities(completion), problem.reference.logProbabilities(completion)
      ).map { -TabularProblem.beta * ($0 - $1) }
      return completion.indices.reduce(0) { sum, t in
        let counted = tokenReturn == .whole ? penalties[...] : penalties[t...]
        let advantage = TabularProblem.reward(completion) + counted.reduce(0, +)
        let choices = problem.policy.nextToken(Array(completion.prefix(t)))
        let score = choices.enumerated().map { $0 == completion[t] ? 1 - $1 : -$1 }
        return sum + advantage * advantage * score.reduce(0) { $0 + $1 * $1 }
      }
    }
  }

  @Test(arguments: TokenReturn.allCases)
  func noiseOfTheLossIsThatOfThePlainSum(tokenReturn: TokenReturn) throws {
    let configuration = configuration(.none, tokenReturn)
    let gradient = problem.policy.differences(problem.objective)
    let squaredNorm = gradient.reduce(0) { $0 + $1 * $1 }
    let squares = try problem.policy.meanOverPairs { pair in
      try problem.estimate(pair, configuration).map { $0 * $0 }
    }
    // A mean over two completions has half the covariance of one.
    let trace = 2 * (squares.reduce(0, +) - squaredNorm)
    #expect(abs(trace - (power(tokenReturn) - squaredNorm)) < 1e-7)
  }

  @Test func theTwoDifferInNoise() {
    #expect(abs(power(.toGo) / power(.whole) - 1) > 0.01)
  }

  // MARK: In training

  @Test func rewardsToGoTrainAndChangeTheRun() throws {
    let task = ToyTask()
    let runs = try [TokenReturn?.none, .whole, .toGo].map { tokenReturn in
      try task.train(
        ToyTask.configuration {
          ($0.baseline, $0.tokenReturn, $0.klPenalty) = (.none, tokenReturn, 0.5)
        })
    }
    #expect(runs.allSatisfy { $0.outcome == .completed })
    #expect(runs[0].policy.parameters.values == runs[1].policy.parameters.values)
    #expect(runs[0].policy.parameters.values != runs[2].policy.parameters.values)
  }
}
