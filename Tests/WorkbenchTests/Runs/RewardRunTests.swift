import Foundation
import LanguageModel
import Optimizers
import RewardModeling
import TestSupport
import Testing
import Training
import Training
import Workbench

/// Margins, rankings, ensembles and normalisation of reward models through the runner.
@Suite struct RewardRunTests {
  private func experiment(
    _ reward: String, arms: String = "[{best-of-n: {n: [1, 2]}}]"
  ) throws -> ExperimentSpecification {
    try ExperimentSpecification(
      yaml: """
        task: {name: enumerable-language, words: 4, maximum_words: 3}
        model: {num_hidden_layers: 1, hidden_size: 16, num_attention_heads: 2, max_length: 16}
        seeds: 1
        same_objective: false
        data: {demonstrations: 64, pairs: 96, test_pairs: 60, completions_per_prompt: 4}
        sft: {max_steps: 20, per_device_train_batch_size: 16}
        reward: {learning_rate: 3e-3, num_train_epochs: 3, \(reward)}
        arms: \(arms)
        evaluation: {prompts: 8, checkpoints: 1, samples: 0}
        """, file: "e.yaml", name: "rewards")
  }

  private func passes(_ record: CellRecord) -> Bool {
    record.outcome == .completed && record.certificate.filter { !$0.passed }.isEmpty
  }

  @Test func aMarginHasACertificateOfItsOwn() async throws {
    let folder = try await run(experiment("margin: 0.5"))
    let record = try record("seed-1/reward", in: folder)
    #expect(passes(record) && record.cost.labels == 96)
    let check = try #require(record.certificate.first)
    #expect(abs(check.expected - log1p(exp(0.5))) < 1e-12 && check.name.contains("−m"))
  }

  @Test(arguments: RankingLoss.allCases)
  func completionsOfAPromptAreLearntTogether(loss: RankingLoss) async throws {
    let folder = try await run(
      experiment("ranking_loss: \(loss.rawValue), per_device_train_batch_size: 8"))
    let record = try record("seed-1/reward", in: folder)
    #expect(passes(record))
    let losses = record.training.compactMap { $0.values["loss"] }
    #expect(try #require(losses.last) < losses[0])
    // Of four completions six pairs or three choices; duplicates among the completions leave fewer.
    #expect(record.cost.labels <= (loss == .pairs ? 96 : 60) && record.cost.labels > 30)
    #expect(try #require(record.rewardModel).testAccuracy > 0.5)
  }

  @Test func anEnsembleKeepsItsMembersAndSharesItsLabels() async throws {
    let folder = try await run(
      experiment(
        "ensemble_size: 3, ensemble_aggregation: worst_case",
        arms:
          "[{best-of-n: {n: [1, 2]}}, {ppo: {iterations: 2, rollouts_per_iteration: 16, response_length: 4}}]"
      ))
    let record = try record("seed-1/reward", in: folder)
    #expect(passes(record) && record.cost.labels == 96)
    let weights = try ["checkpoint", "checkpoint-2", "checkpoint-3"].map {
      try folder.data("seed-1/reward/\($0)/model.safetensors")
    }
    #expect(Set(weights).count == 3)
    // One member costs a third; the first one's rows are the record's.
    let single = try await run(experiment("ensemble_size: 1"))
    let alone = try WorkbenchTests.record("seed-1/reward", in: single)
    #expect(record.cost.tokensBackward == 3 * alone.cost.tokensBackward)
    #expect(record.training.map(\.values) == alone.training.map(\.values))
    #expect(
      try folder.data("seed-1/reward/checkpoint/model.safetensors")
        == single.data("seed-1/reward/checkpoint/model.safetensors"))
    let policy = try WorkbenchTests.record("seed-1/ppo", in: folder)
    #expect(policy.outcome == .completed)
    let proxy = try #require(policy.evaluations.first?.values["eval/proxy_reward"])
    let one = try #require(
      WorkbenchTests.record("seed-1/best-of-n", in: single).evaluations.first?.values[
        "eval/proxy_reward"])
    #expect(proxy < one)
  }

  /// What the arms read with three models beyond what they read with one.
  @Test func everyMemberOfAnEnsembleIsPaidFor() async throws {
    let arms = """
      [{best-of-n: {n: [2]}}, {rloo: {iterations: 1, rollouts_per_iteration: 16, response_length: 4}},
       {dpo: {num_train_epochs: 1, online: {rounds: 1, prompts_per_round: 8, judge: reward}}}]
      """
    let folders = [
      try await run(experiment("ensemble_size: 1", arms: arms)),
      try await run(experiment("ensemble_size: 3", arms: arms)),
    ]
    var costs: [String: [Int]] = [:]
    for arm in ["rloo", "dpo"] {
      costs[arm] = try folders.map { folder in
        let all = try #require(try record("seed-1/\(arm)", in: folder).evaluations.last).cost
        return all.tokensForward - (try record("seed-1/reward", in: folder).cost.tokensForward)
      }
    }
    // Neither arm has learnt from the reward before it is read, so both read the same completions:
    // two members more are two readings more.
    for (arm, cost) in costs {
      #expect(cost[1] > cost[0] && (cost[1] - cost[0]).isMultiple(of: 2), "\(arm) \(cost)")
    }
    // Candidates are sampled and read, by one model or by three: S + S and S + 3·S tokens.
    let answers = try folders.map { folder in
      try #require(record("seed-1/best-of-n", in: folder).evaluations.last).values[
        "eval/flops_per_answer"]
    }
    #expect(answers[0] ?? 0 > 0 && answers[1] == answers[0].map { 2 * $0 })
  }

  @Test func normalizationIsKeptWithTheWeights() async throws {
    let folder = try await run(experiment("normalization: gain_and_bias"))
    let model = try ModelFolder(folder.url.appending(path: "seed-1/reward/checkpoint"))
      .rewardModel()
    #expect(model.gain != 1 && model.gain > 0)
    let plain = try await run(experiment("normalization: none"))
    let raw = try ModelFolder(plain.url.appending(path: "seed-1/reward/checkpoint")).rewardModel()
    #expect(raw.gain == 1 && raw.offset == 0)
    let means = try [folder, plain].map {
      try #require(record("seed-1/reward", in: $0).rewardModel).referenceMean
    }
    #expect(abs(means[0]) < 1e-6 && abs(means[1]) > 1e-6)
    // A gain moves no comparison.
    let accuracies = try [folder, plain].map {
      try #require(record("seed-1/reward", in: $0).rewardModel).testAccuracy
    }
    #expect(accuracies[0] == accuracies[1])
  }
}
