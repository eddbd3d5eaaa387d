import Autograd
import DPO
import Datasets
import Foundation
import LanguageModel
import PPO
import RewardModeling
import SupervisedFineTuning
import Synchronization
import TensorKernels
import TestSupport
import Testing
import Tokenization
import Training
import Workbench

@Suite struct TrainingStageTests {
  private let folder: TemporaryFolder
  private let model: Transformer<Float>
  private let tokenizer: any Tokenizer
  private let pairs: [PreferencePair]

  init() throws {
    folder = try TemporaryFolder()
    let texts = (0..<24).map { i in
      TextPair(prompt: "the film was", chosen: " good \(i % 3)", rejected: " bad \(i % 4)")
    }
    (model, tokenizer) = newModel(for: texts, preset: .tiny, vocabularySize: 300, seed: Seed(1))
    let tokenizer = tokenizer
    pairs = try texts.map { try $0.tokenized(by: tokenizer) }
  }

  private func stage(
    _ name: String, on pairs: [PreferencePair]? = nil, steps: Steps = Steps(), workers: Int = 1
  ) -> TrainingStage {
    TrainingStage(
      pairs: pairs ?? self.pairs, tokenizer: tokenizer,
      output: ModelFolder(folder.url.appending(path: name)), seed: Seed(1), workers: workers
    ) { row in steps.add(row.step) }
  }

  private final class Steps: Sendable {
    private let steps = Mutex<[Int]>([])
    var all: [Int] { steps.withLock { $0 } }
    func add(_ step: Int) { steps.withLock { $0.append(step) } }
  }

