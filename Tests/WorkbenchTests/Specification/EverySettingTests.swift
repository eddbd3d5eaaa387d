import DPO
import Foundation
import LanguageModel
import Optimizers
import PPO
import RewardModeling
import SupervisedFineTuning
import Tasks
import TestSupport
import Testing
import Workbench

/// The value of every key of some settings, as `key=value` words.
private func words(_ settings: some Encodable) throws -> [String] {
  let object = try JSONSerialization.jsonObject(with: encodeRecord(settings))
  let fields = try #require(object as? [String: NSObject])
  return try fields.sorted { $0.key < $1.key }.map { key, value in
    let json = try JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed])
    return "\(key)=\(String(decoding: json, as: UTF8.self))"
  }
}

@Suite struct EverySettingTests {
  @Test func everyKeyOfFineTuningIsReadBack() throws {
    var settings = SFTConfiguration()
    (settings.learningRate, settings.maximumSteps, settings.batchSize) = (3e-4, 7, 5)
    (settings.warmupSteps, settings.decay, settings.optimizer) = (3, .constant, .rmsProp)
    (settings.weightDecay, settings.maximumGradientNorm, settings.gradientShards) = (0.1, 2, 3)
    #expect(try SFTConfiguration(file: nil, overrides: words(settings)) == settings)
    #expect(try words(settings).count == SFTConfiguration.settings.count)
  }

  @Test func everyKeyOfTheRewardModelIsReadBack() throws {
    var settings = RewardConfiguration()
    (settings.learningRate, settings.epochs, settings.batchSize) = (3e-4, 7, 5)
    (settings.warmupSteps, settings.decay, settings.optimizer) = (3, .cosine, .rmsProp)
    (settings.centeringCoefficient, settings.margin) = (0.01, 0.5)
    (settings.normalization, settings.ensembleSize) = (RewardNormalization.none, 3)
    (settings.aggregation, settings.uncertaintyWeight) = (.uncertaintyWeighted, 0.2)
    #expect(try RewardConfiguration(file: nil, overrides: words(settings)) == settings)
    var ranked = RewardConfiguration()
    ranked.rankingLoss = .plackettLuce
    #expect(try RewardConfiguration(file: nil, overrides: words(ranked)) == ranked)
    let keys = try Set(words(settings) + words(ranked)).map { $0.prefix { $0 != "=" } }
    #expect(Set(keys).count == RewardConfiguration.settings.count)
  }

  @Test func everyKeyOfDPOIsReadBack() throws {
    var settings = DPOConfiguration()
    (settings.beta, settings.lossKind, settings.learningRate) = (0.7, .ipo, 3e-4)
    (settings.epochs, settings.batchSize, settings.probePairs) = (4, 8, 0)
    (settings.decay, settings.gradientShards) = (.constant, 2)
    (settings.synchronizesReference, settings.mixupShare) = (true, 0.3)
    (settings.synchronizationSteps, settings.online) = (9, OnlineDPOConfiguration())
    #expect(try DPOConfiguration(file: nil, overrides: words(settings)) == settings)
    let ofLosses = PreferenceLossOptions.settings.count
    #expect(try words(settings).count == DPOConfiguration.settings.count - ofLosses)
  }

  @Test func everyKeyOfPPOIsReadBackEvenThoseWithoutADefault() throws {
    var settings = PPOConfiguration()
    (settings.iterations, settings.rolloutsPerIteration, settings.responseLength) = (3, 64, 9)
    (settings.temperature, settings.klPenalty, settings.klTarget) = (0.7, 0.3, 5)
    (settings.klEstimator, settings.klControl) = (.k3, .adaptive)
    (settings.missingEndPenalty, settings.whitensRewards) = (1.5, true)
    (settings.discount, settings.lambda, settings.epochs) = (0.99, 0.9, 3)
    (settings.valueLearningRate, settings.targetKL, settings.ratioThreshold) = (1e-3, 0.1, 10)
    (settings.scoreClip, settings.dualClip, settings.lossReduction) = (5, 3, .completionMean)
    settings.tokenReturn = .whole
    (settings.algorithm, settings.dialect) = (.grpo, .openAI2019)
    #expect(try PPOConfiguration(file: nil, overrides: words(settings)) == settings)
    #expect(try words(settings).count == PPOConfiguration.settings.count)
  }

  @Test func everyKeyOfABaselineIsReadBack() throws {
    var settings = PPOConfiguration()
    (settings.baseline, settings.baselineSamples) = (.logMeanExponential, 6)
    (settings.completionsPerPrompt, settings.whitensAdvantages) = (4, false)
    #expect(try PPOConfiguration(file: nil, overrides: words(settings)) == settings)
  }

  @Test(arguments: TaskConfiguration.Name.allCases)
  func taskIsReadFromItsNameAlone(name: TaskConfiguration.Name) throws {
    let specification = try read("task: \(name.rawValue)\narms: [{dpo: {}}]")
    #expect(specification.task == TaskConfiguration(name: name))
  }

