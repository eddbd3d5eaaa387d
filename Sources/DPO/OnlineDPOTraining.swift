public import Datasets
import Foundation
public import LanguageModel
import Optimizers
public import TensorKernels
import Tokenization
public import Training

/// What judges the pairs of online DPO.
public struct OnlineLabels: Sendable {
  /// The reward of a completion in logits; nil for the policy's own implicit reward.
  public var reward: (any RewardFunction)?
  /// Whether each label is bought from an annotator.
  public var areBought: Bool
  /// The models that a learned reward reads completions with, for the cost: all of an ensemble.
  public var rewardModels: [ModelConfiguration]

  /// Names a judge.
  public init(
    reward: (any RewardFunction)?, areBought: Bool = false, rewardModels: [ModelConfiguration] = []
  ) {
    (self.reward, self.areBought, self.rewardModels) = (reward, areBought, rewardModels)
  }
}

/// Trains a policy by DPO on pairs that it samples itself, in the rounds of `configuration.online`.
///
/// - Parameters:
///   - policy: The policy to train; after a divergence, as it was before the update that failed.
///   - reference: The policy π₀ that training starts from.
///   - prompts: What rounds take their prompts from, in a shuffled order.
///   - maximumTokens: A completion without an end token is cut off here.
///   - endToken: The token that ends a completion.
///   - labels: Who labels the pairs.
///   - configuration: How to train; without rounds in it, nothing happens.
///   - seed: Names prompts, completions, labels and the order of the pairs.
///   - workers: Threads that share sampling and gradients; the result does not depend on them.
///   - observe: As in offline training; steps count on over all rounds.
/// - Returns: Whether every update was made; `.diverged(step: k)` where the k-th could not be.
/// - Throws: What the reward or the observer throws.
public func trainOnlineDPO(
  _ policy: inout Transformer<Float>, reference: Transformer<Float>, prompts: [[Int]],
  maximumTokens: Int, endToken: Int, labels: OnlineLabels, configuration: DPOConfiguration,
  seed: Seed, workers: Int = 1,
  observe: (Int, borrowing Transformer<Float>, DPOMetrics) throws -> Void
) throws -> TrainingOutcome {
  guard let online = configuration.online else { return .completed }
  let order = BatchOrder(
    count: prompts.count, batchSize: online.promptsPerRound, seed: seed,
    purpose: "online.prompts")
  var sampling = OnlineSampling(
    reference: reference, labels: labels, configuration: configuration, online: online,
    maximumTokens: maximumTokens, endToken: endToken, seed: seed,
    readers: InferenceWorkers(count: workers))
  let workers = ShardWorkers<Float>(count: workers)
  var loop = TrainingLoop(
    configuration, updates: online.updates(configuration, prompts: prompts.count),
    workers: workers)
  var probe = UpdateProbe(
    sampling.probe(prompts: prompts), policy: policy, readers: sampling.readers)
  var current = reference
  for round in 0..<online.rounds {
    let batch = order.batch(atStep: round).map { prompts[$0] }
    let pairs = try sampling.pairs(of: policy, prompts: batch, round: round)
    if online.reference == .refreshed { current = policy }
    var learner = PairLearner(
      reference: current, pairs: pairs, probe: probe, configuration: configuration,
      workers: workers, readers: sampling.readers)
    learner.buysLabels = labels.areBought
    let batches = configuration.order(of: pairs.count, seed: seed.derived("round \(round)"))
    let outcome = try loop.run(
      &policy, learner: &learner, order: batches,
      updates: configuration.epochs * batches.batchesPerEpoch, before: sampling.cost,
      observe: observe)
    guard outcome == .completed else { return outcome }
    sampling.cost += learner.cost
    probe = learner.probe
  }
  return .completed
}

extension OnlineDPOConfiguration {
  /// The updates of all rounds where there are so many prompts to take from.
  public func updates(_ configuration: DPOConfiguration, prompts: Int) -> Int {
    let pairs = min(promptsPerRound, prompts)
    return rounds * configuration.epochs * (pairs / max(1, min(configuration.batchSize, pairs)))
  }
}

