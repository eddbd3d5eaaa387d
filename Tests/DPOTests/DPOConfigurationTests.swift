import DPO
import Foundation
import Optimizers
import Testing
import Training

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
    #expect(read.loss is MeanIPOLoss)
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
    // What has no value is not written, so that specifications without it keep their hash.
    let absent =
      ["sync_ref_model", "ref_model_mixup_alpha", "ref_model_sync_steps", "online"]
      + PreferenceLossOptions.settings.map(\.key)
    #expect(Set(keys) == Set(DPOConfiguration.settings.map(\.key)).subtracting(absent))
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

  @Test func everySettingWithoutADefaultIsWrittenAndReadBack() throws {
    let text = """
      {"loss_type": "robust", "label_smoothing": 0.2, "f_divergence_type": "alpha_divergence",
       "f_alpha_divergence_coef": 0.7, "reference_free": true, "rpo_alpha": 0.5,
       "sync_ref_model": true, "ref_model_mixup_alpha": 0.3, "ref_model_sync_steps": 9,
       "online": {"rounds": 2, "prompts_per_round": 8, "judge": "self", "labels": "argmax",
                  "reference": "refreshed", "temperature": 0.7}}
      """
    let read = try JSONDecoder().decode(DPOConfiguration.self, from: Data(text.utf8))
    try read.validate()
    #expect(read.options.labelSmoothing == 0.2 && read.options.fDivergence == .alpha(0.7))
    #expect(read.mixupShare == 0.3 && read.synchronizationSteps == 9)
    #expect(read.online?.judge == .policy && read.online?.reference == .refreshed)
    #expect(read.loss is SupervisedTermLoss)
    let data = try JSONEncoder().encode(read)
    #expect(try JSONDecoder().decode(DPOConfiguration.self, from: data) == read)
    let keys = try #require(JSONSerialization.jsonObject(with: data) as? [String: NSObject]).keys
    #expect(keys.contains("f_divergence_type") && !keys.contains("discopop_tau"))
  }

  @Test(arguments: [
    (#"{"label_smoothing": 0.1}"#, "cdpo"), (#"{"discopop_tau": 0.1}"#, "does not read"),
    (#"{"loss_type": "kto", "f_divergence_type": "forward_kl"}"#, "desirable_weight"),
    (#"{"loss_type": "simpo", "reference_free": true}"#, "does not read reference_free"),
    (#"{"loss_type": "cpo", "rpo_alpha": 1}"#, "cpo_alpha"),
    (#"{"f_alpha_divergence_coef": 0.5}"#, "alpha_divergence"),
    (#"{"ref_model_sync_steps": 8}"#, "sync_ref_model"),
    (#"{"loss_type": "plackett_luce", "online": {}}"#, "rankings"),
  ])
  func settingsThatContradictOneAnotherAreRefused(text: String, fragment: String) throws {
    let read = try JSONDecoder().decode(DPOConfiguration.self, from: Data(text.utf8))
    let error = #expect(throws: ConfigurationError.self) { try read.validate() }
    #expect(error.map { "\($0)".contains(fragment) } == true)
  }

  @Test(arguments: [
    #"{"loss_type": "cdpo", "label_smoothing": 0.5}"#,
    #"{"loss_type": "robust", "label_smoothing": -0.1}"#,
    #"{"loss_type": "discopop", "discopop_tau": 0}"#,
    #"{"loss_type": "kto", "desirable_weight": 0}"#, #"{"loss_type": "cpo", "cpo_alpha": -1}"#,
    #"{"loss_type": "unlikelihood", "unlikelihood_alpha": -1}"#, #"{"rpo_alpha": -1}"#,
    #"{"sync_ref_model": true, "ref_model_mixup_alpha": 1.1}"#,
    #"{"sync_ref_model": true, "ref_model_sync_steps": 0}"#, #"{"online": {"rounds": 0}}"#,
    #"{"online": {"prompts_per_round": 0}}"#, #"{"online": {"temperature": 0}}"#,
  ])
  func aSettingOfALossOutOfRangeIsRefusedByItsKey(text: String) throws {
    let read = try JSONDecoder().decode(DPOConfiguration.self, from: Data(text.utf8))
    let error = #expect(throws: ConfigurationError.self) { try read.validate() }
    guard case .outOfRange(let key, _, _) = error else {
      Issue.record("refused with \(String(describing: error))")
      return
    }
    #expect(text.contains("\"\(key)\""))
  }

  @Test func everyLossHasTRLsDefaults() throws {
    func loss(_ kind: PreferenceLossKind) -> any PreferenceLoss {
      kind.loss(beta: 0.1, options: PreferenceLossOptions())
    }
    #expect((loss(.exo) as? EXOLoss)?.labelSmoothing == 1e-3)
    #expect((loss(.discoPOP) as? DiscoPOPLoss)?.temperature == 0.05)
    #expect((loss(.simPO) as? SimPOLoss)?.margin == 0.5)
    #expect((loss(.cpo) as? SupervisedTermLoss)?.weight == 1)
    #expect((loss(.kto) as? KTOLoss)?.undesirableWeight == 1)
    #expect((loss(.sigmoid) as? DPOLoss)?.divergence == .reverseKL)
    for kind in PreferenceLossKind.allCases { #expect(loss(kind).beta == 0.1) }
  }

  @Test func everyPropertyHasALineInTheTable() {
    let properties = Mirror(reflecting: DPOConfiguration()).children.count
    #expect(Set(DPOConfiguration.settings.map { $0.path as AnyKeyPath }).count == properties)
    #expect(Set(DPOConfiguration.settings.map(\.key)).count == DPOConfiguration.settings.count)
  }

  @Test func everyPropertyOfOnlineRoundsHasALineInTheTable() {
    let properties = Mirror(reflecting: OnlineDPOConfiguration()).children.count
    #expect(Set(OnlineDPOConfiguration.settings.map { $0.path as AnyKeyPath }).count == properties)
    #expect(
      Set(OnlineDPOConfiguration.settings.map(\.key)).count == OnlineDPOConfiguration.settings.count
    )
  }

  @Test func everyPropertyOfLossesHasALineInTheTable() {
    let properties = Mirror(reflecting: PreferenceLossOptions()).children.count
    #expect(Set(PreferenceLossOptions.settings.map { $0.path as AnyKeyPath }).count == properties)
    #expect(
      Set(PreferenceLossOptions.settings.map(\.key)).count == PreferenceLossOptions.settings.count)
  }
}
