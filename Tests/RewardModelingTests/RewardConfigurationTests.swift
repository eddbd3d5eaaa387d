import Foundation
import Optimizers
import RewardModeling
import Testing
import Training

@Suite struct RewardConfigurationTests {
  @Test func anEmptySpecificationIsTheDocumentedDefaults() throws {
    let read = try JSONDecoder().decode(RewardConfiguration.self, from: Data("{}".utf8))
    #expect(read == RewardConfiguration())
    #expect(read.centeringCoefficient == nil)
  }

  @Test func keysOfTRLOverrideTheDefaults() throws {
    let text = #"{"center_rewards_coefficient": 0.01, "optim": "rmsprop", "learning_rate": 1e-4}"#
    let read = try JSONDecoder().decode(RewardConfiguration.self, from: Data(text.utf8))
    #expect(read.centeringCoefficient == 0.01 && read.optimizer == .rmsProp)
    #expect(read.learningRate == 1e-4 && read.epochs == RewardConfiguration().epochs)
  }

  @Test func whatIsWrittenIsReadBack() throws {
    var configuration = RewardConfiguration()
    configuration.centeringCoefficient = 0.5
    configuration.gradientShards = 2
    (configuration.margin, configuration.normalization) = (0.5, .gainAndBias)
    (configuration.ensembleSize, configuration.aggregation) = (3, .uncertaintyWeighted)
    (configuration.uncertaintyWeight, configuration.rankingLoss) = (0.2, .pairs)
    let data = try JSONEncoder().encode(configuration)
    #expect(try JSONDecoder().decode(RewardConfiguration.self, from: data) == configuration)
    let keys = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any]).keys
    #expect(Set(keys) == Set(RewardConfiguration.settings.map(\.key)))
  }

  @Test(arguments: [
    #"{"learning_rate": -1}"#, #"{"num_train_epochs": 0}"#, #"{"warmup_steps": -1}"#,
    #"{"per_device_train_batch_size": 0}"#, #"{"weight_decay": -1}"#, #"{"max_grad_norm": 0}"#,
    #"{"gradient_shards": 1}"#, #"{"center_rewards_coefficient": -0.01}"#,
    #"{"ensemble_size": 0}"#,
    #"{"ensemble_size": 2, "ensemble_aggregation": "uncertainty_weighted", "uncertainty_weight": -1}"#,
  ])
  func aValueOutOfRangeIsRefusedByItsKey(text: String) throws {
    let read = try JSONDecoder().decode(RewardConfiguration.self, from: Data(text.utf8))
    let error = #expect(throws: ConfigurationError.self) { try read.validate() }
    guard case .outOfRange(let key, _, _) = error else {
      Issue.record("refused with \(String(describing: error))")
      return
    }
    #expect(text.contains("\"\(key)\""))
  }

  @Test func theDefaultsAreValidAndHaveOneModel() throws {
    try RewardConfiguration().validate()
    let data = try JSONEncoder().encode(RewardConfiguration())
    // What has no value is not written, so that specifications without it keep their hash.
    #expect(!String(decoding: data, as: UTF8.self).contains("ensemble"))
  }

  @Test(arguments: [
    #"{"ranking_loss": "pairs", "margin": 1}"#,
    #"{"ranking_loss": "plackett_luce", "center_rewards_coefficient": 0.1}"#,
    #"{"ensemble_aggregation": "worst_case"}"#,
    #"{"ensemble_size": 3, "ensemble_aggregation": "mean", "uncertainty_weight": 1}"#,
  ])
  func settingsThatContradictOneAnotherAreRefused(text: String) throws {
    let read = try JSONDecoder().decode(RewardConfiguration.self, from: Data(text.utf8))
    let error = #expect(throws: ConfigurationError.self) { try read.validate() }
    guard case .contradiction = error else {
      Issue.record("refused with \(String(describing: error))")
      return
    }
  }

  @Test func everyPropertyHasALineInTheTable() {
    let properties = Mirror(reflecting: RewardConfiguration()).children.count
    #expect(Set(RewardConfiguration.settings.map { $0.path as AnyKeyPath }).count == properties)
    #expect(
      Set(RewardConfiguration.settings.map(\.key)).count == RewardConfiguration.settings.count)
  }
}
