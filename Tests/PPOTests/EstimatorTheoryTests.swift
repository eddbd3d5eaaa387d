import Autograd
import Foundation
import PPO
import TensorKernels
import TestSupport
import Testing

/// The mean gradient of each policy optimiser's loss over all batches of two rollouts, against
/// central differences of the objective, which is written in plain sums.
@Suite struct EstimatorTheoryTests {
  let problem = TabularProblem()
  /// −∇J: what the gradient of an unbiased loss is on average.
  let descent: [Double]

  init() {
    let problem = TabularProblem()
    descent = problem.policy.differences(problem.objective).map { -$0 }
  }

  func mean(_ configuration: PPOConfiguration, values: [Double]? = nil) throws -> [Double] {
    try problem.policy.meanOverPairs {
      try problem.estimate($0, configuration, values: values)
    }
  }

  // MARK: Unbiased

  @Test func reinforceWithoutABaselineIsUnbiased() throws {
    let configuration = TabularProblem.configuration(.reinforce) { $0.baseline = .none }
    #expect(largestDifference(try mean(configuration), descent) < 1e-9)
    #expect(descent.contains { abs($0) > 0.05 })
  }

  @Test(arguments: RatioLevel.allCases) func rlooIsUnbiasedAtBothLevels(
    level: RatioLevel
  ) throws {
    let configuration = TabularProblem.configuration(.rloo) { $0.ratioLevel = level }
    #expect(largestDifference(try mean(configuration), descent) < 1e-9)
  }

  @Test func ppoWithLambdaOneIsUnbiasedWhateverTheValuesSay() throws {
    // Completions of three tokens: the token mean is a third of the completion sum.
    let configuration = TabularProblem.configuration(.ppo) { $0.lambda = 1 }
    let tripled = try mean(configuration, values: [0.7, -1.1, 0.4]).map { 3 * $0 }
    #expect(largestDifference(tripled, descent) < 1e-9)
  }

  // MARK: Biased, as documented

  @Test func reinforceWithTheBatchMeanIsHalfAsLong() throws {
    // (n − 1)/n with n = 2.
    let mean = try mean(TabularProblem.configuration(.reinforce))
    #expect(largestDifference(mean, descent.map { $0 / 2 }) < 1e-9)
  }

  @Test func ppoWithLambdaBelowOneAndWrongValuesIsBiased() throws {
    let configuration = TabularProblem.configuration(.ppo) { $0.lambda = 0.5 }
    let tripled = try mean(configuration, values: [0, 0, 0]).map { 3 * $0 }
    #expect(largestDifference(tripled, descent) > 0.05)
  }

  @Test func grpoWithoutItsDeviationIsHalfOfReinforce() throws {
    let configuration = TabularProblem.configuration(.grpo) {
      ($0.advantageScale, $0.klPlacement, $0.klEstimator) = (.none, .reward, .k1)
      $0.lossReduction = .completionSum
    }
    #expect(largestDifference(try mean(configuration), descent.map { $0 / 2 }) < 1e-9)
  }

  @Test func grposDeviationTurnsTheGradient() throws {
    // Of two returns the deviation is |R₁ − R₂|/√2: each advantage is ±1/√2, whatever the rewards.
    let configuration = TabularProblem.configuration(.grpo) {
      ($0.klPlacement, $0.klEstimator, $0.lossReduction) = (.reward, .k1, .completionSum)
    }
    let mean = try mean(configuration)
    let (product, lengths) = (dot(mean, descent), (dot(mean, mean) * dot(descent, descent)))
    let cosine = product / lengths.squareRoot()
    #expect(cosine > 0.5 && cosine < 0.99)
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  // MARK: The KL in the loss

  /// The mean gradient of β·KL in the loss alone: no reward, the KL estimator differentiated.
  func klGradient(_ estimator: KLEstimator) throws -> [Double] {
    let problem = problem
    return try problem.policy.meanOverPairs { completions in
      try problem.estimate(
        completions,
        TabularProblem.configuration(.rloo) {
          ($0.klPlacement, $0.klEstimator, $0.ratioLevel) = (.loss, estimator, .token)
        }, reward: { _ in 0 })
    }
  }

  /// Σₜ E_s KL between the next-token distributions, where the states s are those of the policy as
  /// it is: what a KL in the loss sees.
  func stepwise(_ divergence: @escaping ([Double], [Double]) -> Double) -> [Double] {
    let (policy, reference) = (problem.policy, problem.reference)
    return policy.differences { moved in
      TabularScores.prefixes.reduce(0) { sum, prefix in
        let visits = exp(policy.logProbabilities(prefix).reduce(0, +))
        let (new, old) = (moved.nextToken(prefix), reference.nextToken(prefix))
        return sum + TabularProblem.beta * visits * divergence(new, old)
      }
    }
  }

  @Test func k1InTheLossDoesNothing() throws {
    let mean = try klGradient(.k1)
    #expect(mean.allSatisfy { abs($0) < 1e-12 })
  }

  @Test func k2InTheLossIsTheGradientOfEachStepsKL() throws {
    let expected = stepwise { new, old in zip(new, old).reduce(0) { $0 + $1.0 * log($1.0 / $1.1) } }
    #expect(largestDifference(try klGradient(.k2), expected) < 1e-9)
  }

  @Test func k3InTheLossIsTheGradientOfTheOtherKL() throws {
    let expected = stepwise { new, old in zip(new, old).reduce(0) { $0 + $1.1 * log($1.1 / $1.0) } }
    #expect(largestDifference(try klGradient(.k3), expected) < 1e-9)
  }

  @Test func k2InTheLossIsNotTheGradientOfTheKLOfCompletions() throws {
    // It leaves out that a token moves the states after it.
    let whole = problem.policy.differences { moved in
      TabularProblem.beta
        * moved.expectation {
          moved.logProbabilities($0).reduce(0, +)
            - problem.reference.logProbabilities($0).reduce(0, +)
        }
    }
    #expect(largestDifference(try klGradient(.k2), whole) > 1e-2)
  }
}

/// Two tabular policies and a reward, with the library's way from rollouts to a gradient.
struct TabularProblem {
  let policy = TabularScores(phase: 0.4)
  let reference = TabularScores(phase: 2.1)
  private let actions = ThreeActions()
  static let beta = 0.4

