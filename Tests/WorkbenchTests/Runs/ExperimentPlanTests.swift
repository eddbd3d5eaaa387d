import Tasks
import Testing
import Workbench

@Suite struct ExperimentPlanTests {
  private func plan(_ extra: String = "", sft: String = "{max_steps: 3}") throws -> ExperimentPlan {
    let specification = try read(
      """
      task: {name: enumerable-language, words: 3, maximum_words: 2}
      seeds: 2
      sft: \(sft)
      arms: [{name: PPO, ppo: {}}, {name: DPO, dpo: {}}]
      \(extra)
      """)
    return try ExperimentPlan(specification, task: makeTask(specification.task))
  }

  private func inputs(_ plan: ExperimentPlan) -> [String: String] {
    Dictionary(uniqueKeysWithValues: plan.entries.map { ($0.cell.path, $0.inputs) })
  }

  @Test func everySeedHasItsStagesAndArms() throws {
    #expect(
      try Set(plan().entries.map(\.cell.path)) == [
        "seed-1/sft", "data/seed-1", "seed-1/reward", "seed-1/ppo", "seed-1/dpo",
        "seed-2/sft", "data/seed-2", "seed-2/reward", "seed-2/ppo", "seed-2/dpo",
      ])
  }

  @Test func cellsComeAfterThoseTheyRead() throws {
    for (position, entry) in try plan().entries.enumerated() {
      #expect(entry.dependencies.allSatisfy { $0 < position })
    }
    let plan = try plan()
    let dpo = try #require(plan[Cell(seed: 2, stage: .arm("dpo"))])
    #expect(
      Set(dpo.dependencies.map { plan.entries[$0].cell.path })
        == ["seed-2/sft", "data/seed-2", "seed-2/reward"])
  }

  @Test func sharedReferenceIsTrainedOnce() throws {
    let shared = try plan("share_sft: true").entries.map(\.cell.path)
    #expect(shared.filter { $0.hasSuffix("sft") } == ["seed-1/sft"])
    #expect(shared.count == 9)
  }

  @Test func rewardModelIsLeftOutWhereNoArmReadsOne() throws {
    let specification = try read("seeds: 1\narms: [{dpo: {}}, {name: GT, ppo: {}, reward: gold}]")
    let plan = try ExperimentPlan(specification, task: makeTask(specification.task))
    #expect(!plan.entries.contains { $0.cell.stage == .reward })
  }

  @Test func changeOfOneStageChangesItAndWhatFollowsOnly() throws {
    let before = inputs(try plan())
    let reward = inputs(try plan("reward: {num_train_epochs: 1}"))
    #expect(
      Set(before.keys.filter { before[$0] != reward[$0] })
        == [
          "seed-1/reward", "seed-1/ppo", "seed-1/dpo", "seed-2/reward", "seed-2/ppo", "seed-2/dpo",
        ])
    let sft = inputs(try plan(sft: "{max_steps: 4}"))
    #expect(before.keys.allSatisfy { before[$0] != sft[$0] })
    let more = inputs(try plan("evaluation: {checkpoints: 3}"))
    #expect(more["data/seed-1"] == before["data/seed-1"])
    #expect(more["seed-1/dpo"] != before["seed-1/dpo"])
  }

  @Test func titleAndExpectationChangeNoCell() throws {
    #expect(inputs(try plan("title: other\nexpectation: none")) == inputs(try plan()))
  }

  @Test func moreWorkIsEstimatedToCostMore() throws {
    func flops(_ plan: ExperimentPlan) -> Double {
      plan.entries.reduce(0) { $0 + $1.estimatedFLOPs }
    }
    #expect(try flops(plan(sft: "{max_steps: 300}")) > flops(plan()))
  }
}
