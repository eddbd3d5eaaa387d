package import DPO
package import Datasets
import Foundation
package import LanguageModel
import Optimizers
package import PPO
package import RewardModeling
package import SupervisedFineTuning
import TensorKernels
package import Tokenization
import Training

/// One training by itself, on a user's own pairs, from a model folder to a model folder.
package struct TrainingStage: Sendable {
  /// The pairs.
  package let pairs: [PreferencePair]
  /// The tokenizer of the model.
  package let tokenizer: any Tokenizer
  /// Where the result goes.
  package let output: ModelFolder
  /// The seed of everything random.
  package let seed: Seed
  /// Threads that share the work; what it writes does not depend on them.
  package let workers: Int
  /// Called at every step with what it showed.
  package let observe: @Sendable (MetricsRow) -> Void

  /// A training on pairs.
  package init(
    pairs: [PreferencePair], tokenizer: any Tokenizer, output: ModelFolder, seed: Seed,
    workers: Int = 1, observe: @escaping @Sendable (MetricsRow) -> Void
  ) {
    (self.pairs, self.tokenizer, self.output) = (pairs, tokenizer, output)
    (self.seed, self.workers, self.observe) = (seed, workers, observe)
  }

  /// Fine-tunes on the chosen completions.
  package func fineTune(_ model: Transformer<Float>, _ settings: SFTConfiguration) throws {
    var model = model
    try run("SFT") { log in
      try SupervisedFineTuning.fineTune(
        &model, on: pairs.map(\.chosenSequence), configuration: settings, seed: seed,
        workers: workers
      ) { step, _, metrics in try log.add(step, metrics.logged) }
    } write: {
      try output.write(model, tokenizer: tokenizer)
    }
  }

  /// Fits a reward model.
  package func trainReward(
    from reference: Transformer<Float>, _ settings: RewardConfiguration
  ) throws {
    guard settings.ensembleSize ?? 1 == 1 else {
      throw ConfigurationError.contradiction(
        "a folder holds one reward model; train members with other seeds, or use `tandem run`")
    }
    try settings.validate(for: pairs)
    var reward = RewardModel(model: ScalarModel(backbone: reference))
    let completions = pairs.flatMap { [$0.chosenSequence, $0.rejectedSequence] }
    try run("the reward model") { log in
      let (trained, outcome) = try trainRewardModel(
        from: reference, on: pairs, places: largestRanking, centredOn: completions,
        configuration: settings, seed: seed, workers: workers
      ) { step, _, metrics in try log.add(step, metrics.logged) }
      reward = trained
      return outcome
    } write: {
      try output.write(reward, tokenizer: tokenizer)
    }
  }

  /// Trains by DPO against the model it starts from.
  package func trainDPO(from reference: Transformer<Float>, _ settings: DPOConfiguration) throws {
    guard settings.online == nil else {
      throw ConfigurationError.contradiction(
        "online rounds need a judge, which `tandem run` has; remove 'online' here")
    }
    var policy = reference
    try run("DPO") { log in
      guard settings.lossKind == .plackettLuce else {
        return try DPO.trainDPO(
          &policy, reference: reference, pairs: pairs, configuration: settings, seed: seed,
          workers: workers
        ) { step, _, metrics in try log.add(step, metrics.logged) }
      }
      return try DPO.trainDPO(
        &policy, reference: reference, rankings: rankings(of: pairs, places: largestRanking),
        configuration: settings, seed: seed, workers: workers
      ) { step, _, metrics in try log.add(step, metrics.logged) }
    } write: {
      try output.write(policy, tokenizer: tokenizer)
    }
  }

  /// Trains by PPO on a reward, from the prompts of the pairs.
  package func trainPPO(
    from reference: Transformer<Float>, reward: RewardModel, _ settings: PPOConfiguration
  ) throws {
    var (policy, reward) = (reference, reward)
    reward.workers = InferenceWorkers(count: workers)
    var value = try settings.initialValue(
      backbone: reference, rewardModel: reward.model, seed: seed)
    var seen: Set<[Int]> = []
    let prompts = pairs.map(\.prompt).filter { seen.insert($0).inserted }
    let baseline: any Baseline =
      switch settings.baseline {
      case .datasetMean:
        DatasetMean(
          of: reward.rewards(of: pairs.flatMap { [$0.chosenSequence, $0.rejectedSequence] }))
      default: try settings.rolloutBaseline()
      }
    try run("PPO") { log in
      try PPO.trainPPO(
        &policy, value: &value, reference: reference, reward: reward,
        rewardModels: [reward.model.configuration], baseline: baseline, prompts: prompts,
        endToken: tokenizer.endToken, configuration: settings, seed: seed, workers: workers
      ) { step, _, metrics in try log.add(step, metrics.logged) }
    } write: {
      try output.write(policy, tokenizer: tokenizer)
    }
  }

  /// Runs a training and keeps what it reached, whether it ends, diverges or is interrupted.
  private func run(
    _ name: String, training: (inout StageLog) throws -> TrainingOutcome,
    write: () throws -> Void
  ) throws {
    var log = StageLog(observe: observe)
    let outcome: TrainingOutcome
    do {
      outcome = try training(&log)
    } catch let interruption as CancellationError {
      try write()
      try log.write(to: output.url)
      throw interruption
    }
    try write()
    try log.write(to: output.url)
    if case .diverged(let step) = outcome {
      throw NumericalFailure(stage: name, step: step, checkpoint: output.url.path)
    }
  }
}