  static func reward(_ completion: [Int]) -> Double {
    Double(completion[0]) - 1.5 * Double(completion[1] * completion[2]) + 2
  }

  /// J = E[r] − β·KL(π‖π₀) over whole completions.
  func objective(_ policy: TabularScores) -> Double {
    policy.expectation { completion in
      let ratio =
        policy.logProbabilities(completion).reduce(0, +)
        - reference.logProbabilities(completion).reduce(0, +)
      return Self.reward(completion) - Self.beta * ratio
    }
  }

  static func configuration(
    _ algorithm: PolicyOptimizer, _ change: (inout PPOConfiguration) -> Void = { _ in }
  ) -> PPOConfiguration {
    var configuration = PPOConfiguration(algorithm: algorithm)
    configuration.completionsPerPrompt = 2
    configuration.whitensAdvantages = false
    change(&configuration)
    return configuration
  }

  /// The gradient of the first update on two completions of one prompt.
  func estimate(
    _ completions: [[Int]], _ configuration: PPOConfiguration, values: [Double]? = nil,
    reward: ([Int]) -> Double = Self.reward
  ) throws -> [Double] {
    let old = completions.map(policy.logProbabilities)
    let prior = completions.map(reference.logProbabilities)
    let layout = CompletionLayout(tokenCounts: [3, 3], width: 3)
    let rewards = PenalizedRewards(
      layout: layout, logProbabilities: old, reference: prior, scores: completions.map(reward),
      hasEnded: [true, true], klPenalty: Self.beta, configuration: configuration)
    let targets =
      if let values {
        AdvantagesAndReturns(
          rewards, values: [values, values], layout: layout, configuration: configuration)
      } else {
        AdvantagesAndReturns(
          rewards,
          baselines: try configuration.rolloutBaseline()
            .values(of: actions.batch(returns: rewards.returns)),
          layout: layout, configuration: configuration)
      }
    let reduction = configuration.lossReduction ?? (values == nil ? .completionSum : .tokenMean)
    let weights: [Double] = reduction.weights(lengths: [3, 3], tokens: 6, completions: 2)
    return policy.gradient(completions) { read, tape in
      let logRatios = read - tape.column(old.flatMap { $0 })
      let loss = policyLoss(logRatios, targets.policyAdvantages, weights, configuration, on: tape)
      guard configuration.klPlacement == .loss else { return loss }
      let penalty = klLoss(
        read, reference: prior.flatMap { $0 }, estimator: configuration.klEstimator,
        weights: weights, on: tape)
      return loss + Self.beta * penalty.loss
    }
  }

  private func policyLoss(
    _ logRatios: Tensor<Double>, _ advantages: [[Double]], _ weights: [Double],
    _ configuration: PPOConfiguration, on tape: Tape<Double>
  ) -> Tensor<Double> {
    switch configuration.ratioLevel {
    case .token:
      clippedPolicyLoss(
        logRatios: logRatios, advantages: advantages.flatMap { $0 }, weights: weights,
        clipRange: 0.2, on: tape
      ).loss
    case .sequence:
      clippedPolicyLoss(
        logRatios: logRatios.segmentSums(Segments(lengths: [3, 3])),
        advantages: advantages.map { $0[0] }, weights: [0.5, 0.5], clipRange: 0.2, on: tape
      ).loss
    }
  }
}

extension TabularScores {
  /// The probabilities of the next token after a prefix.
  func nextToken(_ prefix: [Int]) -> [Double] {
    (0..<3).map { exp(logProbabilities(prefix + [$0]).last ?? 0) }
  }
}
