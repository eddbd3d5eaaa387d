import Autograd
import Datasets
import LanguageModel
import Optimizers
import TensorKernels
import Tokenization

/// Sampled completions with everything that was measured on them before any update.
struct Rollouts {
  /// The prompts with their completions.
  let sequences: [TokenSequence]
  /// Whether each completion has an end token.
  let hasEnded: [Bool]
  /// End tokens in the padded completions, TRL's `val/num_eos_tokens`: one for each that has ended.
  let endTokens: Int
  /// log π of each token as the sampler drew it.
  private let sampledLogProbabilities: [[Double]]
  /// Their tokens and value slots.
  let layout: CompletionLayout
  /// What the reward function said.
  var scores: [Double] = []
  /// log π of each token under the policy that sampled it, as it was drawn.
  var logProbabilities: [[Float]]
  /// log π₀ of each token.
  var referenceLogProbabilities: [[Float]]
  /// The rewards of the reference's completions of the same prompts, for baselines that read them.
  var referenceRewards: [[Double]] = []
  /// V of each value slot; empty rows where no value model is trained.
  var values: [[Float]]

  init(_ samples: [Sampled], _ configuration: PPOConfiguration, parts: PPOParts) {
    let masked = samples.map { parts.mask($0, configuration.responseLength) }
    sequences = masked.map(\.sequence)
    hasEnded = samples.map(\.ended)
    endTokens = masked.reduce(0) { $0 + $1.endTokens }
    sampledLogProbabilities = samples.map(\.logProbabilities)
    layout = CompletionLayout(
      tokenCounts: sequences.map(\.completion.count), width: configuration.responseLength,
      scorePosition: configuration.scorePosition)
    logProbabilities = zip(samples, sequences).map { sample, kept in
      sample.logProbabilities.prefix(kept.completion.count).map { Float($0) }
    }
    let none = [[Float]](repeating: [], count: samples.count)
    (referenceLogProbabilities, values) = (none, none)
  }

  var isFinite: Bool {
    (scores + referenceRewards.joined()).allSatisfy(\.isFinite)
      && [logProbabilities, referenceLogProbabilities, values].allSatisfy {
        $0.allSatisfy { $0.allSatisfy(\.isFinite) }
      }
  }

  /// What was recorded of the first rollouts, for whoever checks the training from outside.
  var readings: [RolloutReading] {
    sequences.indices.prefix(RolloutReading.count).map { i in
      RolloutReading(
        sequence: sequences[i], hasEnded: hasEnded[i],
        sampledLogProbabilities: sampledLogProbabilities[i],
        logProbabilities: logProbabilities[i],
        referenceLogProbabilities: referenceLogProbabilities[i])
    }
  }

  /// Tokens of each prompt and completion together.
  var sequenceLengths: [Int] { sequences.map { $0.prompt.count + $0.completion.count } }

  func sequences(_ indices: [Int]) -> [TokenSequence] { indices.map { sequences[$0] } }

  func tokenCount(_ indices: [Int]) -> Int { indices.reduce(0) { $0 + layout.tokenCounts[$1] } }

  func slotCount(_ indices: [Int]) -> Int {
    indices.reduce(0) { $0 + layout.slotCount(of: $1) }
  }

  /// The rows of a batch of these rollouts whose states have a value slot.
  func valueRows(_ indices: [Int], in batch: SequenceBatch) -> [Int] {
    indices.enumerated().flatMap { i, rollout in
      batch.stateRows[batch.states[i]].prefix(layout.slotCount(of: rollout))
    }
  }
}

extension Array {
  /// The concatenation of the rows at `indices`.
  func joined<Scalar>(_ indices: [Int]) -> [Scalar] where Element == [Scalar] {
    indices.flatMap { self[$0] }
  }
}

extension PPOTrainer {
  /// Samples a completion of each prompt, scores them and measures them before any update.
  mutating func collectRollouts(
    from prompts: [[Int]], reward: some RewardFunction, minibatches: [Minibatch], iteration: Int
  ) throws -> Rollouts {
    let samples = sample(
      prompts, from: policy,
      stream: UniformStream(seed: seed, purpose: "ppo.rollouts", step: iteration))
    var rollouts = Rollouts(samples, configuration, parts: parts)
    episodes += samples.count
    cost += .forward(through: policy.configuration, sequenceLengths: rollouts.sequenceLengths)
    rollouts.scores = scoreShaper(try reward.rewards(of: rollouts.sequences))
    cost += .forward(through: rewardModels, sequenceLengths: rollouts.sequenceLengths)
    measure(&rollouts, in: minibatches, iteration: iteration)
    rollouts.referenceRewards = try referenceRewards(
      after: prompts, reward: reward, iteration: iteration)
    return rollouts
  }

