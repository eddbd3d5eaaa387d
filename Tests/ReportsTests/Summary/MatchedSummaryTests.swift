import Foundation
import LanguageModel
import Reports
import Testing
import Workbench

@Suite struct MatchedSummaryTests {
  private let summary = summarize(HandCells.cells, facts: HandCells.factsOfOneSeed)

  private func row(_ axis: String, at place: Double, in summary: ExperimentSummary) throws
    -> MatchedComparison
  {
    try #require(summary.matched.first { $0.axis == axis && $0.at == place })
  }

  // DPO spends from 0 to 1 GFLOP in both seeds; the places are the quarters of it.
  @Test func operationsAreMatchedAtQuartersOfTheSharedRange() throws {
    let rows = summary.matched.filter { $0.axis == "flops" }
    #expect(rows.map(\.at) == [0.25e9, 0.5e9, 0.75e9, 1e9])
    // PPO rises by 1 a GFLOP in both seeds, DPO by 4 to the half and by 2 after it.
    #expect(rows.map(\.firstGold) == [1.25, 1.5, 1.75, 2])
    #expect(rows.map(\.secondGold) == [2, 3, 3.5, 4])
    #expect(rows.map(\.difference) == [-0.75, -1.5, -1.75, -2])
    #expect(rows.allSatisfy { $0.seeds == 2 && $0.absent == 0 && $0.low == $0.high })
  }

