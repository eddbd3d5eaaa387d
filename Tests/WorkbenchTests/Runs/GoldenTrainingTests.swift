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
/// Products with small weights are computed by tiles of our own, whose bits do not depend on the
/// processor, so long as the build may fuse products and sums. OpenBLAS has other kernels, and so other last bits, for every kind of processor: the
/// hash of a wide model belongs to one of them. Where none is recorded the test says which.
@Suite struct GoldenTrainingTests {
  /// SHA-256 of the weights after training, for every processor.
  private static let recorded = [
    "sft": "b604a51dce7b0e722dcb20e0f805cd23cfe285eb8a991e850fee7ba5b55b60c8",
    "reward": "62279d152cab9d6bcdada548e1f07f749eeaeecfac899239a22175233513e86e",
    "dpo": "bb749db108b8addd5d6107adff4afee3b9b3b7b00cf7350e99e92e22fcef0687",
    "ppo": "5382daf742c68f93e7b35c7cb34d936d98a0987c93b0d9b893f7f3a7bb56a486",
  ]

  /// The same of a model whose products go through OpenBLAS, by `openblas_get_corename`.
  private static let recordedOfWideModel = [
    "Zen": "919edc2a374794e16c9c03f7bb9b5bffd8396d65c89d9281e09b4d671dae6222",
    "Haswell": "919edc2a374794e16c9c03f7bb9b5bffd8396d65c89d9281e09b4d671dae6222",
    "Sandybridge": "ac8978547317dd19bf65f7736809797380254a88bb8d628169b73ad9bf594539",
    "Nehalem": "b24f937ce1d39633cc67dae2a5ef281670084da754415990d02cb6060fe4ffd4",
  ]

  @Test(arguments: ["sft", "reward", "dpo", "ppo", "wide sft"])
  func weightsAreTheSameToTheBitForAnyNumberOfThreads(training: String) throws {
    BLAS.useOneThread()
    let one = try hash(training, workers: 1)
    for workers in [2, 4] { #expect(try hash(training, workers: workers) == one) }
    let isWide = training == "wide sft"
    let known = isWide ? Self.recordedOfWideModel[BLAS.coreName] : Self.recorded[training]
    guard let golden = known, BLAS.fusesMultiplyAdd else {
      print("no golden hash of '\(training)' for this build and kernels '\(BLAS.coreName)': \(one)")
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
