import Foundation
import PPO
import TestSupport
import Testing
import Training
import Workbench

@Suite struct BaselineSpecificationTests {
  private let language = "task: enumerable-language\nmodel: {preset: tiny}\n"

  private func complaint(_ yaml: String) -> String {
    readingError(yaml).map { "\($0)" } ?? "read"
  }

  @Test(arguments: BaselineKind.allCases) func everyBaselineIsReadByItsName(
    kind: BaselineKind
  ) throws {
    let yaml = """
      task: {name: enumerable-language, words: 4, maximum_words: 3}
      model: {preset: tiny}
      arms:
        - ppo: {baseline: \(kind.rawValue), completions_per_prompt: 2, baseline_samples: 3, whiten_advantages: false}
      """
    guard case .ppo(let settings, _) = try read(yaml).arms[0].method else {
      Issue.record("no PPO")
      return
    }
    #expect(settings.baseline == kind && settings.completionsPerPrompt == 2)
    #expect(settings.baselineSamples == 3 && !settings.whitensAdvantages)
  }

  @Test func unknownBaselineIsRefusedWithTheNearestName() {
    let text = complaint(language + "arms:\n  - ppo: {baseline: soft-values}\n")
    #expect(text.hasPrefix("e.yaml:4:"))
    #expect(text.contains("did you mean 'soft-value'?"))
    for kind in BaselineKind.allCases { #expect(text.contains(kind.rawValue)) }
  }

  @Test(arguments: BaselineKind.allCases.filter(\.needsEnumeration))
  func exactBaselinesNeedTheEnumerableLanguage(kind: BaselineKind) {
    let error = readingError("arms:\n  - ppo: {baseline: \(kind.rawValue)}\n")
    guard case .outOfRange("baseline", kind.rawValue, let allowed, let place)? = error else {
      Issue.record("\(kind) was read")
      return
    }
    #expect(place.line == 2 && allowed.contains("enumerable-language"))
    #expect(error.map { ExitStatus(for: $0) } == .configuration)
  }

  @Test func optimalBaselineNeedsRoomForAllScores() {
    // 2,801 completions of 0.1 million parameters take more than 2 GiB.
    let text = complaint(language + "arms:\n  - ppo: {baseline: optimal}\n")
    #expect(text.contains("2801 completions"))
  }

  @Test(arguments: [
    ("baseline: leave-one-out", "completions_per_prompt"),
    ("completions_per_prompt: 5", "completions_per_prompt"),
    ("baseline_samples: 0", "baseline_samples"), ("{baseline: none, gamma: 0.9}", "gamma"),
  ])
  func impossibleSettingsNameTheirKey(settings: String, key: String) {
    let inner = settings.hasPrefix("{") ? settings : "{\(settings)}"
    guard case .outOfRange(key, _, _, _)? = readingError(language + "arms:\n  - ppo: \(inner)\n")
    else {
      Issue.record("\(settings) was read")
      return
    }
  }

  @Test func offsetStandsBesideTheRewardAndSurvivesWriting() throws {
    let arms = try read("arms:\n  - {ppo: {}, reward: gold, reward_offset: 3}\n  - dpo: {}\n").arms
    #expect(arms.map(\.rewardOffset) == [3, nil])
    #expect(try decodeRecord(ArmSpecification.self, from: encodeRecord(arms[0])) == arms[0])
    let text = String(decoding: try encodeRecord(arms[1]), as: UTF8.self)
    #expect(!text.contains("reward_offset"))
  }

  @Test func offsetIsForPPOAndFinite() {
    #expect(
      complaint("arms:\n  - {dpo: {}, reward_offset: 3}\n").contains("'reward_offset' shifts PPO's")
    )
    let text = complaint("arms:\n  - {ppo: {}, reward_offset: .inf}\n")
    #expect(text.contains("'reward_offset' is inf"))
  }

  @Test func factsNameTheBaselineAndTheOffset() throws {
    let specification = try read(
      language + "arms:\n  - {ppo: {baseline: soft-value}, reward: gold, reward_offset: 3}\n")
    let runner = try ExperimentRunner(specification, folder: TemporaryFolder().url)
    let settings = try runner.specification.facts(task: runner.task, command: "make")
      .arms[0].settings
    #expect(settings.contains("reward_offset 3") && settings.contains("baseline soft-value"))
  }

  @Test(arguments: 1...9) func quickTrialKeepsPromptsWhole(completions: Int) throws {
    let rollouts = 16 * completions
    let yaml =
      "arms:\n  - ppo: {completions_per_prompt: \(completions), rollouts_per_iteration: \(rollouts)}\n"
    guard case .ppo(let settings, _) = try read(yaml).quickTrial().arms[0].method else {
      Issue.record("no PPO")
      return
    }
    try settings.validate()
    #expect(settings.completionsPerPrompt == completions && settings.rolloutsPerIteration <= 80)
  }
}