  private mutating func sample(
    _ prompts: [[Int]], from model: Transformer<Float>, stream uniform: UniformStream
  ) -> [Sampled] {
    var sampler = Sampler(model, temperature: configuration.temperature, workers: readers.count)
    cost.rollouts += prompts.count
    return sampler.sample(
      prompts: prompts, maximumTokens: configuration.responseLength, endToken: endToken
    ) { uniform($0, $1) }
  }

  /// The rewards of the reference's completions that the baseline reads, one row per rollout.
  ///
  /// They are sampled and scored for training as rollouts are, and cost as much.
  private mutating func referenceRewards(
    after prompts: [[Int]], reward: some RewardFunction, iteration: Int
  ) throws -> [[Double]] {
    let count = baseline.referenceSamples
    guard count > 0 else { return [] }
    let samples = sample(
      prompts.flatMap { [[Int]](repeating: $0, count: count) }, from: reference,
      stream: UniformStream(seed: seed, purpose: "ppo.reference-samples", step: iteration))
    let sequences = samples.map(\.sequence)
    cost += .forward(
      through: [reference.configuration] + rewardModels,
      sequenceLengths: sequences.map { $0.prompt.count + $0.completion.count })
    let rewards = configuration.missingEndRule(
      try reward.rewards(of: sequences), penalty: configuration.missingEndPenalty,
      unlessEnded: samples.map(\.ended))
    return prompts.indices.map { Array(rewards[$0 * count..<($0 + 1) * count]) }
  }

  // MARK: Measuring

  /// Fills in the reference's log-probabilities and the values, shard by shard as the first epoch will meet them.
  ///
  /// The policy is not read again: what its tokens were drawn with are, to the bit, the log-probabilities
  /// that an update finds before it moves. So the first ratio is exactly one, and an unmoved policy's KL zero.
  private mutating func measure(
    _ rollouts: inout Rollouts, in minibatches: [Minibatch], iteration: Int
  ) {
    let shards = minibatches.flatMap(\.shards)
    var measured = readers.map(shards.count) { [self, rollouts] shard, tape in
      measurement(of: shards[shard], rollouts, on: tape)
    }
    parts.measurements(&measured, iteration)
    for (shard, reading) in zip(shards, measured) {
      let completions = Segments(lengths: shard.map { rollouts.layout.tokenCounts[$0] })
      let slots = Segments(lengths: shard.map { rollouts.layout.slotCount(of: $0) })
      for (i, rollout) in shard.enumerated() {
        rollouts.logProbabilities[rollout] = Array(reading.logProbabilities[completions[i]])
        rollouts.referenceLogProbabilities[rollout] = Array(
          reading.referenceLogProbabilities[completions[i]])
        if trainsValue { rollouts.values[rollout] = Array(reading.values[slots[i]]) }
      }
    }
    var models = [reference.configuration]
    if trainsValue { models.append(value.configuration) }
    cost += .forward(through: models, sequenceLengths: rollouts.sequenceLengths)
  }

  /// What the reference and the value model say of one shard of the rollouts, beside its own log π.
  private func measurement(
    of shard: [Int], _ rollouts: Rollouts, on tape: Tape<Float>
  ) -> ShardMeasurement {
    let batch = SequenceBatch(rollouts.sequences(shard))
    let old = tokenLogProbabilities(parts.reference(reference, policy), batch, on: tape)
    let values =
      trainsValue
      ? value.values(
        batch, tape.record(value.parameters), on: tape,
        rows: rollouts.valueRows(shard, in: batch)
      ).values : []
    return ShardMeasurement(
      logProbabilities: rollouts.logProbabilities.joined(shard), referenceLogProbabilities: old,
      values: values)
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

  /// Reads a batch, in rollouts and in updates by the same operations, so that the bits agree.
  ///
  /// The hidden states of all rows come with it where a value head or an entropy bonus needs them.
  func read(
    _ model: Transformer<Float>, _ batch: SequenceBatch, _ recorded: RecordedParameters<Float>,
    on tape: Tape<Float>, temperature: Double
  ) -> (tokens: TokenLogProbabilities<Float>, hidden: Tensor<Float>?) {
    guard configuration.valueTrunk != .separate || configuration.entropyWeight > 0 else {
      let tokens = model.tokenLogProbabilities(
        batch, recorded, on: tape, temperature: Float(temperature))
      return (tokens, nil)
    }
    let hidden = model.hiddenStates(batch, recorded, on: tape)
    let tokens = hidden.rows(batch.predictionRows).tokenLogProbabilities(
      head: recorded[model.configuration.headName], targets: batch.targets,
      temperature: Float(temperature))
    return (tokens, hidden)
  }
}
