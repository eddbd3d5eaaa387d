import Datasets
import Foundation
import LanguageModel
import Optimizers
import RewardModeling
import Tasks
import TestSupport
import Testing
import Training
import Workbench

@Suite struct ArmCellTests {
  @Test func bestOfNCarriesItsKLBoundAndPaysForItsCandidatesWithEveryAnswer() async throws {
    let folder = try await run(oneSeed())
    let record = try record("seed-1/best-of-n", in: folder)
    #expect(record.evaluations.map(\.step) == [0, 1, 2])
    // Stiennon (2020), appendix G.3: KL ≤ log n − (n − 1)/n.
    #expect(record.evaluations[1].values["eval/kl"] == 0)
    let two = try #require(record.evaluations[2].values["eval/kl"])
    #expect(abs(two - (log(2) - 0.5)) < 1e-12)
    // Nothing is trained but the reward model, which is all that training cost.
    let reward = try WorkbenchTests.record("seed-1/reward", in: folder)
    #expect(record.cost == reward.cost)
    #expect(record.evaluations.allSatisfy { $0.cost == reward.cost && $0.cost.rollouts == 0 })
    let answers = record.evaluations.compactMap { $0.values["eval/flops_per_answer"] }
    #expect(answers.count == 3 && answers[1] > 1.5 * answers[0] && answers[2] > 1.5 * answers[1])
    #expect(record.training.isEmpty)
    #expect(record.outcome == .completed)
  }

  @Test func rewardModelIsSummarizedAsTheCheckpointOnDiskPredicts() async throws {
    let folder = try await run(oneSeed())
    let record = try record("seed-1/reward", in: folder)
    let summary = try #require(record.rewardModel)
    let reward = try ModelFolder(folder.url.appending(path: "seed-1/reward/checkpoint"))
      .rewardModel()
    let file = try PreferenceFile(
      contentsOf: folder.url.appending(path: "data/seed-1/test.jsonl"), emptyCompletions: .allowed)
    let tokenizer = try makeTask(smallExperiment().task).tokenizer
    let pairs = try file.pairs.map { try $0.tokenized(by: tokenizer) }
    #expect(summary.testPairs == pairs.count)
    let chosen = reward.rewards(of: pairs.map(\.chosenSequence))
    let rejected = reward.rewards(of: pairs.map(\.rejectedSequence))
    let right = zip(chosen, rejected).count { $0.0 > $0.1 }
    #expect(abs(summary.testAccuracy - Double(right) / Double(pairs.count)) < 1e-12)
    #expect((0.5...1).contains(summary.testBayesAccuracy))
    #expect((-1...1).contains(summary.pearson) && (-1...1).contains(summary.spearman))
    #expect(summary.calibration.reduce(0) { $0 + $1.count } == pairs.count)
  }

  @Test func policiesOfTrainedArmsAreKeptAndDifferFromTheReference() async throws {
    let folder = try await run(oneSeed())
    func weights(_ cell: String) throws -> Data {
      try folder.data("seed-1/\(cell)/checkpoint/model.safetensors")
    }
    let all = try ["sft", "ppo", "ppo-gt", "dpo"].map(weights)
    #expect(Set(all).count == 4)
    #expect(
      !FileManager.default.fileExists(
        atPath: folder.url.appending(path: "seed-1/best-of-n/checkpoint").path))
  }

  @Test func logsCarryTheNamesOfTRL() async throws {
    let folder = try await run(oneSeed())
    let expected = [
      "sft": ["loss", "grad_norm", "learning_rate", "mean_token_accuracy"],
      "reward": ["loss", "accuracy", "margin", "min_reward", "mean_reward", "max_reward"],
      "dpo": ["loss", "rewards/chosen", "rewards/margins", "logps/chosen", "logits/rejected"],
      "ppo": [
        "objective/kl", "objective/scores", "policy/approxkl_avg", "policy/clipfrac_avg",
        "loss/value_avg", "val/ratio", "val/ratio_var", "val/num_eos_tokens", "lr", "episode",
      ],
    ]
    for (cell, names) in expected {
      let row = try #require(try record("seed-1/\(cell)", in: folder).training.last)
      for name in names { #expect(row.values[name] != nil, "\(cell) \(name)") }
    }
    let last = try #require(try record("seed-1/dpo", in: folder).evaluations.last)
    #expect(last.values["eval/rewards/accuracies"] != nil)
    #expect(last.values["eval/proxy_reward"] != nil)
    #expect(last.values["eval/kl_exact"] != nil)
  }
}
