import DPO
import Foundation
import LanguageModel
import Optimizers
import TestSupport
import Testing
import Training
import Workbench

/// Every loss, a moving reference, rankings and online rounds through the runner.
@Suite struct LossRunTests {
  /// The closed language with a model of a few hundred parameters; every update sees all 48 pairs.
  private func experiment(
    _ arms: String, pairs: Int = 48, completions: Int = 2
  ) throws -> ExperimentSpecification {
    try ExperimentSpecification(
      yaml: """
        task: {name: enumerable-language, words: 4, maximum_words: 3}
        model: {num_hidden_layers: 1, hidden_size: 16, num_attention_heads: 2, max_length: 16}
        seeds: 1
        beta: 0.3
        same_objective: false
        data: {demonstrations: 64, pairs: \(pairs), test_pairs: 12, completions_per_prompt: \(completions)}
        sft: {max_steps: 20, per_device_train_batch_size: 16}
        reward: {num_train_epochs: 1}
        arms:
        \(arms)
        evaluation: {prompts: 8, checkpoints: 1, samples: 0}
        """, file: "e.yaml", name: "losses")
  }

  private func arm(_ name: String, _ settings: String) -> String {
    "  - {name: \(name), dpo: {learning_rate: 3e-3, num_train_epochs: 6, "
      + "per_device_train_batch_size: 48, probe_pairs: 2, \(settings)}}"
  }

  private func losses(_ record: CellRecord) -> [Double] {
    record.training.compactMap { $0.values["loss"] }
  }

  @Test func everyLossTrainsByItsOneLine() async throws {
    let kinds = PreferenceLossKind.allCases
    let arms = kinds.map { arm("loss \($0.rawValue)", "loss_type: \($0.rawValue)") }
    let folder = try await run(experiment(arms.joined(separator: "\n")))
    for kind in kinds {
      let slug = "loss-" + kind.rawValue.replacing("_", with: "-")
      let record = try record("seed-1/\(slug)", in: folder)
      let losses = losses(record)
      #expect(record.outcome == .completed && losses.count == 7, "\(kind.rawValue)")
      #expect(losses.filter { !$0.isFinite }.isEmpty, "\(kind.rawValue)")
      #expect(try #require(losses.last) < losses[0], "\(kind.rawValue)")
      #expect(record.certificate.filter { !$0.passed }.isEmpty, "\(kind.rawValue)")
      #expect(record.evaluations.last?.values["eval/loss"]?.isFinite == true, "\(kind.rawValue)")
    }
  }

  @Test func rankingsAreMadeOfThePairsOfAPrompt() async throws {
    let folder = try await run(
      experiment(arm("ranks", "loss_type: plackett_luce"), pairs: 96, completions: 4))
    let record = try record("seed-1/ranks", in: folder)
    // 16 prompts of four completions, a few with fewer: less than log 24 each, more than log 6.
    let first = try #require(losses(record).first)
    #expect(first <= log(24) + 1e-6 && first > log(6))
    #expect(try #require(losses(record).last) < first)
  }

  @Test func onlineRoundsAreLabelledByAnyJudge() async throws {
    let online = { (judge: String) in
      arm("judge \(judge)", "online: {rounds: 2, prompts_per_round: 16, judge: \(judge)}")
    }
    let folder = try await run(
      experiment(["gold", "reward", "self"].map(online).joined(separator: "\n")))
    let lines = try String(decoding: folder.data("data/seed-1/train.jsonl"), as: UTF8.self)
      .split(separator: "\n")
    let prompts = try Set(
      lines.map { line in
        let pair = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return try #require(pair?["prompt"] as? String)
      }
    ).count
    for judge in ["gold", "reward", "self"] {
      let record = try record("seed-1/judge-\(judge)", in: folder)
      #expect(record.outcome == .completed && record.training.count == 13)
      let rollouts = 2 * 2 * min(16, prompts)
      #expect(record.cost.rollouts == rollouts)
      // Gold labels are bought online, the reward model's for its one batch of 32.
      let labels = ["gold": rollouts / 2, "reward": 32, "self": 0]
      #expect(record.cost.labels == labels[judge])
    }
  }

  @Test func aReferenceThatMovesIsNotTheOneOfTheEvaluation() async throws {
    let folder = try await run(
      experiment(
        arm("still", "loss_type: sigmoid") + "\n"
          + arm("moving", "sync_ref_model: true, ref_model_sync_steps: 2")))
    let (still, moving) = (
      try record("seed-1/still", in: folder), try record("seed-1/moving", in: folder)
    )
    #expect(losses(still)[2] == losses(moving)[2] && losses(still)[6] != losses(moving)[6])
    // A reference that moves on purpose has no line that says it stays.
    let lines = [still, moving].map { $0.certificate.filter { $0.name.contains("log π_ref") } }
    #expect(lines.map(\.count) == [1, 0] && lines[0][0].passed)
  }
}
