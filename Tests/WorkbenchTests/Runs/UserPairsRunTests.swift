import Datasets
import Foundation
import LanguageModel
import Reports
import TestSupport
import Testing
import Tasks
import Training
import Workbench

/// RLHF and DPO on a user's own file.
@Suite struct UserPairsRunTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    let lines = (0..<40).map { i in
      """
      {"prompt": "say number \(i):", "chosen": " good \(i % 3)", "rejected": " bad \(i % 4)"}
      """
    }
    try Data(lines.joined(separator: "\n").utf8).write(to: folder.url.appending(path: "p.jsonl"))
  }

  private func specification(_ settings: PairsTask.Settings) throws -> ExperimentSpecification {
    try VersusSpecification(
      pairs: settings, checkpoint: nil, preset: .tiny, isTuned: nil, seeds: 1
    ).specification(overrides: [
      "sft.max_steps=4", "reward.num_train_epochs=1", "dpo.num_train_epochs=1", "ppo.iterations=1",
      "ppo.rollouts_per_iteration=16", "evaluation.checkpoints=1", "beta=0.3",
    ])
  }

  private var settings: PairsTask.Settings {
    var settings = PairsTask.Settings()
    settings.train = folder.url.appending(path: "p.jsonl").path
    return settings
  }

  private func run(_ specification: ExperimentSpecification) async throws -> ExperimentRunner {
    let runner = try ExperimentRunner(specification, folder: folder.url.appending(path: "run"))
    try await runner.run(jobs: 2)
    return runner
  }

  @Test func bothArmsLearnTheSamePairsAndARefereeJudgesThem() async throws {
    let runner = try await run(specification(settings))
    let records = try runner.records()
    #expect(records.map(\.arm) == ["sft", "reward", "referee", "PPO", "DPO"])
    let (ppo, dpo) = (records[3], records[4])
    #expect(ppo.dataHashes == dpo.dataHashes && ppo.dataHashes.count == 3)
    for arm in [ppo, dpo] {
      let last = try #require(arm.evaluations.last?.values)
      for key in [
        "eval/referee_reward", "eval/referee_win_rate", "eval/kl", "eval/rewards/accuracies",
        "eval/implicit_explicit_correlation", "eval/reward_accuracy", "eval/proxy_reward",
      ] { #expect(last[key]?.isFinite == true, "\(key) of \(arm.arm)") }
      #expect(!last.keys.contains { $0.contains("gold") || $0 == "eval/win_rate" })
      #expect(arm.evaluations.first?.values["eval/kl"] == 0)
      let check = arm.certificate.first { $0.name.hasPrefix("reward less the reference's") }
      #expect(check?.passed == true && check?.tolerance == 0)
    }
    // The words beta=… reach both arms.
    #expect(runner.specification.beta == 0.3)
    let facts = try runner.specification.facts(task: runner.task, command: "tandem versus")
    #expect(facts.judge == .referee && facts.task == "pairs")
    let again = try ExperimentSpecification(
      contentsOf: runner.store.folder.appending(path: "config.yaml"))
    #expect(try encodeRecord(again) == encodeRecord(runner.specification))
  }

  @Test func aChangedFileIsLearnedFromAnew() async throws {
    var only = settings
    only.referee = 0
    let first = try await run(specification(only))
    #expect(first.plan.entries.allSatisfy { first.store.isFinished($0.cell, inputs: $0.inputs) })
    let file = folder.url.appending(path: "p.jsonl")
    let text = try String(contentsOf: file, encoding: .utf8)
    try Data(text.replacing("good 1", with: "fine 1").utf8).write(to: file)
    let second = try ExperimentRunner(specification(only), folder: first.store.folder)
    #expect(second.plan.entries.allSatisfy { !second.store.isFinished($0.cell, inputs: $0.inputs) })
  }

  @Test func aScoringCommandCanBeTheJudge() async throws {
    var scored = settings
    scored.score = "awk '{ print length($0) % 7 }'"
    let records = try await run(specification(scored)).records()
    #expect(!records.contains { $0.arm == "referee" })
    let last = try #require(records.last?.evaluations.last?.values)
    #expect((0...6).contains(try #require(last["eval/score"])))
    #expect(last["eval/score_win_rate"] != nil && last["eval/referee_reward"] == nil)
  }

  @Test func dataOfSampledTasksAndGoldRewardsAreRefused() throws {
    let base = """
      task: {name: pairs, train: \(folder.url.appending(path: "p.jsonl").path)}
      model: {preset: tiny}
      """
    func read(_ rest: String) throws -> ExperimentSpecification {
      try ExperimentSpecification(yaml: base + "\n" + rest, file: "x.yaml", name: "x")
    }
    let gold = #expect(throws: SpecificationError.self) {
      try read("arms: [{name: PPO, ppo: {}, reward: gold}]")
    }
    #expect(gold.map { "\($0)".contains("no gold reward") } == true)
    let sampled = try read("data: {pairs: 100}\narms: [{name: DPO, dpo: {}}]")
    let data = #expect(throws: ConfigurationError.self) { try sampled.prepared() }
    #expect(data.map { "\($0)".contains("'data'") } == true)
  }
}
