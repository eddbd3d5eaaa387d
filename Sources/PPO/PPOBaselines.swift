import Datasets
import LanguageModel
import Optimizers
import TensorKernels
import Tokenization

extension PPOTrainer {
  /// The advantages and returns of rollouts, under the KL penalty as it is.
  func targets(of rollouts: Rollouts) throws -> PPOTargets<Float> {
    let rewards = PenalizedRewards(
      layout: rollouts.layout, logProbabilities: rollouts.logProbabilities,
      reference: rollouts.referenceLogProbabilities, scores: rollouts.scores.map { Float($0) },
      hasEnded: rollouts.hasEnded, klPenalty: Float(klCoefficient.value),
      configuration: configuration)
    switch baseline.resolution {
    case .token:
      return PPOTargets(
        rewards, values: rollouts.values, layout: rollouts.layout, configuration: configuration)
    case .completion:
      let batch = BaselineBatch(
        policy: policy, sequences: rollouts.sequences, returns: rewards.returns,
        completionsPerPrompt: configuration.completionsPerPrompt, klPenalty: klCoefficient.value,
        referenceRewards: rollouts.referenceRewards)
      return PPOTargets(
        rewards, baselines: try baseline.values(of: batch), layout: rollouts.layout,
        configuration: configuration)
    }
  }

  /// The rewards of the reference's completions that the baseline reads, a row a rollout.
  ///
  /// They are sampled and scored for training as rollouts are, and cost as much.
  mutating func referenceRewards(
    after prompts: [[Int]], endToken: Int, reward: some RewardFunction,
    rewardModels: [ModelConfiguration], iteration: Int
  ) throws -> [[Double]] {
    let count = baseline.referenceSamples
    guard count > 0 else { return [] }
    let uniform = UniformStream(seed: seed, purpose: "ppo.reference-samples", step: iteration)
    var sampler = Sampler(
      reference, temperature: configuration.temperature, workers: workers.count)
    let samples = sampler.sample(
      prompts: prompts.flatMap { [[Int]](repeating: $0, count: count) },
      maximumTokens: configuration.responseLength, endToken: endToken
    ) { uniform($0, $1) }
    let sequences = samples.map(\.sequence)
    cost.rollouts += samples.count
    cost += .forward(
      through: [reference.configuration] + rewardModels,
      sequenceLengths: sequences.map { $0.prompt.count + $0.completion.count })
    let rewards = configuration.missingEndRule(
      try reward.rewards(of: sequences), penalty: configuration.missingEndPenalty,
      unlessEnded: samples.map(\.ended))
    return prompts.indices.map { Array(rewards[$0 * count..<($0 + 1) * count]) }
  }
}
