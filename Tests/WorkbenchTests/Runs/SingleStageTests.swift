import Autograd
import DPO
import Datasets
import Foundation
import LanguageModel
import PPO
import RewardModeling
import SupervisedFineTuning
import Tasks
import TensorKernels
import TestSupport
import Testing
import Tokenization
import Training
import Workbench

@Suite struct SingleStageTests {
  private let folder: TemporaryFolder
  private let model: Transformer<Float>
  private let tokenizer: any Tokenizer
  private let pairs: [PreferencePair]

  init() throws {
    folder = try TemporaryFolder()
    let texts = (0..<24).map { i in
      TextPair(prompt: "the film was", chosen: " good \(i % 3)", rejected: " bad \(i % 4)")
    }
    let tokenizer = BytePairEncoding.train(
      on: texts.flatMap { [$0.prompt + $0.chosen, $0.prompt + $0.rejected] }, vocabularySize: 300)
    var generator = Seed(1).generator(for: "model.initialization")
    let model = Transformer<Float>(
      configuration: ModelPreset.tiny.configuration(
        vocabularySize: tokenizer.vocabularySize, maximumLength: 128),
      using: &generator)
    (self.model, self.tokenizer) = (model, tokenizer)
    pairs = try texts.map { try $0.tokenized(by: tokenizer) }
    try Self.write(texts, to: folder.url.appending(path: "pairs.jsonl"))
    try ModelFolder(folder.url.appending(path: "base")).write(model, tokenizer: tokenizer)
    try ModelFolder(folder.url.appending(path: "zero")).write(
      RewardModel(model: ScalarModel(backbone: model)), tokenizer: tokenizer)
  }

  private static func write(_ texts: [TextPair], to file: URL) throws {
    let lines = try texts.map { try JSONEncoder().encode($0) + Data("\n".utf8) }
    try Data(lines.joined()).write(to: file)
  }

  /// Runs a stage and hands back its run and the model that it made.
  @discardableResult
  private func train(
    _ stage: SingleStage, _ name: String, from base: String = "base", data: String = "pairs.jsonl",
    jobs: Int = 1
  ) async throws -> (record: CellRecord, model: ModelFolder) {
    var settings = PairsTask.Settings()
    (settings.train, settings.heldOut) = (folder.url.appending(path: data).path, 0)
    var start = ModelSpecification()
    start.checkpoint = folder.url.appending(path: base).path
    start.isTuned = if case .sft = stage { false } else { true }
    let specification = try ExperimentSpecification(
      stage, pairs: settings, model: start, seed: 1)
    let runner = try ExperimentRunner(specification, folder: folder.url.appending(path: name))
    try await runner.run(jobs: jobs)
    let cell = stage.cell(seed: 1)
    return (
      try runner.store.record(of: cell),
      ModelFolder(runner.store.url(of: cell).appending(path: "checkpoint"))
    )
  }

  private func dpo(_ overrides: String...) throws -> SingleStage {
    let few = ["num_train_epochs=1", "per_device_train_batch_size=8"]
    return .arm(
      .dpo(try DPOConfiguration(file: nil, overrides: few + overrides)), rewardCheckpoint: nil)
  }

  private func reward(_ overrides: String...) throws -> SingleStage {
    let few = ["num_train_epochs=1", "per_device_train_batch_size=8"]
    return .reward(try RewardConfiguration(file: nil, overrides: few + overrides))
  }

  private func ppo(_ reward: String, _ overrides: String...) throws -> SingleStage {
    let few = ["rollouts_per_iteration=16", "response_length=6"]
    return .arm(
      .ppo(try PPOConfiguration(file: nil, overrides: few + overrides), reward: .learned),
      rewardCheckpoint: reward)
  }

  private func sft() throws -> SingleStage {
    .sft(
      try SFTConfiguration(
        file: nil, overrides: ["max_steps=3", "per_device_train_batch_size=8"]))
  }

