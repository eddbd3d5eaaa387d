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

/// The bits of small trainings, and that threads and jobs do not touch them.
///
/// Products with small weights are computed by tiles of our own, whose bits do not depend on the
/// processor. OpenBLAS has other kernels, and so other last bits, for every kind of processor: the
/// hash of a wide model belongs to one of them. Where none is recorded the test says which.
@Suite struct GoldenTrainingTests {
  /// SHA-256 of the weights after training, for every processor.
  private static let recorded = [
    "sft": "f0bf3fd1f6078afd12fbabbd9d6bad6ec03432487946223d3f16aea70bca03a9",
    "reward": "cdb52cd0128d70250963a8488388280340b7888bc75648bebd8ee845bfb0d694",
    "dpo": "3014f0756eb43be31d0a32f6c14c19a7a025a0498ae3fd8ebf4238215e95e3e0",
    "ppo": "5e49233c615d073c607aa2056cc2db62a59a0b486e859e7caca058cac37d1e8c",
  ]

  /// The same of a model whose products go through OpenBLAS, by `openblas_get_corename`.
  private static let recordedOfWideModel = [
    "Zen": "4fff9ff1f7f5929cb46a892db30c4d860536e94d30d253dc701515f018349a4f",
    "Haswell": "4fff9ff1f7f5929cb46a892db30c4d860536e94d30d253dc701515f018349a4f",
    "Sandybridge": "4c9a8e2bdaf01872e17ea40cab8ef572e519e5b4634ecfd6d967af705f91ae26",
    "Nehalem": "f297596ee3413c7cd6119cee3bd1f4e69d97f384195eb6336e786f2da7892799",
  ]

  @Test(arguments: ["sft", "reward", "dpo", "ppo", "wide sft"])
  func weightsAreTheSameToTheBitForAnyNumberOfThreads(training: String) throws {
    BLAS.useOneThread()
    let one = try hash(training, workers: 1)
    for workers in [2, 4] { #expect(try hash(training, workers: workers) == one) }
    let isWide = training == "wide sft"
    let known = isWide ? Self.recordedOfWideModel[BLAS.coreName] : Self.recorded[training]
    guard let golden = known else {
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
