import Datasets
import Foundation
import LanguageModel
import Optimizers
import PPO
import TestSupport
import Testing
import Tokenization
import Workbench

/// Every mistake of the gallery turns a line of the certificate red, and a sound run none.
@Suite struct CertificateTests {
  /// A small run of PPO on the true reward with a fault, or without one.
  private func record(_ fault: GalleryFault?, temperature: Double = 1) async throws -> CellRecord {
    var specification = try oneSeed(1..<2)
    specification.sharesObjective = false
    guard case .ppo(var settings, let source) = specification.arms[0].method else {
      throw ConfigurationMissing()
    }
    (settings.temperature, settings.learningRate) = (temperature, 1e-2)
    settings.responseLength = 3
    specification.arms[0].method = .ppo(settings, reward: source)
    specification.arms[0].fault = fault
    let folder = try await run(specification)
    return try decodeRecord(CellRecord.self, from: folder.data("seed-1/ppo-gt/cell.json"))
  }

  private struct ConfigurationMissing: Error {}

  private func failed(_ record: CellRecord) -> Set<String> {
    Set(record.certificate.filter { !$0.passed }.map(\.name))
  }

  private static let reference = "log π_ref of the last rollouts, the trainer's against the file's"
  private static let temperature = "temperature of rollouts ÷ that of evaluation"
  private static let end = "completions that ended and whose end token the trainer does not see"

  @Test func aSoundRunPassesEveryLine() async throws {
    let sound = try await record(nil)
    #expect(failed(sound).isEmpty, "\(sound.certificate.filter { !$0.passed })")
    let names = Set(sound.certificate.map(\.name))
    #expect(names.isSuperset(of: [Self.reference, Self.temperature, Self.end]))
  }

  @Test(arguments: GalleryFault.allCases)
  func everyFaultOfTheGalleryTurnsALineRed(fault: GalleryFault) async throws {
    let red = failed(
      try await record(fault, temperature: fault == .temperatureMismatch ? 0.7 : 1))
    let expected: Set<String> =
      switch fault {
      case .aliasedReference: [Self.reference]
      case .temperatureMismatch: ["smallest PPO ratio", "largest PPO ratio", Self.temperature]
      case .padIsEnd: [Self.end]
      case .noisyLogProbabilities:
        ["smallest PPO ratio", "largest PPO ratio", "PPO KL to the reference", Self.reference]
      }
    #expect(red == expected)
  }

  @Test(arguments: [0.5, 0.7, 1, 1.6])
  func theTemperatureIsReadOffWhatTheSamplerWroteDown(temperature: Double) throws {
    var generator = Seed(5).generator(for: "tests.temperature")
    let policy = Transformer<Float>(
      configuration: ModelPreset.tiny.configuration(vocabularySize: 12, maximumLength: 16),
      using: &generator)
    var readings: [RolloutReading] = []
    var value = ScalarModel<Float>(backbone: policy)
    var (trained, settings) = (policy, PPOConfiguration())
    (settings.temperature, settings.responseLength) = (temperature, 6)
    (settings.iterations, settings.rolloutsPerIteration, settings.minibatches) = (1, 8, 2)
    (settings.gradientShards, settings.learningRate) = (2, 1e-3)
    _ = try trainPPO(
      &trained, value: &value, reference: policy, reward: Lengths(), prompts: [[1, 2], [3]],
      endToken: 0, configuration: settings, seed: Seed(1)
    ) { step, models, _ in if step == 0 { readings = models.readings } }
    #expect(readings.count == 8)
    #expect(abs(samplingTemperature(of: readings, from: policy) / temperature - 1) < 2e-3)
  }

  @Test func ofNoTokensNoTemperatureIsSeen() {
    var generator = Seed(5).generator(for: "tests.temperature")
    let policy = Transformer<Float>(
      configuration: ModelPreset.tiny.configuration(vocabularySize: 12, maximumLength: 16),
      using: &generator)
    #expect(samplingTemperature(of: [], from: policy).isNaN)
  }
}

/// A reward that longer completions have more of.
private struct Lengths: RewardFunction {
  func rewards(of sequences: [TokenSequence]) -> [Double] {
    sequences.map { Double($0.completion.count) }
  }
}
