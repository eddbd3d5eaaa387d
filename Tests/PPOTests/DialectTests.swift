import Foundation
import Optimizers
import PPO
import Testing
import Training

/// What is written about the presets in dialects.md and predictions.md, section 2b.
@Suite struct DialectTests {
  func read(_ text: String) throws -> PPOConfiguration {
    try JSONDecoder().decode(PPOConfiguration.self, from: Data(text.utf8))
  }

  @Test(arguments: PPODialect.allCases) func everyDialectIsValidWithEveryOptimizer(
    dialect: PPODialect
  ) throws {
    for algorithm in PolicyOptimizer.allCases {
      let configuration = PPOConfiguration(algorithm: algorithm, dialect: dialect)
      try configuration.validate()
      #expect(configuration.algorithm == algorithm && configuration.dialect == dialect)
    }
  }

  @Test func ourOwnDialectIsTheDefaults() {
    #expect(PPOConfiguration(algorithm: .ppo, dialect: .tandem) == PPOConfiguration())
  }

  @Test func trlsDialectHasItsDefaults() {
    // trl/experimental/ppo/ppo_config.py, 1.12.0.
    let trl = PPOConfiguration(algorithm: .ppo, dialect: .trl)
    #expect(trl.temperature == 0.7 && trl.klPenalty == 0.05 && trl.klEstimator == .k1)
    #expect(trl.epochs == 4 && trl.minibatches == 1 && trl.klControl == .fixed)
    #expect(trl.clipRange == 0.2 && trl.valueClipRange == 0.2 && trl.valueWeight == 0.1)
    #expect(trl.discount == 1 && trl.lambda == 0.95 && !trl.whitensRewards)
    #expect(trl.whiteningScope == .rollouts && trl.whiteningVariance == .sample)
    #expect(trl.scorePosition == .afterEnd && trl.missingEndPenalty == nil)
    #expect(trl.valueTrunk == .separate && trl.valueStart == .rewardModel)
  }

  @Test func zieglersDialectIsTheTable() {
    let ziegler = PPOConfiguration(algorithm: .ppo, dialect: .openAI2019)
    #expect(ziegler.klControl == .adaptive && ziegler.klPenalty == 0.15)
    #expect(ziegler.klTarget == 6 && ziegler.klHorizon == 10_000 && ziegler.epochs == 4)
    #expect(ziegler.whitensRewards && ziegler.whiteningScope == .minibatch)
    #expect(ziegler.whiteningVariance == .population && ziegler.scorePosition == .lastToken)
    #expect(ziegler.missingEndPenalty == 1 && ziegler.missingEndRule == .set)
    #expect(ziegler.adamEpsilonPlacement == .beforeCorrection && ziegler.valueTrunk == .shared)
  }

  @Test func ouyangsDialectIsAppendixC() {
    let ouyang = PPOConfiguration(algorithm: .ppo, dialect: .instructGPT)
    #expect(ouyang.klPenalty == 0.02 && ouyang.klControl == .fixed && ouyang.temperature == 1)
    #expect(ouyang.epochs == 1 && ouyang.minibatches == 8 && ouyang.warmupSteps == 10)
    #expect(ouyang.valueStart == .rewardModel && ouyang.valueTrunk == .separate)
  }

  @Test func huangsDialectSetsTheScoreWithoutAnEnd() {
    let huang = PPOConfiguration(algorithm: .ppo, dialect: .summarizeFromFeedback)
    #expect(huang.missingEndPenalty == 1 && huang.missingEndRule == .set)
    #expect(huang.adamEpsilon == 1e-5 && huang.adamEpsilonPlacement == .afterCorrection)
    #expect(huang.klPenalty == 0.05 && huang.epochs == 4 && huang.temperature == 0.7)
  }

  @Test func writtenKeysWinOverTheDialect() throws {
    let configuration = try read(
      #"{"dialect": "openai-2019", "kl_coef": 0.3, "missing_eos_penalty": null, "value_trunk": "separate"}"#
    )
    var expected = PPOConfiguration(algorithm: .ppo, dialect: .openAI2019)
    (expected.klPenalty, expected.missingEndPenalty, expected.valueTrunk) = (0.3, nil, .separate)
    #expect(configuration == expected)
  }

  @Test func optimizersAreWhatTheirTableSays() throws {
    let (rloo, grpo) = (try read(#"{"algorithm": "rloo"}"#), try read(#"{"algorithm": "grpo"}"#))
    #expect(rloo.baseline == .leaveOneOut && rloo.completionsPerPrompt == 4)
    #expect(rloo.ratioLevel == .sequence && rloo.klPlacement == .reward && rloo.klEstimator == .k1)
    #expect(grpo.baseline == .groupMean && grpo.completionsPerPrompt == 8)
    #expect(grpo.advantageScale == .group && grpo.lossReduction == .completionMean)
    #expect(grpo.klPlacement == .loss && grpo.klEstimator == .k3)
    let reinforce = try read(#"{"algorithm": "reinforce"}"#)
    #expect(reinforce.baseline == .batchMean && reinforce.completionsPerPrompt == 1)
    for one in [rloo, grpo, reinforce] {
      #expect(one.epochs == 1 && one.minibatches == 1 && !one.whitensAdvantages)
      // Sizes and rates stay those of PPO, so that the arms share their first rollouts' size.
      #expect(one.rolloutsPerIteration == PPOConfiguration().rolloutsPerIteration)
      #expect(one.learningRate == PPOConfiguration().learningRate)
    }
  }

  @Test(arguments: PPODialect.allCases) func everyDialectSurvivesWritingAndReading(
    dialect: PPODialect
  ) throws {
    for algorithm in PolicyOptimizer.allCases {
      let configuration = PPOConfiguration(algorithm: algorithm, dialect: dialect)
      let data = try JSONEncoder().encode(configuration)
      #expect(try JSONDecoder().decode(PPOConfiguration.self, from: data) == configuration)
    }
  }
}
