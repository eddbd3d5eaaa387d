import Foundation
import Optimizers
import PPO
import Reports
import TestSupport
import Testing
import Training
import Workbench

/// An arm for each baseline, at two offsets of the reward.
private let specificationOfAll: String = {
  let arms = BaselineKind.allCases.flatMap { kind in
    [0, 3].map { offset in
      """
        - name: \(kind.rawValue) \(offset)
          ppo: {iterations: 2, rollouts_per_iteration: 16, completions_per_prompt: 2, num_ppo_epochs: 1, num_mini_batches: 1, whiten_advantages: false, baseline: \(kind.rawValue)}
          reward: gold
          reward_offset: \(offset)
      """
    }
  }
  return """
    task: {name: enumerable-language, words: 3, maximum_words: 2}
    model: {num_hidden_layers: 1, hidden_size: 16, num_attention_heads: 2, max_length: 16}
    seeds: 1
    beta: 0.4
    data: {demonstrations: 64, pairs: 32, test_pairs: 8}
    sft: {max_steps: 8, per_device_train_batch_size: 16}
    arms:
    \(arms.joined(separator: "\n"))
    evaluation: {prompts: 16, checkpoints: 2, samples: 2}
    """
}()

@Suite struct BaselineRunTests {
  @Test func everyBaselineRunsToItsEndAtEveryOffset() async throws {
    let specification = try read(specificationOfAll)
    let folder = try TemporaryFolder()
    let runner = try ExperimentRunner(specification, folder: folder.url)
    try await runner.run(jobs: 2)
    let records = try runner.records().filter { $0.method == "ppo" }
    #expect(records.count == 2 * BaselineKind.allCases.count)
    for record in records {
      #expect(record.outcome == .completed)
      #expect(!record.certificate.isEmpty)
      #expect(record.certificate.allSatisfy { $0.passed }, "\(record.arm)")
      #expect(record.evaluations.first?.values["eval/objective"] == 0)
      #expect((record.evaluations.last?.values["eval/suboptimality"] ?? 0) > 0)
      #expect(record.training.allSatisfy { $0.values.values.allSatisfy { $0.isFinite } })
      let names = Set(record.training.flatMap(\.values.keys))
      let isLearned = record.arm.hasPrefix("learned-value")
      #expect(names.contains("val/values_mean") == isLearned)
      #expect(names.contains("baseline/mean") != isLearned)
      // Three words, the last one's topic held out.
      #expect(names.filter { $0.hasPrefix("value/topic=") }.count == (isLearned ? 2 : 0))
    }
    let facts = try runner.specification.facts(task: runner.task, command: "make")
    let summary = summarize(try runner.records(), facts: facts)
    #expect(!summary.arms.isEmpty)
    #expect(summary.arms.allSatisfy { $0.final["eval/suboptimality"]?.n == 1 })
    try expectOffsetsMoveScoresAndNotOptima(records)
  }

  /// An offset of three deviations is in the scores; π*, and what RLOO learns, do not see it.
  private func expectOffsetsMoveScoresAndNotOptima(_ records: [CellRecord]) throws {
    func value(_ arm: String, _ path: (CellRecord) -> Double?) throws -> Double {
      let record = try #require(records.first { $0.arm == arm })
      return try #require(path(record))
    }
    let raised = try value("none 3") { $0.training.first?.values["objective/scores"] }
    let centred = try value("none 0") { $0.training.first?.values["objective/scores"] }
    // Centred scores have mean zero and a deviation that sixteen rollouts estimate.
    let deviation = try value("none 0") { $0.training.first?.values["objective/scores_std"] }
    #expect(abs((raised - centred) / 3 / deviation - 1) < 0.6)
    let ends = try ["leave-one-out 0", "leave-one-out 3"].map { arm in
      try value(arm) { $0.evaluations.last?.values["eval/suboptimality"] }
    }
    #expect(abs(ends[0] - ends[1]) < 1e-3)
    let starts = records.compactMap { $0.evaluations.first?.values["eval/suboptimality"] }
    #expect(Set(starts).count == 1)
  }

  @Test func offsetIsMeasuredOnTheDataWhereNothingCanBeListed() async throws {
    var specification = try read(
      """
      task: {name: aspect-reviews, adjectives: 12}
      model: {num_hidden_layers: 1, hidden_size: 16, num_attention_heads: 2, max_length: 96}
      seeds: 1
      data: {demonstrations: 32, pairs: 32, test_pairs: 4}
      sft: {max_steps: 2, per_device_train_batch_size: 8}
      arms:
        - name: raised
          ppo: {iterations: 1, rollouts_per_iteration: 16, baseline: dataset-mean}
          reward: gold
          reward_offset: 100
      evaluation: {prompts: 4, checkpoints: 1, samples: 0}
      """)
    specification.name = "raised"
    let folder = try await run(specification)
    let record = try record("seed-1/raised", in: folder)
    let first = try #require(record.training.first).values
    // The data set's mean is at 100 deviations, and the rollouts' scores are about there.
    let (mean, scores) = (
      try #require(first["baseline/mean"]), try #require(first["objective/scores"])
    )
    #expect(mean > 10 && abs(scores / mean - 1) < 0.1)
    #expect(record.evaluations.last?.values["eval/objective"] == nil)
  }
}
