import Foundation
import Optimizers
import PPO
import Testing
import Training

@Suite struct PPOConfigurationTests {
  @Test func defaultsAreValid() throws {
    try PPOConfiguration().validate()
  }

  @Test func settingsSharedWithTRLKeepItsDefaults() {
    // TRL 1.12.0, PPOConfig.
    let configuration = PPOConfiguration()
    #expect(configuration.clipRange == 0.2)
    #expect(configuration.valueClipRange == 0.2)
    #expect(configuration.valueWeight == 0.1)
    #expect(configuration.discount == 1)
    #expect(configuration.lambda == 0.95)
    #expect(configuration.klEstimator == .k1)
    #expect(!configuration.whitensRewards)
    #expect(configuration.missingEndPenalty == nil)
  }

  @Test func missingKeysKeepTheirDefaults() throws {
    let text = #"{"kl_coef": 0.25, "num_ppo_epochs": 3, "kl_estimator": "k3", "target_kl": 0.5}"#
    let read = try JSONDecoder().decode(PPOConfiguration.self, from: Data(text.utf8))
    var expected = PPOConfiguration()
    expected.klPenalty = 0.25
    expected.epochs = 3
    expected.klEstimator = .k3
    expected.targetKL = 0.5
    #expect(read == expected)
  }