  /// Pairs of 2 + 3 + 4, 2 + 1 + 1 and 3 + 8 + 2 tokens: two of a batch have 22 at most.
  @Test func memoryIsPlannedForTheBatchWithTheMostTokens() throws {
    let pairs = [
      PreferencePair(prompt: [1, 3], chosen: [4, 5, 2], rejected: [4, 4, 4, 2]),
      PreferencePair(prompt: [1, 3], chosen: [2], rejected: [2]),
      PreferencePair(prompt: [1, 3, 5], chosen: [4, 4, 4, 4, 4, 4, 4, 2], rejected: [6, 2]),
    ]
    let (memory, size) = (TrainingMemory(pairs: pairs, workers: 2), model.configuration)
    let few = ["per_device_train_batch_size=2", "gradient_shards=4", "optim=rmsprop"]
    let weights = 4 * size.parameterCount
    let dpo = memory.plan(size, try DPOConfiguration(file: nil, overrides: few))
    // Two pairs make two shards; the reference is there beside the policy.
    #expect(dpo.parameters == 2 * weights && dpo.gradients == 2 * weights)
    #expect(dpo.optimizer == weights)
    let batch = MemoryPlan(size, tokens: 22, length: 11, shards: 2, workers: 2)
    #expect(dpo.activations == batch.activations)
    #expect(memory.plan(size, try RewardConfiguration(file: nil, overrides: few)) == dpo)
    let sft = memory.plan(size, try SFTConfiguration(file: nil, overrides: few))
    #expect(sft.parameters == weights)
    #expect(
      sft.activations
        == MemoryPlan(size, tokens: 16, length: 11, shards: 2, workers: 2).activations)
    let settings = try PPOConfiguration(
      file: nil,
      overrides: ["rollouts_per_iteration=8", "response_length=5", "gradient_shards=2"])
    let ppo = memory.plan(size, reward: size, settings)
    // Policy, its panels, value model, reference and reward model.
    #expect(ppo.parameters == 5 * weights && ppo.gradients == 4 * weights)
    #expect(ppo.optimizer == 4 * weights)
    let cache = 4 * 2 * size.layers * size.keyValueWidth * 8 * 8
    let steps = MemoryPlan(size, tokens: 4 * 8, length: 8, shards: 2, workers: 2).activations
    #expect(ppo.activations == cache + steps)
  }

  @Test func everyStageReadsWhatTheOneBeforeItWrote() async throws {
    let tuned = try await train(sft(), "sft")
    #expect(tuned.record.training.map(\.step) == [0, 1, 2, 3])
    let reference = try tuned.model.policy()
    #expect(reference.parameters.values != model.parameters.values)
    #expect(try tuned.model.tokenizer().encode("the film") == tokenizer.encode("the film"))

    let base = "sft/seed-1/sft/checkpoint"
    let reward = try await train(reward(), "reward", from: base).model.rewardModel()
    let scores = reward.rewards(of: pairs.flatMap { [$0.chosenSequence, $0.rejectedSequence] })
    #expect(abs(scores.reduce(0, +)) < 1e-3)

    let scorer = folder.url.appending(path: "reward/seed-1/reward/checkpoint").path
    for stage in [try dpo(), try ppo(scorer, "iterations=1")] {
      let policy = try await train(stage, stage.name, from: base).model.policy()
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
  func weightsAreTheSameForAnyNumberOfThreads(training: String) async throws {
    let zero = folder.url.appending(path: "zero").path
    var weights: [Data] = []
    for jobs in [1, 2, 4] {
      let stage =
        switch training {
        case "sft": try sft()
        case "reward": try reward()
        case "dpo": try dpo()
        case "rankings": try dpo("loss_type=plackett_luce")
        default: try ppo(zero, "iterations=2")
        }
      let made = try await train(stage, "\(training)-\(jobs)", jobs: jobs)
      weights.append(try Data(contentsOf: made.model.url.appending(path: "model.safetensors")))
    }
    #expect(weights[1] == weights[0] && weights[2] == weights[0])
  }

  @Test func stageTakesEveryBaselineThatNeedsNoEnumeration() async throws {
    let zero = folder.url.appending(path: "zero").path
    for kind in BaselineKind.allCases {
      let stage = try ppo(
        zero, "iterations=1", "completions_per_prompt=2", "baseline=\(kind.rawValue)")
      guard kind.needsEnumeration else {
        try await train(stage, kind.rawValue)
        continue
      }
      await #expect(throws: SpecificationError.self) { try await train(stage, kind.rawValue) }
    }
  }

  @Test(arguments: ["kto", "orpo", "aot", "plackett_luce", "ipo"])
  func stageTakesEveryLossThatPairsDecide(loss: String) async throws {
    let policy = try await train(dpo("loss_type=\(loss)"), loss).model.policy()
    #expect(policy.parameters.values != model.parameters.values)
  }

  @Test func stageHasNoGoldToAsk() async throws {
    let error = await #expect(throws: SpecificationError.self) {
      try await train(dpo("online={rounds: 1, judge: gold}"), "online")
    }
    #expect(error.map { "\($0)".contains("no gold reward") } == true)
  }

  @Test func marginsOfPairsReachTheRewardModelAndAreRefusedInRankings() async throws {
    let texts = (0..<24).map { i in
      TextPair(
        prompt: "the film was", chosen: " good \(i % 3)", rejected: " bad \(i % 4)", margin: 2)
    }
    try Self.write(texts, to: folder.url.appending(path: "margins.jsonl"))
    let record = try await train(reward(), "margins", data: "margins.jsonl").record
    let loss = try #require(record.training.first?.values["loss"])
    #expect(abs(loss - log1p(exp(2))) < 1e-6)
    let error = await #expect(throws: ConfigurationError.self) {
      try await train(reward("ranking_loss=pairs"), "ranked", data: "margins.jsonl")
    }
    #expect(error.map { "\($0)".contains("margin") } == true)
  }

  @Test func aRankedRewardModelIsNormalisedOnTheUsersCompletions() async throws {
    let stage = try reward("ranking_loss=plackett_luce", "normalization=gain_and_bias")
    let reward = try await train(stage, "ranked").model.rewardModel()
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

  @Test func divergedStageKeepsTheModelFromBefore() async throws {
    let made = try await train(
      dpo("learning_rate=1e30", "warmup_steps=0", "max_grad_norm=1e30"), "dpo")
    guard case .diverged = made.record.outcome else {
      Issue.record("\(made.record.outcome)")
      return
    }
    #expect(try made.model.policy().parameters.values.allSatisfy { $0.allSatisfy(\.isFinite) })
    let metrics = folder.url.appending(path: "dpo/seed-1/dpo/metrics.jsonl")
    #expect(FileManager.default.fileExists(atPath: metrics.path))
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
