import Autograd
import Datasets
import Foundation
import LanguageModel
import PPO
import TensorKernels
import TestSupport
import Testing
import Tokenization

/// The gradients of sampled batches on a transformer whose completions can all be listed, along one
/// direction, against the exact one.
@Suite struct EstimatorSamplingTests {
  let task = ToyTask()
  static let (batches, size) = (150, 8)

  /// A fixed direction in the space of the parameters.
  func direction() -> [[Float]] {
    var generator = Seed(11).generator(for: "direction")
    return task.reference.parameters.values.map { $0.map { _ in Float(generator.normal()) } }
  }

  /// Σ g·d over all parameters.
  func along(_ gradient: Gradient<Float>, _ direction: [[Float]]) -> Double {
    zip(gradient.values, direction).reduce(0) { sum, pair in
      sum + zip(pair.0, pair.1).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    }
  }

  /// −∂E[r]/∂d for the prompt [1], from the probabilities of all completions.
  func exactSlope() -> Double {
    let sequences = ToyTask.completions.map { TokenSequence(prompt: [1], completion: $0) }
    let probabilities = task.reference.completionLogProbabilities(of: sequences).map {
      exp(Double($0))
    }
    let tape = Tape<Float>()
    let recorded = tape.record(task.reference.parameters)
    let batch = SequenceBatch(sequences)
    let read = task.reference.tokenLogProbabilities(batch, recorded, on: tape)
    let weights = sequences.indices.flatMap { i in
      sequences[i].completion.map { _ in
        Float(-probabilities[i] * ToyReward.reward(sequences[i]))
      }
    }
    tape.backward(from: read.logProbabilities.weightedSum(weights))
    return along(recorded.gradient(), direction())
  }

  /// The slope of the library's loss on each of many batches of rollouts of one prompt.
  func sampledSlopes(_ algorithm: PolicyOptimizer) throws -> Moments {
    var configuration = PPOConfiguration(algorithm: algorithm)
    configuration.completionsPerPrompt = Self.size
    (configuration.advantageScale, configuration.lambda) = (.none, 1)
    configuration.lossReduction = .completionSum
    let direction = direction()
    var sampler = Sampler(task.reference)
    let uniform = UniformStream(seed: Seed(7), purpose: "estimators")
    let count = Self.batches * Self.size
    let samples = sampler.sample(
      prompts: [[Int]](repeating: [1], count: count), maximumTokens: 4, endToken: ToyTask.endToken
    ) { uniform($0, $1) }
    let slopes = try stride(from: 0, to: count, by: Self.size).map { start in
      try along(
        gradient(Array(samples[start..<start + Self.size]), configuration), direction)
    }
    return Moments(slopes)
  }

  private func gradient(
    _ samples: [Sampled], _ configuration: PPOConfiguration
  ) throws -> Gradient<Float> {
    let sequences = samples.map(\.sequence)
    let layout = CompletionLayout(tokenCounts: sequences.map(\.completion.count), width: 4)
    let old = task.reference.logProbabilities(of: sequences)
    let rewards = PenalizedRewards(
      layout: layout, logProbabilities: old, reference: old,
      scores: sequences.map { Float(ToyReward.reward($0)) }, hasEnded: samples.map(\.ended),
      klPenalty: 0.3, configuration: configuration)
    // PPO's values are wrong on purpose; with λ = 1 they must not matter.
    let targets =
      configuration.algorithm == .ppo
      ? AdvantagesAndReturns(
        rewards, values: layout.slotCounts.map { [Float](repeating: 0.4, count: $0) },
        layout: layout, configuration: configuration.withoutWhitening)
      : AdvantagesAndReturns(
        rewards,
        baselines: try configuration.rolloutBaseline()
          .values(of: ThreeActions().batch(returns: rewards.returns)),
        layout: layout, configuration: configuration)
    let weights: [Float] = LossReduction.completionSum.weights(
      lengths: layout.tokenCounts, tokens: 0, completions: Self.size)
    let tape = Tape<Float>()
    let recorded = tape.record(task.reference.parameters)
    let read = task.reference.tokenLogProbabilities(
      SequenceBatch(sequences), recorded, on: tape)
    tape.backward(
      from: clippedPolicyLoss(
        logRatios: read.logProbabilities - tape.column(old.flatMap { $0 }),
        advantages: targets.policyAdvantages.flatMap { $0 }, weights: weights, clipRange: 0.2,
        on: tape
      ).loss)
    return recorded.gradient()
  }

  @Test(arguments: [
    // The mean of the batch or group has the own return in it: (n − 1)/n.
    (PolicyOptimizer.ppo, 1.0), (.reinforce, 7.0 / 8), (.rloo, 1.0), (.grpo, 7.0 / 8),
  ])
  func meanIsTheExactGradientWithinFourStandardErrors(
    algorithm: PolicyOptimizer, share: Double
  ) throws {
    let (slopes, exact) = (try sampledSlopes(algorithm), exactSlope())
    let standardError = slopes.standardDeviation / Double(Self.batches).squareRoot()
    #expect(abs(slopes.mean - share * exact) < 4 * standardError)
    // A test that can fail: the slope is many standard errors from zero.
    #expect(abs(share * exact) > 6 * standardError)
  }
}

extension PPOConfiguration {
  fileprivate var withoutWhitening: PPOConfiguration {
    var copy = self
    copy.whitensAdvantages = false
    return copy
  }
}