  @Test func everySettingSurvivesWritingAndReading() throws {
    var configuration = PPOConfiguration()
    configuration.iterations = 7
    configuration.rolloutsPerIteration = 36
    configuration.completionsPerPrompt = 2
    configuration.baseline = .leaveOneOut
    configuration.baselineSamples = 9
    configuration.whitensAdvantages = false
    configuration.responseLength = 11
    configuration.temperature = 0.6
    configuration.klPenalty = 0.3
    configuration.klEstimator = .k3
    configuration.klControl = .adaptive
    configuration.klTarget = 4
    configuration.klHorizon = 500
    configuration.missingEndPenalty = 1.5
    configuration.whitensRewards = true
    configuration.discount = 1
    configuration.lambda = 0.8
    configuration.epochs = 5
    configuration.minibatches = 3
    configuration.gradientShards = 6
    configuration.clipRange = 0.1
    configuration.valueClipRange = 0.4
    configuration.valueWeight = 0.5
    configuration.learningRate = 1e-4
    configuration.valueLearningRate = 2e-4
    configuration.warmupSteps = 0.25
    configuration.learningRateDecay = .cosine
    configuration.maximumGradientNorm = 0.5
    configuration.targetKL = 0.3
    configuration.ratioThreshold = 10
    (configuration.missingEndRule, configuration.scorePosition) = (.set, .lastToken)
    (configuration.scoreScaling, configuration.scoreClip) = (.runningNormal, 5)
    (configuration.advantageScale, configuration.whiteningScope) = (.batch, .minibatch)
    configuration.tokenReturn = .whole
    (configuration.whiteningVariance, configuration.klPlacement) = (.population, .loss)
    (configuration.dualClip, configuration.lossReduction) = (3, .completionMean)
    (configuration.entropyWeight, configuration.valueLoss) = (0.01, .squared)
    configuration.valueStart = .randomHead
    (configuration.adamEpsilon, configuration.adamEpsilonPlacement) = (1e-5, .beforeCorrection)
    (configuration.referenceControl, configuration.referenceMixture) = (.movingAverage, 0.1)
    configuration.referenceInterval = 4
    try configuration.validate()
    let data = try JSONEncoder().encode(configuration)
    #expect(try JSONDecoder().decode(PPOConfiguration.self, from: data) == configuration)
    let keys = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any]).keys
    #expect(Set(keys) == Set(PPOConfiguration.settings.map(\.key)))
  }

  @Test func everyPropertyHasALineInTheTable() {
    let properties = Mirror(reflecting: PPOConfiguration()).children.count
    #expect(Set(PPOConfiguration.settings.map { $0.path as AnyKeyPath }).count == properties)
    #expect(Set(PPOConfiguration.settings.map(\.key)).count == PPOConfiguration.settings.count)
  }

  /// What is wrong with the defaults after one change.
  func error(after change: (inout PPOConfiguration) -> Void) -> ConfigurationError? {
    var configuration = PPOConfiguration()
    change(&configuration)
    do { try configuration.validate() } catch { return error }
    return nil
  }

  @Test(arguments: [0, 1, 1.5, -0.2, .nan]) func clipRangeLiesBetweenZeroAndOne(value: Double) {
    #expect(
      error { $0.clipRange = value }
        == .outOfRange("cliprange", "\(value)", allowed: "0 < ε < 1"))
  }

  @Test func klPenaltyMayBeZeroButNotBelow() {
    #expect(error { $0.klPenalty = 0 } == nil)
    #expect(
      error { $0.klPenalty = -0.1 } == .outOfRange("kl_coef", "-0.1", allowed: "0 ≤ β < ∞"))
  }

  /// The key that an error names.
  func key(_ error: ConfigurationError?) -> String? {
    if case .outOfRange(let key, _, _) = error { key } else { nil }
  }

  @Test func everyRangeNamesItsKey() {
    #expect(key(error { $0.iterations = 0 }) == "iterations")
    #expect(key(error { $0.rolloutsPerIteration = 1 }) == "rollouts_per_iteration")
    #expect(key(error { $0.completionsPerPrompt = 0 }) == "completions_per_prompt")
    #expect(key(error { $0.baselineSamples = 0 }) == "baseline_samples")
    #expect(key(error { $0.responseLength = 0 }) == "response_length")
    #expect(key(error { $0.temperature = 0 }) == "temperature")
    #expect(key(error { $0.klTarget = 0 }) == "kl_target")
    #expect(key(error { $0.klHorizon = 0 }) == "kl_horizon")
    #expect(key(error { $0.missingEndPenalty = .infinity }) == "missing_eos_penalty")
    #expect(key(error { $0.discount = 1.01 }) == "gamma")
    #expect(key(error { $0.lambda = -0.01 }) == "lam")
    #expect(key(error { $0.epochs = 0 }) == "num_ppo_epochs")
    #expect(key(error { $0.minibatches = 0 }) == "num_mini_batches")
    #expect(key(error { $0.gradientShards = 1 }) == "gradient_shards")
    #expect(key(error { $0.valueClipRange = 0 }) == "cliprange_value")
    #expect(key(error { $0.valueWeight = 0 }) == "vf_coef")
    #expect(key(error { $0.learningRate = .nan }) == "learning_rate")
    #expect(key(error { $0.valueLearningRate = 0 }) == "value_learning_rate")
    #expect(key(error { $0.warmupSteps = -1 }) == "warmup_steps")
    #expect(key(error { $0.maximumGradientNorm = 0 }) == "max_grad_norm")
    #expect(key(error { $0.targetKL = 0 }) == "target_kl")
    #expect(key(error { $0.ratioThreshold = 1 }) == "ratio_threshold")
    #expect(key(error { $0.scoreClip = 0 }) == "score_clip")
    #expect(key(error { $0.dualClip = 1 }) == "dual_clip")
    #expect(key(error { $0.entropyWeight = -0.1 }) == "entropy_coef")
    #expect(key(error { $0.adamEpsilon = 0 }) == "adam_epsilon")
    #expect(key(error { $0.referenceMixture = 0 }) == "ref_model_mixup_alpha")
    #expect(key(error { $0.referenceInterval = 0 }) == "ref_model_sync_steps")
  }

  @Test func minibatchesMustDivideTheRolloutsAndFillTheShards() {
    for (rollouts, minibatches, shards) in [(10, 4, 2), (8, 4, 4)] {
      let error = error {
        $0.rolloutsPerIteration = rollouts
        $0.minibatches = minibatches
        $0.gradientShards = shards
      }
      guard case .contradiction = error else {
        Issue.record("\(rollouts) rollouts in \(minibatches) minibatches were accepted")
        continue
      }
    }
  }

  @Test func leaveOneOutNeedsOthersAndWholeGroups() {
    #expect(key(error { $0.baseline = .leaveOneOut }) == "completions_per_prompt")
    #expect(key(error { $0.completionsPerPrompt = 3 }) == "completions_per_prompt")
    #expect(
      error {
        $0.baseline = .leaveOneOut
        $0.completionsPerPrompt = 4
      } == nil)
  }

  @Test func baselinesOfWholeCompletionsNeedPlainReturnsAndAPenalty() {
    for kind in BaselineKind.allCases where kind != .learnedValue {
      let error = error {
        ($0.baseline, $0.discount) = (kind, 0.9)
        $0.completionsPerPrompt = 2
      }
      #expect(key(error) == "gamma")
    }
    for kind in [BaselineKind.logMeanExponential, .softValue, .policyValue, .optimal] {
      #expect(key(error { ($0.baseline, $0.klPenalty) = (kind, 0) }) == "kl_coef")
    }
    #expect(error { ($0.baseline, $0.klPenalty) = (.none, 0) } == nil)
  }

  @Test func groupsNeedTwoCompletions() {
    #expect(key(error { $0.baseline = .groupMean }) == "completions_per_prompt")
    #expect(
      key(error { ($0.baseline, $0.advantageScale) = (.batchMean, .group) })
        == "completions_per_prompt")
  }

  /// Settings that exclude one another, with a word that the complaint must contain.
  static let contradictions: [(change: @Sendable (inout PPOConfiguration) -> Void, word: String)] =
    [
      ({ $0.ratioLevel = .sequence }, "ratio_level"),
      ({ $0.advantageScale = .batch }, "advantage_scale"),
      ({ $0.tokenReturn = .toGo }, "token_return"),
      (
        {
          ($0.baseline, $0.tokenReturn, $0.advantageScale) = (.batchMean, .toGo, .batch)
        }, "token_return"
      ),
      (
        { ($0.baseline, $0.tokenReturn, $0.ratioLevel) = (.batchMean, .toGo, .sequence) },
        "token_return"
      ),
      (
        {
          ($0.baseline, $0.ratioLevel) = (.batchMean, .sequence)
          $0.lossReduction = .tokenMean
        }, "loss_reduction"
      ),
      ({ ($0.baseline, $0.valueTrunk) = (.batchMean, .shared) }, "value_trunk"),
      ({ ($0.valueTrunk, $0.valueStart) = (.shared, .rewardModel) }, "value_init"),
      ({ ($0.valueTrunk, $0.valueLearningRate) = (.detached, 1e-3) }, "value_learning_rate"),
      ({ ($0.baseline, $0.scoreScaling) = (.referenceSample, .runningDeviation) }, "score_scaling"),
      ({ ($0.baseline, $0.scoreClip) = (.datasetMean, 3) }, "score_clip"),
      ({ ($0.baseline, $0.klPlacement) = (.logMeanExponential, .loss) }, "kl_in"),
      ({ ($0.baseline, $0.referenceControl) = (.softValue, .movingAverage) }, "reference_control"),
    ]

  @Test(arguments: contradictions.indices)
  func settingsThatExcludeOneAnotherAreRefused(index: Int) {
    let (change, word) = Self.contradictions[index]
    guard case .contradiction(let sentence) = error(after: change) else {
      Issue.record("accepted")
      return
    }
    #expect(sentence.contains(word))
  }

  @Test func minibatchesAndShardsHoldWholePrompts() {
    // 32 prompts of 4 rollouts: 8 minibatches of 4 shards fit, 16 of 4 and 12 of 2 do not.
    func error(_ minibatches: Int, _ shards: Int) -> ConfigurationError? {
      self.error {
        $0.completionsPerPrompt = 4
        ($0.minibatches, $0.gradientShards) = (minibatches, shards)
      }
    }
    #expect(error(8, 4) == nil)
    for refused in [error(16, 4), error(12, 2)] {
      guard case .contradiction(let sentence) = refused else {
        Issue.record("accepted")
        continue
      }
      #expect(sentence.contains("prompts of 4 rollouts"))
    }
  }
}