  @Test func taskIsReadFromItsKnobs() throws {
    let task = try read(
      "task: {name: aspect-reviews, adjectives: 24, slip_rate: 0}\narms: [{dpo: {}}]"
    ).task
    #expect(task.reviews.adjectives == 24)
    #expect(task.reviews.slipRate == 0)
    #expect(task.reviews.reviewTokens == TaskConfiguration().reviews.reviewTokens)
  }

  @Test func unknownTaskIsRefusedWithAllThatThereAre() {
    let text = readingError("arms: [{dpo: {}}]\ntask: bandits\n").map { "\($0)" } ?? ""
    #expect(text.hasPrefix("e.yaml:2:7: "))
    for name in TaskConfiguration.Name.allCases { #expect(text.contains(name.rawValue)) }
  }

  @Test func everyKeyOfTheExperimentHasAPlaceInTheResolvedConfiguration() throws {
    let folder = try TemporaryFolder()
    let store = CellStore(folder: folder.url)
    try store.writeConfiguration(read("arms: [{dpo: {}}]"))
    let text = try String(decoding: folder.data("config.yaml"), as: UTF8.self)
    // Three keys have no default: what they name is absent unless it is written.
    for key in ExperimentSpecification.CodingKeys.allCases
    where ![.rewardCheckpoint, .until, .equivalenceMargin].contains(key) {
      #expect(text.contains("\n\(key.rawValue):"), "\(key.rawValue)")
    }
    #expect(text.contains("loss_type: sigmoid\n"))
    for key in ["beta", "learning_rate", "probe_pairs"] {
      #expect(text.contains("\(key):"))
    }
  }

  @Test func anEquivalenceMarginIsAPositiveNumber() throws {
    #expect(try read("equivalence_margin: 0.1\narms: [{dpo: {}}]").equivalenceMargin == 0.1)
    #expect(try read("arms: [{dpo: {}}]").equivalenceMargin == nil)
    let text = readingError("equivalence_margin: 0\narms: [{dpo: {}}]\n").map { "\($0)" } ?? ""
    #expect(text.contains("equivalence_margin") && text.contains("0 < margin < ∞"))
  }

  @Test(arguments: ["6", "[1, 2, 3, 4, 5, 6]", "[1,2,3,4,5,6]"])
  func seedsAreACountOrAList(text: String) throws {
    let seeds = try read("seeds: \(text)\narms: [{dpo: {}}]").seeds
    #expect(seeds.values == [1, 2, 3, 4, 5, 6])
    #expect(try decodeRecord(SeedList.self, from: encodeRecord(seeds)) == seeds)
  }

  @Test(arguments: [("PPO-GT", "ppo-gt"), ("Best of n", "best-of-n"), ("β = 0.1!", "0-1")])
  func slugHoldsLettersNumbersAndHyphens(name: String, slug: String) {
    #expect(ArmSpecification(name: name, method: .dpo(DPOConfiguration())).slug == slug)
  }

  @Test func nameOfAModelIsItsPresetOrItsSize() {
    #expect(ModelSpecification(.medium).name == "medium")
    var own = ModelSpecification()
    (own.layers, own.hiddenSize) = (1, 16)
    #expect(own.name == "1 layers of width 16")
  }
}

@Suite struct SpecificationErrorTests {
  private let place = SourceLocation(file: "e.yaml", line: 3, column: 5)

  @Test func placeIsWrittenAsCompilersDo() {
    #expect("\(place)" == "e.yaml:3:5")
    #expect("\(SourceLocation(file: "e.yaml"))" == "e.yaml")
  }

  @Test func everyMistakeIsASentenceThatSaysHowToMendIt() {
    let sentences: [(SpecificationError, String)] = [
      (
        .syntax("did not find expected key", at: place),
        "e.yaml:3:5: this is not valid YAML (did not find expected key); mend the line or quote the value"
      ),
      (
        .unknownKey("sft.stps", known: ["max_steps", "optim"], nearest: nil, at: place),
        "e.yaml:3:5: unknown key 'sft.stps'; This object accepts max_steps, optim"
      ),
      (
        .wrongType(key: "beta", expected: "a number", found: "'x'", at: place),
        "e.yaml:3:5: 'beta' needs a number, but found 'x'"
      ),
      (.missingKey("arms", at: place), "e.yaml:3:5: the key 'arms' is missing; add it"),
      (
        .outOfRange(key: "beta", value: "0", allowed: "0 < β", at: place),
        "e.yaml:3:5: 'beta' is 0; allowed is 0 < β"
      ),
      (.contradiction("no", at: place), "e.yaml:3:5: no"),
    ]
    for (error, sentence) in sentences { #expect("\(error)" == sentence) }
  }

  @Test func settingsOfTheCommandLineHaveNoLine() {
    let error = #expect(throws: SpecificationError.self) {
      try DPOConfiguration(file: nil, overrides: ["loss_type=hinges"])
    }
    #expect(
      error.map { "\($0)" }
        == "command line: 'loss_type' needs one of "
        + PreferenceLossKind.allCases.map(\.rawValue).joined(separator: ", ")
        + ", but found 'hinges'; did you mean 'hinge'?")
  }
}
