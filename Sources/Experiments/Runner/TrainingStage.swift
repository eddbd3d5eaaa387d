public import DPO
public import Datasets
import Foundation
public import LanguageModel
public import PPO
public import RewardModeling
public import SupervisedFineTuning
public import TensorKernels
public import Tokenization
import Training

/// One training by itself, on a user's own pairs, from a model folder to a model folder.
public struct TrainingStage: Sendable {
  /// The pairs.
  public let pairs: [PreferencePair]
  /// The tokenizer of the model.
  public let tokenizer: any Tokenizer
  /// Where the result goes.
  public let output: ModelFolder
  /// The seed of everything random.
  public let seed: Seed
  /// Threads that share the work; what it writes does not depend on them.
  public let workers: Int
  /// Called at every step with what it showed.
  public let observe: @Sendable (MetricsRow) -> Void

  /// A training on pairs.
  public init(
    pairs: [PreferencePair], tokenizer: any Tokenizer, output: ModelFolder, seed: Seed,
    workers: Int = 1, observe: @escaping @Sendable (MetricsRow) -> Void
  ) {
    (self.pairs, self.tokenizer, self.output) = (pairs, tokenizer, output)
    (self.seed, self.workers, self.observe) = (seed, workers, observe)
  }

  /// Fine-tunes on the chosen completions.
  public func fineTune(_ model: Transformer<Float>, _ settings: SFTConfiguration) throws {
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
  public func trainReward(
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
  public func trainDPO(from reference: Transformer<Float>, _ settings: DPOConfiguration) throws {
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
  public func trainPPO(
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
