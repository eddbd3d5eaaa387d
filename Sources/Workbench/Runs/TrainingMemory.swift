package import DPO
package import Datasets
package import LanguageModel
import Optimizers
package import PPO
package import RewardModeling
package import SupervisedFineTuning
import Tokenization
import Training

/// What a training by itself takes in its largest batch, from sizes alone, before anything is computed.
///
/// The program with its tokenizer and the model's file, and buffers kept for batches of other lengths,
/// come on top: SmolLM2-135M is planned at 4.4 GB for DPO and was measured at 5.2.
package struct TrainingMemory: Sendable {
  private let pairs: [PreferencePair]
  private let workers: Int

  /// Of trainings on pairs, by so many threads.
  package init(pairs: [PreferencePair], workers: Int) {
    (self.pairs, self.workers) = (pairs, workers)
  }

  /// Of fine-tuning.
  package func plan(_ model: ModelConfiguration, _ settings: SFTConfiguration) -> MemoryPlan {
    largest(
      model, tokens: pairs.map(\.chosenSequence.tokens.count), batch: settings.batchSize,
      shards: settings.gradientShards, settings.optimizer)
  }

  /// Of a reward model, beside the model that it starts from.
  package func plan(_ model: ModelConfiguration, _ settings: RewardConfiguration) -> MemoryPlan {
    largest(
      model, tokens: pairs.map(\.tokenCount), batch: settings.batchSize,
      shards: settings.gradientShards, settings.optimizer) + MemoryPlan(reading: model)
  }

  /// Of DPO, beside its reference.
  package func plan(_ model: ModelConfiguration, _ settings: DPOConfiguration) -> MemoryPlan {
    largest(
      model, tokens: pairs.map(\.tokenCount), batch: settings.batchSize,
      shards: settings.gradientShards, settings.optimizer) + MemoryPlan(reading: model)
  }

  /// Of PPO: the policy with its sampler, a value model where there is one of its own, and the
  /// reference and the reward model, which are only read.
  package func plan(
    _ model: ModelConfiguration, reward: ModelConfiguration, _ settings: PPOConfiguration
  ) -> MemoryPlan {
    let length = (pairs.map(\.prompt.count).max() ?? 0) + settings.responseLength
    let sequences = settings.rolloutsPerIteration
    let policy = MemoryPlan(
      model, tokens: sequences / max(1, settings.minibatches) * length, length: length,
      shards: settings.gradientShards, workers: workers)
    let sampling = MemoryPlan(sampling: model, sequences: sequences, length: length)
    let frozen = MemoryPlan(reading: model) + MemoryPlan(reading: reward)
    let all = policy + sampling + frozen
    guard settings.baseline == .learnedValue, settings.valueTrunk == .separate else { return all }
    // Its steps take turns with the policy's, in the same activations.
    return all + MemoryPlan(model, tokens: 0, length: 0, shards: settings.gradientShards)
  }

  /// The plan of the batch with the most tokens.
  private func largest(
    _ model: ModelConfiguration, tokens: [Int], batch: Int, shards: Int, _ optimizer: OptimizerKind
  ) -> MemoryPlan {
    let longest = pairs.flatMap { [$0.chosenSequence, $0.rejectedSequence] }
      .map(\.tokens.count).max()
    return MemoryPlan(
      model, tokens: tokens.sorted(by: >).prefix(batch).reduce(0, +), length: longest ?? 0,
      shards: min(shards, batch), workers: workers, runningMeans: optimizer == .adamW ? 2 : 1)
  }
}
