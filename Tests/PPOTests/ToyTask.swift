import Datasets
import Foundation
import LanguageModel
import PPO
import TensorKernels
import Tokenization
import Training

/// Likes token 3 and dislikes token 4.
struct ToyReward: RewardFunction {
  func rewards(of sequences: [TokenSequence]) -> [Double] { sequences.map(Self.reward) }

  static func reward(_ sequence: TokenSequence) -> Double {
    sequence.completion.reduce(0) { $0 + ($1 == 3 ? 1 : $1 == 4 ? -1 : 0) }
  }
}

/// Every reward is the same number, or none at all.
struct ConstantReward: RewardFunction {
  let value: Double
  func rewards(of sequences: [TokenSequence]) -> [Double] { sequences.map { _ in value } }
}

/// A model of six tokens, completions of at most four, and everything that can be enumerated.
struct ToyTask {
  static let endToken = 2
  static let prompts = [[1], [1, 5], [1, 4, 3]]
  let reference: Transformer<Float>

  init(seed: UInt64 = 1) {
    var generator = Seed(seed).generator(for: "toy-model")
    reference = Transformer(
      configuration: ModelConfiguration(
        layers: 1, hiddenSize: 16, intermediateSize: 24, heads: 2, vocabularySize: 6,
        maximumLength: 8),
      using: &generator)
  }

  static func configuration(
    _ change: (inout PPOConfiguration) -> Void = { _ in }
  ) -> PPOConfiguration {
    var configuration = PPOConfiguration()
    configuration.iterations = 3
    configuration.rolloutsPerIteration = 24
    configuration.responseLength = 4
    configuration.gradientShards = 3
    configuration.learningRate = 3e-3
    change(&configuration)
    return configuration
  }

  /// The rows that a training shows, the outcome, and the models it ends with.
  struct Run {
    var outcome: TrainingOutcome
    var rows: [PPOMetrics] = []
    var steps: [Int] = []
    var policy: Transformer<Float>
    var value: ScalarModel<Float>
  }

  func train(
    _ configuration: PPOConfiguration = Self.configuration(),
    reward: some RewardFunction = ToyReward(), baseline: (any Baseline)? = nil, seed: UInt64 = 5,
    parts: PPOParts = PPOParts()
  ) throws -> Run {
    var run = Run(
      outcome: .completed, policy: reference, value: ScalarModel(backbone: reference))
    var (rows, steps): ([PPOMetrics], [Int]) = ([], [])
    run.outcome = try trainPPO(
      &run.policy, value: &run.value, reference: reference, reward: reward, baseline: baseline,
      prompts: Self.prompts, endToken: Self.endToken, configuration: configuration,
      seed: Seed(seed),
      parts: parts
    ) { step, _, metrics in
      steps.append(step)
      rows.append(metrics)
    }
    (run.rows, run.steps) = (rows, steps)
    return run
  }

  /// All completions: those that end within four tokens, and those cut off there.
  static let completions: [[Int]] = {
    var (open, all): ([[Int]], [[Int]]) = ([[]], [])
    for length in 1...4 {
      let longer = open.flatMap { prefix in (0..<6).map { prefix + [$0] } }
      all += longer.filter { $0.last == endToken || length == 4 }
      open = longer.filter { $0.last != endToken }
    }
    return all
  }()

  /// The exact reward, KL to the reference and best possible objective, mean over the prompts.
  func exact(
    _ policy: Transformer<Float>, beta: Double
  ) -> (reward: Double, kl: Double, ceiling: Double) {
    var (reward, kl, ceiling) = (0.0, 0.0, 0.0)
    for prompt in Self.prompts {
      let sequences = Self.completions.map { TokenSequence(prompt: prompt, completion: $0) }
      let new = policy.completionLogProbabilities(of: sequences).map { Double($0) }
      let old = reference.completionLogProbabilities(of: sequences).map { Double($0) }
      let rewards = sequences.map(ToyReward.reward)
      reward += zip(new, rewards).map { exp($0) * $1 }.reduce(0, +)
      kl += zip(new, old).map { exp($0) * ($0 - $1) }.reduce(0, +)
      // β·log Z = β·log E₀ exp(r/β), Rafailov (2023), equation 4.
      ceiling += beta * log(zip(old, rewards).map { exp($0 + $1 / beta) }.reduce(0, +))
    }
    let count = Double(Self.prompts.count)
    return (reward / count, kl / count, ceiling / count)
  }
}