  // PPO was measured at 1 and 3 nats and at 2 and 5, DPO at ½ and 1 and at ½ and 2; half of the seeds reach
  // 1½ nats in both.
  @Test func divergencesAreMatchedWhereBothArmsWereMeasuredNearby() throws {
    let rows = summary.matched.filter { $0.axis == "kl" }
    #expect(rows.map(\.at) == [0.25, 0.5, 0.75, 1, 1.25, 1.5])
    #expect(
      rows.map(\.seeds) == [0, 0, 1, 1, 0, 1] && rows.allSatisfy { $0.seeds + $0.absent == 2 })
    #expect(rows.map(\.firstGold) == [nil, nil, 1.75, 2, nil, 3.25])
    #expect(rows.map(\.secondGold) == [nil, nil, 3.5, 4, nil, 3.6667])
    #expect(rows.allSatisfy { $0.low == nil && $0.high == nil && $0.share == nil })
    #expect(rows[1].refusal == "of 2 seeds 2 without a measured point nearby")
    #expect(
      rows[4].refusal
        == "of 2 seeds 1 without a measured point nearby and 1 that an arm does not reach")
    #expect(rows[3].refusal == nil && rows[3].difference == -2)
  }

  // Where the arms end is a level beside the round ones: 1.1 and 1.2 nats.
  @Test func endsOfBothArmsAreLevels() {
    let cells = [
      HandCells.cell("PPO", seed: 1, golds: [1, 2, 3], kls: [0, 0.5, 1.2], gflops: [0, 1, 2]),
      HandCells.cell("DPO", seed: 1, golds: [1, 2, 3], kls: [0, 0.5, 1.1], gflops: [0, 1, 2]),
    ]
    let rows = summarize(cells, facts: HandCells.factsOfOneSeed).matched
    #expect(rows.filter { $0.axis == "kl" }.map(\.at) == [0.25, 0.5, 0.75, 1, 1.1])
  }

  // Seed 1 spends 1 GFLOP on its cheaper arm, seed 2 has 3: each is read at its own end.
  @Test func everySeedHasItsOwnBudget() throws {
    var cells = HandCells.cells
    let dpo = try #require(cells.firstIndex { $0.arm == "DPO" && $0.seed == 2 })
    for row in cells[dpo].evaluations.indices { cells[dpo].evaluations[row].cost.flops *= 3 }
    let rows = summarize(cells, facts: HandCells.factsOfOneSeed).matched
      .filter { $0.axis == "flops" }
    #expect(rows.map(\.share) == [0.25, 0.5, 0.75, 1] && rows[3].at == 2e9)
    // PPO has 2 at 1 GFLOP in the first seed and 4 at 3 in the second; DPO ends at 4 in both.
    #expect(rows[3].firstGold == 3 && rows[3].secondGold == 4 && rows[3].seeds == 2)
  }

  // Stability and matches are read off the path where somebody looked between checkpoints.
  @Test func pathTakesThePlaceOfCheckpoints() throws {
    var cells = HandCells.cells.filter { $0.seed == 1 }
    let ppo = try #require(cells.firstIndex { $0.arm == "PPO" })
    cells[ppo].path =
      HandCells.cell(
        "PPO", seed: 1, golds: [1, 5, 2, 3], kls: [0, 0.5, 1, 3], gflops: [0, 0.5, 1, 2]
      ).evaluations
    let found = summarize(cells, facts: HandCells.factsOfOneSeed)
    // Isotonic regression pools 5, 2 and 3.
    let atHalf = try #require(found.matched.first { $0.axis == "kl" && $0.at == 0.5 })
    #expect(abs((atHalf.firstGold ?? 0) - 10.0 / 3) < 1e-4)
    #expect(found.arms[0].stability["gold_maximum_drawdown"]?.mean == 3)
    #expect(found.arms[0].final["eval/gold_reward"]?.mean == 3)
  }

  @Test func armsWithoutTrainingAreNotMatched() {
    #expect(!summary.matched.isEmpty)
    #expect(summary.matched.allSatisfy { [$0.first, $0.second] == ["PPO", "DPO"] })
  }

  // An evaluation whose KL is not a number has no place on the axis, and zero is not one.
  @Test(arguments: [Double.nan, .infinity])
  func evaluationWithoutADivergenceIsLeftOut(divergence: Double) throws {
    var cells = HandCells.cells.filter { $0.seed == 1 }
    let ppo = try #require(cells.firstIndex { $0.arm == "PPO" })
    cells[ppo].evaluations[1].values["eval/kl"] = divergence
    cells[ppo].evaluations[1].values["eval/gold_reward"] = 100
    cells[ppo].evaluations[2].values["eval/kl"] = 1.25
    // From 1 at zero nats straight to 3 at one and a quarter.
    let found = try row("kl", at: 1, in: summarize(cells, facts: HandCells.factsOfOneSeed))
    #expect(abs((found.firstGold ?? 0) - 2.6) < 1e-4)
  }

  // An unbiased estimate may be negative, a divergence not: it counts as none.
  @Test func negativeEstimatesOfADivergenceCountAsZero() throws {
    var cells = HandCells.cells.filter { $0.seed == 1 }
    let ppo = try #require(cells.firstIndex { $0.arm == "PPO" })
    cells[ppo].evaluations[0].values["eval/kl"] = -0.5
    let found = try row("kl", at: 0.75, in: summarize(cells, facts: HandCells.factsOfOneSeed))
    #expect(found.firstGold == 1.75)
  }

  @Test func seedsOfOneArmOnlyAreNoPairs() throws {
    let cells = HandCells.cells.filter { !($0.arm == "DPO" && $0.seed == 2) }
    let found = try row("kl", at: 1, in: summarize(cells, facts: HandCells.factsOfOneSeed))
    #expect(found.seeds == 1 && found.absent == 0 && found.firstGold == 2)
  }
}

@Suite struct ComparisonSummaryTests {
  private func comparison(
    _ first: String, _ second: String, in cells: [CellRecord],
    metric: String = "eval/gold_reward"
  ) -> Comparison? {
    summarize(cells, facts: HandCells.factsOfOneSeed).comparisons.first {
      $0.first == first && $0.second == second && $0.metric == metric
    }
  }

