import Foundation
import Optimizers
import Optimizers
import PPO
import TestSupport
import Testing
import Training
import Workbench

/// Policy optimisers and dialects as an experiment.yaml names them.
@Suite struct PolicyOptimizerSpecificationTests {
  private func settings(_ arm: String, head: String = "") throws -> PPOConfiguration {
    guard case .ppo(let settings, _) = try read("\(head)\narms:\n  - \(arm)\n").arms[0].method
    else {
      throw CocoaError(.featureUnsupported)
    }
    return settings
  }

  private func complaint(_ arm: String, head: String = "") -> String {
    readingError("\(head)\narms:\n  - \(arm)\n").map { "\($0)" } ?? "read"
  }

  @Test(arguments: PolicyOptimizer.allCases) func oneKeyChoosesTheOptimizer(
    algorithm: PolicyOptimizer
  ) throws {
    var expected = PPOConfiguration(algorithm: algorithm)
    expected.klPenalty = 0.1
    #expect(try settings("\(algorithm.rawValue): {}") == expected)
    #expect(try settings("\(algorithm.rawValue):") == expected)
    let arm = try read("arms:\n  - \(algorithm.rawValue): {}\n").arms[0]
    #expect(arm.name == algorithm.rawValue && arm.method.name == algorithm.rawValue)
    #expect(arm.method.needsRewardModel && arm.method.isPolicyGradient)
  }

  @Test func keysWinOverTheOptimizersDefaults() throws {
    let settings = try settings("rloo: {completions_per_prompt: 8, learning_rate: 1e-3}")
    #expect(settings.completionsPerPrompt == 8 && settings.learningRate == 1e-3)
    #expect(settings.baseline == .leaveOneOut && settings.epochs == 1)
  }

  @Test func goldRewardsAreForAllOfThem() throws {
    let arm = try read("arms:\n  - {grpo: {}, reward: gold}\n").arms[0]
    #expect(!arm.method.needsRewardModel)
  }

  @Test func dialectsKeepTheExperimentsBeta() throws {
    // One objective: temperature and β are the experiment's, the rest the dialect's.
    let settings = try settings(
      "ppo: {dialect: trl, temperature: 1}", head: "beta: 0.3")
    #expect(settings.klPenalty == 0.3 && settings.epochs == 4 && settings.dialect == .trl)
    #expect(complaint("ppo: {dialect: trl}").contains("temperature"))
  }

  @Test func dialectsHaveTheirOwnBetaWhereObjectivesDiffer() throws {
    let head = "same_objective: false\nbeta: 0.3"
    #expect(try settings("ppo: {dialect: instructgpt}", head: head).klPenalty == 0.02)
    #expect(try settings("ppo: {dialect: instructgpt, kl_coef: 1}", head: head).klPenalty == 1)
    #expect(try settings("ppo: {}", head: head).klPenalty == 0.3)
  }

  @Test func misspeltDialectsAreRefusedWithTheNearest() {
    let text = complaint("ppo: {dialect: openai-2091}")
    #expect(text.contains("did you mean 'openai-2019'?"))
    for dialect in PPODialect.allCases { #expect(text.contains(dialect.rawValue)) }
  }

  @Test func armsOfTwoOptimizersAreRefused() {
    #expect(complaint("{ppo: {}, rloo: {}}").contains("exactly one"))
  }

  @Test(arguments: [
    "entropy_coef: 0.1", "score_clip: 5", "score_scaling: running-normal", "reference_control: ema",
  ])
  func whatChangesTheObjectiveNeedsItsOwn(setting: String) throws {
    #expect(complaint("ppo: {\(setting)}").contains("same_objective"))
    _ = try settings("ppo: {\(setting)}", head: "same_objective: false")
  }

  @Test(arguments: GalleryFault.allCases) func mistakesOnPurposeNeedAnObjectiveOfTheirOwn(
    fault: GalleryFault
  ) throws {
    let arm = "{ppo: {temperature: 0.7}, gallery_fault: \(fault.rawValue)}"
    let refused = complaint("{ppo: {}, gallery_fault: \(fault.rawValue)}")
    #expect(refused.contains("gallery_fault") && refused.contains("same_objective"))
    let read = try read("same_objective: false\narms:\n  - \(arm)\n").arms[0]
    #expect(read.fault == fault)
    #expect(try settings(arm, head: "same_objective: false").temperature == 0.7)
  }

  @Test func mistakesOnPurposeAreNoSettingOfTheTrainer() throws {
    let head = "same_objective: false"
    #expect(complaint("ppo: {gallery_fault: pad-is-end}", head: head).contains("unknown key"))
    #expect(complaint("{dpo: {}, gallery_fault: pad-is-end}", head: head).contains("gallery_fault"))
    // Without a temperature there is none to forget.
    let arm = "{ppo: {temperature: 1}, gallery_fault: temperature-mismatch}"
    #expect(complaint(arm, head: head).contains("temperature"))
    #expect(try read("arms:\n  - ppo: {}\n").arms[0].fault == nil)
  }

  @Test func resolvedSettingsReadBackAsTheyWere() throws {
    let specification = try read(
      """
      same_objective: false
      arms:
        - {name: a, ppo: {dialect: openai-2019}}
        - {name: b, grpo: {learning_rate: 1e-3}}
        - {name: c, rloo: {dialect: trl, missing_eos_penalty: 1}}
        - {name: d, ppo: {}, gallery_fault: noisy-log-probabilities}
      """)
    let folder = try TemporaryFolder()
    try CellStore(folder: folder.url).writeConfiguration(specification)
    let again = try CellStore(folder: folder.url).specification()
    #expect(again.arms == specification.arms)
  }

  @Test func stagesTakeDialectsFromTheFileAndTheCommandLine() throws {
    try inTemporaryFolder { folder in
      let file = folder.appending(path: "ppo.yaml")
      try Data("dialect: openai-2019\nkl_coef: 0.3\n".utf8).write(to: file)
      var expected = PPOConfiguration(algorithm: .ppo, dialect: .openAI2019)
      expected.klPenalty = 0.3
      #expect(try PPOConfiguration(file: file, overrides: []) == expected)
      // A dialect on the command line replaces the file's, and the file's other keys stay.
      var other = PPOConfiguration(algorithm: .ppo, dialect: .instructGPT)
      (other.klPenalty, other.epochs) = (0.3, 2)
      #expect(
        try PPOConfiguration(file: file, overrides: ["dialect=instructgpt", "num_ppo_epochs=2"])
          == other)
    }
  }

  @Test func valuesFromARewardModelNeedOne() async throws {
    var specification = try oneSeed(0..<1)
    guard case .ppo(var settings, _) = specification.arms[0].method else {
      Issue.record("not the method asked for: \(specification.arms[0].method)")
      return
    }
    settings.valueStart = .rewardModel
    specification.arms[0].method = .ppo(settings, reward: .learned)
    let folder = try await run(specification)
    #expect(try record("seed-1/\(specification.arms[0].slug)", in: folder).outcome == .completed)
  }
}