/// Samples the pairs of each round and has them labelled.
private struct OnlineSampling {
  let reference: Transformer<Float>
  let labels: OnlineLabels
  let configuration: DPOConfiguration
  let online: OnlineDPOConfiguration
  let maximumTokens: Int
  let endToken: Int
  let seed: Seed
  let readers: InferenceWorkers<Float>
  /// What everything so far has cost.
  var cost = Cost()

  init(
    reference: Transformer<Float>, labels: OnlineLabels, configuration: DPOConfiguration,
    online: OnlineDPOConfiguration, maximumTokens: Int, endToken: Int, seed: Seed,
    readers: InferenceWorkers<Float>
  ) {
    self.readers = readers
    (self.reference, self.labels, self.configuration) = (reference, labels, configuration)
    (self.online, self.maximumTokens, self.endToken) = (online, maximumTokens, endToken)
    self.seed = seed
  }

  /// Two completions of each prompt, labelled; two identical ones teach nothing but count, as in TRL.
  mutating func pairs(
    of policy: Transformer<Float>, prompts: [[Int]], round: Int
  ) throws -> [PreferencePair] {
    let uniforms = UniformStream(seed: seed, purpose: "online.completions", step: round)
    var sampler = Sampler(
      policy, temperature: online.temperature, workers: readers.count)
    let drawn = sampler.sample(
      prompts: prompts.flatMap { [$0, $0] }, maximumTokens: maximumTokens, endToken: endToken
    ) { uniforms($0, $1) }.map(\.sequence)
    cost.rollouts += drawn.count
    cost += .forward(through: policy.configuration, sequenceLengths: drawn.map(\.tokens.count))
    let rewards = try rewards(of: drawn, under: policy)
    let draws = UniformStream(seed: seed, purpose: "online.labels", step: round)
    return prompts.indices.map { index in
      let (first, second) = (drawn[2 * index].completion, drawn[2 * index + 1].completion)
      let difference = rewards[2 * index] - rewards[2 * index + 1]
      let isFirst = draws(index, 0) < online.labels.probability(difference)
      return PreferencePair(
        prompt: prompts[index], chosen: isFirst ? first : second,
        rejected: isFirst ? second : first)
    }
  }

  /// Pairs of the reference's completions on which updates are measured; they cost nothing.
  func probe(prompts: [[Int]]) -> [PreferencePair] {
    let uniforms = UniformStream(seed: seed, purpose: "online.probe")
    let some = prompts.prefix(configuration.probePairs)
    guard !some.isEmpty else { return [] }
    var sampler = Sampler(reference, workers: readers.count)
    let drawn = sampler.sample(
      prompts: some.flatMap { [$0, $0] }, maximumTokens: maximumTokens, endToken: endToken
    ) { uniforms($0, $1) }.map(\.sequence.completion)
    return some.enumerated().map { index, prompt in
      PreferencePair(prompt: prompt, chosen: drawn[2 * index], rejected: drawn[2 * index + 1])
    }
  }

  /// What the judge says of each completion, in logits.
  private mutating func rewards(
    of sequences: [TokenSequence], under policy: Transformer<Float>
  ) throws -> [Double] {
    let lengths = sequences.map(\.tokens.count)
    if let reward = labels.reward {
      cost += .forward(through: labels.rewardModels, sequenceLengths: lengths)
      return try reward.rewards(of: sequences)
    }
    cost += .forward(through: policy.configuration, sequenceLengths: lengths + lengths)
    return zip(
      policy.completionLogProbabilities(of: sequences, on: readers),
      reference.completionLogProbabilities(of: sequences, on: readers)
    ).map { configuration.beta * Double($0 - $1) }
  }
}

extension LabelMode {
  /// The probability that the first of two completions is chosen; a tie is drawn.
  fileprivate func probability(_ difference: Double) -> Double {
    switch self {
    case .sampled: 1 / (1 + exp(-difference))
    case .argmax: difference > 0 ? 1 : difference < 0 ? 0 : 0.5
    }
  }
}