  @Test func everyArmMeetsTheReferenceAndEveryOtherOnce() {
    let rows = summarize(HandCells.cells, facts: HandCells.factsOfOneSeed).comparisons
    for metric in ["eval/gold_objective", "eval/gold_reward"] {
      #expect(
        rows.filter { $0.metric == metric }.map { "\($0.first) \($0.second)" } == [
          "PPO SFT", "DPO SFT", "best-of-n SFT", "PPO DPO", "PPO best-of-n", "DPO best-of-n",
        ])
    }
    #expect(rows.count == 12 && rows[0].metric == "eval/gold_objective")
  }

  // Golds 3 and 5 at 3 and 5 nats, 4 and 4 at 1 and 2, β = 0.25: J is 2.25 and 3.75, 3.75 and 3.5.
  @Test func objectivesArePairedBySeed() throws {
    let cells = HandCells.cells
    let gain = try #require(comparison("PPO", "SFT", in: cells, metric: "eval/gold_objective"))
    #expect(gain.difference.mean == 2)
    let between = try #require(comparison("PPO", "DPO", in: cells, metric: "eval/gold_objective"))
    #expect(between.difference.mean == -0.625)
    #expect(abs(between.difference.high + 0.625 - HandCells.margin * 1.75) < 1e-3)
    // An annotator of temperature 2 halves the gold: ½ and 1¼ against ½ of the reference.
    var facts = HandCells.factsOfOneSeed
    facts.annotatorTemperature = 2
    #expect(summarize(cells, facts: facts).comparisons[0].difference.mean == 0.5)
  }

  @Test func seedWithoutAFiniteRewardIsLeftOutOfThePairs() throws {
    var cells = HandCells.cells
    cells[0].evaluations[2].values["eval/gold_reward"] = .nan
    let found = try #require(comparison("PPO", "DPO", in: cells))
    // Seed 2 alone: 5 − 4.
    #expect(found.difference.mean == 1 && found.difference.n == 1)
    #expect(found.difference.low == 1 && found.difference.high == 1)
    #expect(found.signFlipP == 1)
  }

  @Test func armsWithoutASharedSeedAreNotCompared() {
    let cells = HandCells.cells.filter {
      !($0.arm == "PPO" && $0.seed == 1) && !($0.arm == "DPO" && $0.seed == 2)
    }
    #expect(comparison("PPO", "DPO", in: cells) == nil)
    #expect(comparison("PPO", "best-of-n", in: cells)?.difference.n == 1)
  }

  // More seeds than the exact sign-flip test has patterns for must not end the report.
  @Test func twentyFourSeedsAreCompared() throws {
    let cells = (1...24).flatMap { seed in
      [("PPO", 3.0), ("DPO", 2.0)].map { arm, gold in
        HandCells.cell(
          arm, seed: seed, golds: [1, 1, gold + 0.001 * Double(seed)], kls: [0, 1, 2],
          gflops: [0, 1, 2])
      }
    }
    let found = try #require(
      summarize(cells, facts: HandCells.factsOfOneSeed).comparisons.first { $0.second == "DPO" })
    #expect(found.difference.n == 24)
    // Exactly it is 2/2²⁴; a sample of patterns can say no less than one part in its size.
    #expect(found.signFlipP < 0.001)
  }
}

@Suite struct RewardModelSummaryTests {
  private let estimates = summarize(HandCells.cells, facts: HandCells.factsOfOneSeed).rewardModel

  @Test func everyQuantityIsAMeanOverSeeds() {
    let expected = [
      "accuracy on training pairs": 0.9, "accuracy on held-out pairs": 0.7,
      "Bayes accuracy of training labels": 0.85, "Bayes accuracy of held-out labels": 0.8,
      "held-out accuracy over Bayes accuracy": 0.875, "expected calibration error": 0.125,
      "Pearson correlation with gold": 0.5, "Spearman correlation with gold": 0.25,
      "mean score of reference completions": 0,
    ]
    #expect(Set(estimates.keys) == Set(expected.keys))
    for (name, value) in expected {
      #expect(abs((estimates[name]?.mean ?? .nan) - value) < 1e-9, "\(name)")
      #expect(estimates[name]?.n == 2)
    }
  }

  @Test func experimentWithoutARewardModelSaysNothingOfOne() {
    let cells = HandCells.cells.filter { $0.method != "reward" }
    #expect(summarize(cells, facts: HandCells.factsOfOneSeed).rewardModel.isEmpty)
  }

  @Test func claimOfTheRewardModelReadsTheRatio() throws {
    let summary = summarize(HandCells.cells, facts: HandCells.factsOfOneSeed)
    let claim = try #require(
      experimentClaims(summary).first { $0.id == "by-hand.reward-model-near-bayes" })
    #expect(claim.effect == 0.875 && claim.verdict == .void && claim.seeds == 2)
  }
}
