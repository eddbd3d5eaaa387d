import Autograd
import Datasets
import LanguageModel
import Optimizers
import TensorKernels
import Tokenization

/// The models, optimisers and accounts of a PPO run, with the steps that its loop is made of.
struct PPOTrainer {
  var policy: Transformer<Float>
  var value: ScalarModel<Float>
  var reference: Transformer<Float>
  let baseline: any Baseline
  let configuration: PPOConfiguration
  let seed: Seed
  let workers: ShardWorkers<Float>
  private let readers: InferenceWorkers<Float>
  var policyOptimizer: AdamW<Float>
  var valueOptimizer: AdamW<Float>
  var klCoefficient: KLCoefficient
  private var scoreShaper: ScoreShaper
  var cost = Cost()
  /// Rollouts sampled so far; `cost.rollouts` has the baseline's reference completions besides.
  var episodes = 0
  /// Optimiser steps taken so far.
  var optimizerSteps: Int { policyOptimizer.steps }

  init(
    policy: Transformer<Float>, value: ScalarModel<Float>, reference: Transformer<Float>,
    baseline: any Baseline, configuration: PPOConfiguration, seed: Seed, workers: Int
  ) {
    self.workers = ShardWorkers(count: workers)
    readers = InferenceWorkers(count: workers)
    (self.policy, self.value, self.reference) = (policy, value, reference)
    (self.baseline, self.configuration, self.seed) = (baseline, configuration, seed)
    klCoefficient = KLCoefficient(configuration)
    scoreShaper = ScoreShaper(scaling: configuration.scoreScaling, bound: configuration.scoreClip)
    policyOptimizer = AdamW(
      epsilon: configuration.adamEpsilon, epsilonPlacement: configuration.adamEpsilonPlacement,
      workers: workers)
    valueOptimizer = policyOptimizer
    if sharesTrunk { followTrunk(head: value.parameters[scoreName]) }
  }

  /// Whether the baseline is a value model.
  var trainsValue: Bool { baseline.resolution == .token }

  /// The models as they are; no value model where none is trained.
  var models: PPOModels { PPOModels(policy: policy, value: trainsValue ? value : nil) }

  /// Samples a completion of each prompt, scores them and measures them before any update.
  mutating func collectRollouts(
    from prompts: [[Int]], endToken: Int, reward: some RewardFunction,
    rewardModels: [ModelConfiguration], minibatches: [Minibatch], iteration: Int
  ) throws -> Rollouts {
    var rollouts = sample(prompts, endToken: endToken, iteration: iteration)
    rollouts.scores = scoreShaper(try reward.rewards(of: rollouts.sequences))
    cost += .forward(through: rewardModels, sequenceLengths: rollouts.sequenceLengths)
    measure(&rollouts, in: minibatches, iteration: iteration)
    rollouts.referenceRewards = try referenceRewards(
      after: prompts, endToken: endToken, reward: reward, rewardModels: rewardModels,
      iteration: iteration)
    return rollouts
  }

  /// Completions of the prompts by the policy as it is.
  private mutating func sample(_ prompts: [[Int]], endToken: Int, iteration: Int) -> Rollouts {
    let uniform = UniformStream(seed: seed, purpose: "ppo.rollouts", step: iteration)
    var sampler = Sampler(
      policy, temperature: configuration.temperature, workers: readers.count)
    let samples = sampler.sample(
      prompts: prompts, maximumTokens: configuration.responseLength, endToken: endToken
    ) { uniform($0, $1) }
    let rollouts = Rollouts(samples, configuration)
    cost.rollouts += samples.count
    episodes += samples.count
    cost += .forward(through: policy.configuration, sequenceLengths: rollouts.sequenceLengths)
    return rollouts
  }

  /// Fills in the log-probabilities and values, shard by shard as the first epoch will meet them.
  ///
  /// The last bits of a matrix product depend on the shape of its batch. With equal shapes the
  /// first update finds a ratio of exactly one, and an unmoved policy a KL of exactly zero.
  private mutating func measure(
    _ rollouts: inout Rollouts, in minibatches: [Minibatch], iteration: Int
  ) {
    let shards = minibatches.flatMap(\.shards)
    let readings = readers.map(shards.count) { [self, rollouts] shard, tape in
      reading(of: shards[shard], rollouts, on: tape)
    }
    var noise = seed.generator(for: "ppo.fault", step: iteration)
    for (shard, reading) in zip(shards, readings) {
      let new = faulty(reading.new, noise: &noise)
      let old = faulty(reading.old, noise: &noise)
      let completions = Segments(lengths: shard.map { rollouts.layout.tokenCounts[$0] })
      let slots = Segments(lengths: shard.map { rollouts.layout.slotCount(of: $0) })
      for (i, rollout) in shard.enumerated() {
        rollouts.logProbabilities[rollout] = Array(new[completions[i]])
        rollouts.referenceLogProbabilities[rollout] = Array(old[completions[i]])
        if trainsValue { rollouts.values[rollout] = Array(reading.values[slots[i]]) }
      }
    }
    var readers = [policy.configuration, reference.configuration]
    if trainsValue { readers.append(value.configuration) }
    cost += .forward(through: readers, sequenceLengths: rollouts.sequenceLengths)
  }

  /// What the policy, the reference and the value model say of one shard of the rollouts.
  private func reading(
    of shard: [Int], _ rollouts: Rollouts, on tape: Tape<Float>
  ) -> (new: [Float], old: [Float], values: [Float]) {
    let batch = SequenceBatch(rollouts.sequences(shard))
    let new = tokenLogProbabilities(policy, batch, on: tape)
    let isAliased = configuration.galleryFault == .aliasedReference
    let old = tokenLogProbabilities(isAliased ? policy : reference, batch, on: tape)
    guard trainsValue else { return (new, old, []) }
    let values = value.values(
      batch, tape.record(value.parameters), on: tape,
      rows: rollouts.valueRows(shard, in: batch)
    ).values
    return (new, old, values)
  }

  private func tokenLogProbabilities(
    _ model: Transformer<Float>, _ batch: SequenceBatch, on tape: Tape<Float>
  ) -> [Float] {
    defer { tape.reset() }
    return read(
      model, batch, tape.record(model.parameters), on: tape,
      temperature: configuration.temperature
    ).tokens.logProbabilities.values
  }

  /// Log-probabilities with the noise of a gallery run, and with none in all others.
  private func faulty(_ values: [Float], noise: inout CounterGenerator) -> [Float] {
    guard configuration.galleryFault == .noisyLogProbabilities else { return values }
    return values.map { $0 + Float(PPOFault.noiseDeviation * noise.normal()) }
  }
}
