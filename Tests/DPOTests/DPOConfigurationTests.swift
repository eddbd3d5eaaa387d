import DPO
import Foundation
import Optimizers
import Testing

@Suite struct DPOConfigurationTests {
  @Test func anEmptySpecificationIsTheDocumentedDefaults() throws {
    let read = try JSONDecoder().decode(DPOConfiguration.self, from: Data("{}".utf8))
    #expect(read == DPOConfiguration())
    #expect(read.beta == 0.1 && read.lossKind == .sigmoid && read.maximumGradientNorm == 1)
  }

  @Test func keysOfTRLOverrideTheDefaults() throws {
    let text = #"{"beta": 0.3, "loss_type": "ipo", "num_train_epochs": 3, "warmup_steps": 10}"#
    let read = try JSONDecoder().decode(DPOConfiguration.self, from: Data(text.utf8))
    #expect(read.beta == 0.3 && read.epochs == 3 && read.warmupSteps == 10)
    #expect(read.loss is IPOLoss)
    #expect(read.loss.beta == 0.3)
    #expect(read.batchSize == DPOConfiguration().batchSize)
  }

  @Test func whatIsWrittenIsReadBack() throws {
    var configuration = DPOConfiguration()
    configuration.beta = 0.25
    configuration.probePairs = 3
    configuration.optimizer = .rmsProp
    let data = try JSONEncoder().encode(configuration)
    #expect(try JSONDecoder().decode(DPOConfiguration.self, from: data) == configuration)
    let keys = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any]).keys
    #expect(Set(keys) == Set(DPOConfiguration.CodingKeys.allCases.map(\.rawValue)))
  }

  @Test(arguments: [
    #"{"beta": 0}"#, #"{"beta": -0.1}"#, #"{"learning_rate": 0}"#, #"{"num_train_epochs": 0}"#,
    #"{"per_device_train_batch_size": 0}"#, #"{"warmup_steps": -1}"#, #"{"weight_decay": -1}"#,
    #"{"max_grad_norm": 0}"#, #"{"gradient_shards": 1}"#, #"{"probe_pairs": -1}"#,
  ])
  func aValueOutOfRangeIsRefusedByItsKey(text: String) throws {
    let read = try JSONDecoder().decode(DPOConfiguration.self, from: Data(text.utf8))
    let error = #expect(throws: ConfigurationError.self) { try read.validate() }
    guard case .outOfRange(let key, _, _) = error else {
      Issue.record("refused with \(String(describing: error))")
      return
    }
    #expect(text.contains("\"\(key)\""))
  }

  @Test func theDefaultsAreValid() throws {
    try DPOConfiguration().validate()
  }
}
