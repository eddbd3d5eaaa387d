import Autograd
import DPO
import Datasets
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

/// The bits of small trainings, and that threads and jobs do not touch them.
///
/// All products are computed by tiles of our own, whose bits do not depend on the processor, so long as
/// the build may fuse products and sums.
@Suite struct GoldenTrainingTests {
  /// SHA-256 of the weights after training, for every processor.
  private static let recorded = [
    "sft": "b604a51dce7b0e722dcb20e0f805cd23cfe285eb8a991e850fee7ba5b55b60c8",
    "reward": "62279d152cab9d6bcdada548e1f07f749eeaeecfac899239a22175233513e86e",
    "dpo": "bb749db108b8addd5d6107adff4afee3b9b3b7b00cf7350e99e92e22fcef0687",
    "ppo": "5382daf742c68f93e7b35c7cb34d936d98a0987c93b0d9b893f7f3a7bb56a486",
    "wide sft": "2daadd2c5feac833d8e7afe3bc26e7f065ce23b0e8ca31c773caac08e5a4ba1c",
  ]

  @Test(arguments: ["sft", "reward", "dpo", "ppo", "wide sft"])
  func weightsAreTheSameToTheBitForAnyNumberOfThreads(training: String) throws {
    let one = try hash(training, workers: 1)
    for workers in [2, 4] { #expect(try hash(training, workers: workers) == one) }
    guard Processor.fusesMultiplyAdd else { return }
    #expect(
      one == Self.recorded[training],
      """
      The weights of '\(training)' have changed. If that was the purpose of a change, record \(one) \
      here and say so in CHANGELOG.md: published numbers must be made again.
      """)
  }

  private func hash(_ training: String, workers: Int) throws -> String {
    var task = EnumerableLanguage.Settings()
    (task.words, task.maximumWords) = (4, 3)
    let language = try EnumerableLanguage(task)
    var generator = Seed(3).generator(for: "golden.model")
    let width = training == "wide sft" ? 144 : 16
    var policy = Transformer<Float>(
      configuration: ModelConfiguration(
        layers: 2, hiddenSize: width, intermediateSize: 3 * width, heads: 2, vocabularySize: 8,
        maximumLength: 16), using: &generator)
    let reference = policy
    let sequences = language.demonstrations(count: 32, seed: Seed(4))
    let pairs = zip(sequences, sequences.dropFirst()).map {
      PreferencePair(prompt: $0.prompt, chosen: $0.completion, rejected: $1.completion)
    }
    var values: [[Float]]
    switch training {
    case "sft", "wide sft":
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