/// The most completions of one prompt that pairs in a file are joined to one ranking of.
private let largestRanking = 16

/// The metrics of a stage, step by step.
private struct StageLog {
  let observe: @Sendable (MetricsRow) -> Void
  private var rows: [MetricsRow] = []

  init(observe: @escaping @Sendable (MetricsRow) -> Void) { self.observe = observe }

  mutating func add(_ step: Int, _ values: [String: Double]) throws {
    let row = MetricsRow(step: step, values: values)
    rows.append(row)
    observe(row)
    try Task.checkCancellation()
  }

  func write(to folder: URL) throws {
    let data = try Data(rows.map { try $0.line }.joined())
    do {
      try data.write(to: folder.appending(path: "metrics.jsonl"))
    } catch {
      throw RunStoreError.cannotWrite(path: folder.path, reason: plainReason(error))
    }
  }
}

/// What a training by itself takes in its largest batch, from sizes alone, before anything is computed.
///
/// The program with its tokenizer and the model's file, and buffers kept for batches of other lengths,
/// come on top: SmolLM2-135M is planned at 4.4 GB for DPO and was measured at 5.2.
extension TrainingStage {
  /// Of fine-tuning.
  package func memory(_ model: ModelConfiguration, _ settings: SFTConfiguration) -> MemoryPlan {
    plan(
      model, tokens: pairs.map(\.chosenSequence.tokens.count), batch: settings.batchSize,
      shards: settings.gradientShards, settings.optimizer)
  }

  /// Of a reward model, beside the model that it starts from.
  package func memory(_ model: ModelConfiguration, _ settings: RewardConfiguration) -> MemoryPlan {
    plan(
      model, tokens: pairs.map(\.rows), batch: settings.batchSize,
      shards: settings.gradientShards, settings.optimizer) + MemoryPlan(reading: model)
  }

  /// Of DPO, beside its reference.
  package func memory(_ model: ModelConfiguration, _ settings: DPOConfiguration) -> MemoryPlan {
    plan(
      model, tokens: pairs.map(\.rows), batch: settings.batchSize,
      shards: settings.gradientShards, settings.optimizer) + MemoryPlan(reading: model)
  }

  /// Of PPO: the policy with its sampler, a value model where there is one of its own, and the
  /// reference and the reward model, which are only read.
  package func memory(
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
  private func plan(
    _ model: ModelConfiguration, tokens: [Int], batch: Int, shards: Int, _ optimizer: OptimizerKind
  ) -> MemoryPlan {
    let longest = pairs.flatMap { [$0.chosenSequence, $0.rejectedSequence] }
      .map(\.tokens.count).max()
    return MemoryPlan(
      model, tokens: tokens.sorted(by: >).prefix(batch).reduce(0, +), length: longest ?? 0,
      shards: min(shards, batch), workers: workers, runningMeans: optimizer == .adamW ? 2 : 1)
  }
}

extension PreferencePair {
  /// The rows of both completions after one prompt.
  fileprivate var rows: Int { prompt.count + chosen.count + rejected.count }
}

/// A single stage whose training met a number that is not finite.
package struct NumericalFailure: Error, Equatable, CustomStringConvertible {
  /// The stage.
  package var stage: String
  /// The step whose loss, reward or gradient was not finite.
  package var step: Int
  /// Where the model from before that step is.
  package var checkpoint: String

  /// A divergence of a stage.
  package init(stage: String, step: Int, checkpoint: String) {
    (self.stage, self.step, self.checkpoint) = (stage, step, checkpoint)
  }

  /// The sentence for people.
  package var description: String {
    "\(stage) diverged at step \(step): a loss, reward or gradient was not finite; lower the "
      + "learning rate. The model from before that step is in \(checkpoint)"
  }
}
