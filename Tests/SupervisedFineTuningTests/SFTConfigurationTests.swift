import Foundation
import Optimizers
import SupervisedFineTuning
import Testing
import Training

@Suite struct SFTConfigurationTests {
  @Test func anEmptySpecificationIsTheDocumentedDefaults() throws {
    let read = try JSONDecoder().decode(SFTConfiguration.self, from: Data("{}".utf8))
    #expect(read == SFTConfiguration())
    #expect(read.learningRate == 2e-3 && read.batchSize == 64)
  }

  @Test func whatIsWrittenIsReadBack() throws {
    var configuration = SFTConfiguration()
    configuration.maximumSteps = 5
    configuration.decay = .constant
    let data = try JSONEncoder().encode(configuration)
    #expect(try JSONDecoder().decode(SFTConfiguration.self, from: data) == configuration)
    let keys = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any]).keys
    #expect(Set(keys) == Set(SFTConfiguration.settings.map(\.key)))
  }

  @Test(arguments: [
    #"{"learning_rate": 0}"#, #"{"max_steps": 0}"#, #"{"per_device_train_batch_size": 0}"#,
    #"{"warmup_steps": -1}"#, #"{"weight_decay": -1}"#, #"{"max_grad_norm": -1}"#,
    #"{"gradient_shards": 1}"#,
  ])
  func aValueOutOfRangeIsRefusedByItsKey(text: String) throws {
    let read = try JSONDecoder().decode(SFTConfiguration.self, from: Data(text.utf8))
    let error = #expect(throws: ConfigurationError.self) { try read.validate() }
    guard case .outOfRange(let key, _, _) = error else {
      Issue.record("refused with \(String(describing: error))")
      return
    }
    #expect(text.contains("\"\(key)\""))
  }

  @Test func theDefaultsAreValid() throws {
    try SFTConfiguration().validate()
  }

  @Test func everyPropertyHasALineInTheTable() {
    let properties = Mirror(reflecting: SFTConfiguration()).children.count
    #expect(Set(SFTConfiguration.settings.map { $0.path as AnyKeyPath }).count == properties)
    #expect(Set(SFTConfiguration.settings.map(\.key)).count == SFTConfiguration.settings.count)
  }
}
