import Autograd
import DPO
import Datasets
import Experiments
import Foundation
import LanguageModel
import Optimizers
import PPO
import RewardModeling
import SupervisedFineTuning
import Tasks
import TensorKernels
import TestSupport
import Testing
import Tokenization

/// The bits of four tiny trainings, and that threads and jobs do not touch them.
///
/// OpenBLAS has other kernels, and so other last bits, for every kind of processor: a hash belongs
/// to one of them. Where none is recorded the test says which there is to record.
@Suite struct GoldenTrainingTests {
  /// SHA-256 of the weights after training, by `openblas_get_corename`.
  private static let recorded = [
    "Zen": fused, "Haswell": fused,
    "Sandybridge": separate.merging(
      ["ppo": "b6493b1615223d8bd94dd5a81604d35828a1dce4286849de4df2ace19ea3ce03"]) { $1 },
    "Nehalem": separate.merging(
      ["ppo": "9c4959355a7bbc8131df4e15d65b6257e641d68e26e4444aafda75dc7ff12643"]) { $1 },
  ]

  /// Of kernels with fused multiply-adds of eight.
  private static let fused = [
    "sft": "967064d117561e2af807f1940c4c5bfea1b8f8cc6a40af3e0e13647b7c7a2718",
    "reward": "ab22409f49f462b23447ff3795ac0e0ef848f6324cc5d82d206474bfd088aed2",
    "dpo": "f37b759d3aab1147d717f41c0b2b779a506ced5f8fefab579e7a8afb4b1b4b0b",
    "ppo": "100bdc8e631de89e14e9967c56a61d8cf2476d73d8291161d8096f40ba452069",
  ]

  /// Of kernels that multiply first and add then.
  private static let separate = [
    "sft": "99019bd810ccced01ad750a12cc531e305340233693371291db93bcb7634251e",
    "reward": "c18e7d4369583a890aa8a24ddbd6c4d85bab9bcd1d2a593f4995bd74aebdfb96",
    "dpo": "9a7ad39aad590dca4c9e7f07aa9a28686946336356cc7dbce0dc60760ff27923",
  ]

  @Test(arguments: ["sft", "reward", "dpo", "ppo"])
  func weightsAreTheSameToTheBitForAnyNumberOfThreads(training: String) throws {
    BLAS.useOneThread()
    let one = try hash(training, workers: 1)
    for workers in [2, 4] { #expect(try hash(training, workers: workers) == one) }
    guard let golden = Self.recorded[BLAS.coreName]?[training] else {
      print("no golden hash of '\(training)' for OpenBLAS kernels '\(BLAS.coreName)': it is \(one)")
      return
    }
    #expect(
      one == golden,
      """
      The weights of '\(training)' have changed. If that was the purpose of a change, record \(one) \
      for '\(BLAS.coreName)' here and say so in CHANGELOG.md: published numbers must be made again.
      """)
  }

  private func hash(_ training: String, workers: Int) throws -> String {
    var task = TaskConfiguration(name: .enumerableLanguage)
    (task.words, task.maximumWords) = (4, 3)
    let language = try EnumerableLanguage(task)
    var generator = Seed(3).generator(for: "golden.model")
    var policy = Transformer<Float>(
      configuration: ModelConfiguration(
        layers: 2, hiddenSize: 16, intermediateSize: 48, heads: 2, vocabularySize: 8,
        maximumLength: 16), using: &generator)
    let reference = policy
    let sequences = language.demonstrations(count: 32, seed: Seed(4))
    let pairs = zip(sequences, sequences.dropFirst()).map {
      PreferencePair(prompt: $0.prompt, chosen: $0.completion, rejected: $1.completion)
    }
    var values: [[Float]]
    switch training {
    case "sft":
      var settings = SFTConfiguration()
      (settings.maximumSteps, settings.batchSize) = (6, 16)
      _ = fineTune(
        &policy, on: sequences, configuration: settings, seed: Seed(5), workers: workers
      ) { _, _, _ in }
      values = policy.parameters.values
    case "reward":
      var settings = RewardConfiguration()
      (settings.epochs, settings.batchSize) = (2, 12)
      let (reward, _) = trainRewardModel(
        from: policy, on: pairs, centredOn: [], configuration: settings, seed: Seed(5),
        workers: workers
      ) { _, _, _ in }
      values = reward.model.parameters.values
    case "dpo":
      var settings = DPOConfiguration()
      (settings.epochs, settings.batchSize) = (2, 12)
      _ = trainDPO(
        &policy, reference: reference, pairs: pairs, configuration: settings, seed: Seed(5),
        workers: workers
      ) { _, _, _ in }
      values = policy.parameters.values
    default:
      var settings = PPOConfiguration()
      (settings.iterations, settings.rolloutsPerIteration, settings.responseLength) = (3, 16, 4)
      var value = ScalarModel(backbone: policy)
      _ = try trainPPO(
        &policy, value: &value, reference: reference,
        reward: GoldRewardFunction(task: language, temperature: 1),
        prompts: language.prompts(count: 16, split: .train, seed: Seed(6)),
        endToken: language.tokenizer.endToken, configuration: settings, seed: Seed(5),
        workers: workers
      ) { _, _, _ in }
      values = policy.parameters.values + value.parameters.values
    }
    return digest(of: values)
  }

  /// SHA-256 of the bit patterns, little end first.
  private func digest(of values: [[Float]]) -> String {
    let bytes = values.joined().flatMap { value in
      (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
    }
    return sha256(of: bytes)
  }
}