  /// Pairs of 2 + 3 + 4, 2 + 1 + 1 and 3 + 8 + 2 tokens: two of a batch have 22 at most.
  @Test func memoryIsPlannedForTheBatchWithTheMostTokens() throws {
    let pairs = [
      PreferencePair(prompt: [1, 3], chosen: [4, 5, 2], rejected: [4, 4, 4, 2]),
      PreferencePair(prompt: [1, 3], chosen: [2], rejected: [2]),
      PreferencePair(prompt: [1, 3, 5], chosen: [4, 4, 4, 4, 4, 4, 4, 2], rejected: [6, 2]),
    ]
    let (stage, size) = (stage("memory", on: pairs, workers: 2), model.configuration)
    let few = ["per_device_train_batch_size=2", "gradient_shards=4", "optim=rmsprop"]
    let weights = 4 * size.parameterCount
    let dpo = stage.memory(size, try DPOConfiguration(file: nil, overrides: few))
    // Two pairs make two shards; the reference is there beside the policy.
    #expect(dpo.parameters == 2 * weights && dpo.gradients == 2 * weights)
    #expect(dpo.optimizer == weights)
    let batch = MemoryPlan(size, tokens: 22, length: 11, shards: 2, workers: 2)
    #expect(dpo.activations == batch.activations)
    #expect(stage.memory(size, try RewardConfiguration(file: nil, overrides: few)) == dpo)
    let sft = stage.memory(size, try SFTConfiguration(file: nil, overrides: few))
    #expect(sft.parameters == weights)
    #expect(
      sft.activations
        == MemoryPlan(size, tokens: 16, length: 11, shards: 2, workers: 2).activations)
    let settings = try PPOConfiguration(
      file: nil,
      overrides: ["rollouts_per_iteration=8", "response_length=5", "gradient_shards=2"])
    let ppo = stage.memory(size, reward: size, settings)
    // Policy, its panels, value model, reference and reward model.
    #expect(ppo.parameters == 5 * weights && ppo.gradients == 4 * weights)
    #expect(ppo.optimizer == 4 * weights)
    let cache = 4 * 2 * size.layers * size.keyValueWidth * 8 * 8
    let steps = MemoryPlan(size, tokens: 4 * 8, length: 8, shards: 2, workers: 2).activations
    #expect(ppo.activations == cache + steps)
  }

  @Test func everyStageReadsWhatTheOneBeforeItWrote() throws {
    let steps = Steps()
    try stage("sft", steps: steps).fineTune(
      model,
      SFTConfiguration(file: nil, overrides: ["max_steps=3", "per_device_train_batch_size=8"]))
    #expect(steps.all == [0, 1, 2, 3])
    let sft = ModelFolder(folder.url.appending(path: "sft"))
    let reference = try sft.policy()
    #expect(try sft.tokenizer().encode("the film") == tokenizer.encode("the film"))

    let few = ["num_train_epochs=1", "per_device_train_batch_size=8"]
    try stage("reward").trainReward(
      from: reference, RewardConfiguration(file: nil, overrides: few))
    let reward = try ModelFolder(folder.url.appending(path: "reward")).rewardModel()
    let scores = reward.rewards(of: pairs.flatMap { [$0.chosenSequence, $0.rejectedSequence] })
    #expect(abs(scores.reduce(0, +)) < 1e-3)

    try stage("dpo").trainDPO(from: reference, DPOConfiguration(file: nil, overrides: few))
    let settings = try PPOConfiguration(
      file: nil, overrides: ["iterations=1", "rollouts_per_iteration=8", "response_length=6"])
    try stage("ppo").trainPPO(from: reference, reward: reward, settings)
    for name in ["dpo", "ppo"] {
      let policy = try ModelFolder(folder.url.appending(path: name)).policy()
      #expect(policy.parameters.values != reference.parameters.values)
      let result = try measure(
        policy, reference: reference, reward: reward, pairs: pairs, tokenizer: tokenizer,
        promptLimit: 4, seed: Seed(2))
      #expect(result.values["eval/kl"]?.isFinite == true)
      #expect(result.values["eval/reward"]?.isFinite == true)
      #expect(!result.values.keys.contains { $0.contains("gold") })
    }
  }

  @Test(arguments: ["sft", "reward", "dpo", "rankings", "ppo"])
  func weightsAreTheSameForAnyNumberOfThreads(training: String) throws {
    let few = ["num_train_epochs=1", "per_device_train_batch_size=8"]
    let weights = try [1, 2, 4].map { workers in
      let name = "\(training)-\(workers)"
      let stage = stage(name, workers: workers)
      switch training {
      case "sft":
        try stage.fineTune(model, SFTConfiguration(file: nil, overrides: ["max_steps=2"]))
      case "reward":
        try stage.trainReward(from: model, RewardConfiguration(file: nil, overrides: few))
      case "dpo": try stage.trainDPO(from: model, DPOConfiguration(file: nil, overrides: few))
      case "rankings":
        let ranked = few + ["loss_type=plackett_luce"]
        try stage.trainDPO(from: model, DPOConfiguration(file: nil, overrides: ranked))
      default:
        let settings = try PPOConfiguration(
          file: nil, overrides: ["iterations=2", "rollouts_per_iteration=16", "response_length=6"])
        let reward = RewardModel(model: ScalarModel(backbone: model))
        try stage.trainPPO(from: model, reward: reward, settings)
      }
      return try Data(contentsOf: folder.url.appending(path: "\(name)/model.safetensors"))
    }
    #expect(weights[1] == weights[0] && weights[2] == weights[0])
  }

  @Test func stageTakesEveryBaselineThatNeedsNoEnumeration() throws {
    let reward = RewardModel(model: ScalarModel(backbone: model))
    for kind in BaselineKind.allCases {
      let settings = try PPOConfiguration(
        file: nil,
        overrides: [
          "iterations=1", "rollouts_per_iteration=16", "completions_per_prompt=2",
          "response_length=4", "baseline=\(kind.rawValue)",
        ])
      guard kind.needsEnumeration else {
        try stage(kind.rawValue).trainPPO(from: model, reward: reward, settings)
        continue
      }
      #expect(throws: ConfigurationError.self) {
        try stage(kind.rawValue).trainPPO(from: model, reward: reward, settings)
      }
    }
  }

  @Test(arguments: ["kto", "orpo", "aot", "plackett_luce", "ipo"])
  func stageTakesEveryLossThatPairsDecide(loss: String) throws {
    let settings = try DPOConfiguration(
      file: nil,
      overrides: ["loss_type=\(loss)", "num_train_epochs=1", "per_device_train_batch_size=8"])
    try stage(loss).trainDPO(from: model, settings)
    let policy = try ModelFolder(folder.url.appending(path: loss)).policy()
    #expect(policy.parameters.values != model.parameters.values)
  }

  @Test func stageHasNoJudgeAndOneRewardModel() throws {
    let online = try DPOConfiguration(file: nil, overrides: ["online={rounds: 1}"])
    let ensemble = try RewardConfiguration(file: nil, overrides: ["ensemble_size=2"])
    for (work, fragment) in [
      ({ try stage("online").trainDPO(from: model, online) }, "judge"),
      ({ try stage("ensemble").trainReward(from: model, ensemble) }, "one reward model"),
    ] as [(() throws -> Void, String)] {
      let error = #expect(throws: ConfigurationError.self) { try work() }
      #expect(error.map { "\($0)".contains(fragment) } == true)
    }
  }

  @Test func marginsOfPairsReachTheRewardModelAndAreRefusedInRankings() throws {
    let pairs = pairs.map { pair in
      PreferencePair(prompt: pair.prompt, chosen: pair.chosen, rejected: pair.rejected, margin: 2)
    }
    let few = ["num_train_epochs=1", "per_device_train_batch_size=8"]
    let settings = try RewardConfiguration(file: nil, overrides: few)
    try stage("margins", on: pairs).trainReward(from: model, settings)
    let rows = try String(
      contentsOf: folder.url.appending(path: "margins/metrics.jsonl"), encoding: .utf8)
    let first = try #require(rows.split(separator: "\n").first)
    let loss = try #require(
      (JSONSerialization.jsonObject(with: Data(first.utf8)) as? [String: Any])?["loss"] as? Double)
    #expect(abs(loss - log1p(exp(2))) < 1e-6)
    let ranked = try RewardConfiguration(file: nil, overrides: few + ["ranking_loss=pairs"])
    let error = #expect(throws: ConfigurationError.self) {
      try stage("ranked", on: pairs).trainReward(from: model, ranked)
    }
    #expect(error.map { "\($0)".contains("margin") } == true)
  }

  @Test func aRankedRewardModelIsNormalisedOnTheUsersCompletions() throws {
    let settings = try RewardConfiguration(
      file: nil,
      overrides: [
        "ranking_loss=plackett_luce", "normalization=gain_and_bias", "num_train_epochs=1",
        "per_device_train_batch_size=4",
      ])
    try stage("ranked").trainReward(from: model, settings)
    let reward = try ModelFolder(folder.url.appending(path: "ranked")).rewardModel()
    let scores = reward.rewards(of: pairs.flatMap { [$0.chosenSequence, $0.rejectedSequence] })
    let squares = scores.reduce(0) { $0 + $1 * $1 } / Double(scores.count)
    #expect(abs(scores.reduce(0, +)) < 1e-3 && abs(squares - 1) < 1e-3)
  }

  @Test func policyThatIsItsReferenceHasNoDivergenceAndTies() throws {
    let result = try measure(
      model, reference: model, reward: nil, pairs: pairs, tokenizer: tokenizer, promptLimit: 4,
      seed: Seed(2))
    #expect(result.values["eval/kl"] == 0)
    #expect(result.values["eval/rewards/accuracies"] == 0)
    #expect(result.values["eval/win_rate"] == nil)
  }

  @Test func divergedStageKeepsTheModelFromBeforeAndSaysWhere() throws {
    let settings = try DPOConfiguration(
      file: nil,
      overrides: [
        "learning_rate=1e30", "warmup_steps=0", "max_grad_norm=1e30",
        "per_device_train_batch_size=8",
      ])
    let error = #expect(throws: NumericalFailure.self) {
      try stage("dpo").trainDPO(from: model, settings)
    }
    #expect(error?.stage == "DPO")
    #expect(
      FileManager.default.fileExists(atPath: folder.url.appending(path: "dpo/metrics.jsonl").path))
  }

  @Test func folderWithOtherFilesIsNeverOverwritten() throws {
    let place = folder.url.appending(path: "mine")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    try Data("thesis".utf8).write(to: place.appending(path: "thesis.txt"))
    for force in [false, true] {
      #expect(throws: RunStoreError.self) {
        try ModelFolder(place).requireWritable(replacing: force)
      }
    }
    #expect(
      try String(contentsOf: place.appending(path: "thesis.txt"), encoding: .utf8) == "thesis")
  }

  @Test func modelIsReplacedOnRequestOnly() throws {
    let place = ModelFolder(folder.url.appending(path: "model"))
    try place.requireWritable(replacing: false)
    try place.write(model, tokenizer: tokenizer)
    #expect(throws: RunStoreError.self) { try place.requireWritable(replacing: false) }
    try place.requireWritable(replacing: true)
    #expect(try place.policy().parameters.values == model.parameters.values)
  }

  @Test func missingModelNamesTheFile() {
    let error = #expect(throws: MissingInput.self) {
      try ModelFolder(URL(filePath: "/nowhere")).policy()
    }
    #expect(error?.path == "/nowhere/model.safetensors")
  }

  @Test func samplesAreTheSameForTheSameSeed() throws {
    func sample(_ seed: UInt64) throws -> [SampledText] {
      try sampleTexts(
        from: model, tokenizer: tokenizer, prompts: ["the film", "the film"], temperature: 1,
        maximumTokens: 8, seed: Seed(seed))
    }
    #expect(try sample(1) == sample(1))
    #expect(try sample(1) != sample(2))
    #expect(try sample(1).map { $0.logProbability < 0 } == [true, true])
  }

  @Test func promptThatFillsTheModelIsRefused() {
    let long = Array(repeating: "film", count: 400).joined(separator: " ")
    #expect(throws: MissingRoom(positions: 128)) {
      try sampleTexts(
        from: model, tokenizer: tokenizer, prompts: [long], temperature: 1, maximumTokens: 8,
        seed: Seed(1))
    }
  }

  @Test func modelsOfOtherVocabulariesAreRefused() throws {
    var generator = Seed(1).generator(for: "test")
    let other = Transformer<Float>(
      configuration: ModelPreset.tiny.configuration(vocabularySize: 7, maximumLength: 8),
      using: &generator)
    let size = model.configuration.vocabularySize
    #expect(throws: VocabularyMismatch(folder: "x", sizes: [size, 7])) {
      try requireSameVocabulary(model, other, in: "x")
    }
    try requireSameVocabulary(model, model, in: "x")
  }
}
