import Foundation
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

  // Seed 1: PPO 1.5 and DPO 3 at half a nat; seed 2: 1.75 and 3.
  @Test func divergencesAreMatchedAtFixedPlacesThatSomeSeedReaches() throws {
    let rows = summary.matched.filter { $0.axis == "kl" }
    #expect(rows.map(\.at) == [0.5, 1, 2])
    #expect(rows[0].firstGold == 1.625 && rows[0].secondGold == 3)
    let margin = HandCells.margin * 0.25
    #expect(abs((rows[0].low ?? 0) - (-1.375 - margin)) < 1e-4)
    #expect(abs((rows[0].high ?? 0) - (-1.375 + margin)) < 1e-4)
    #expect(rows[2].seeds == 1 && rows[2].absent == 1)
    #expect(rows[2].low == nil && rows[2].high == nil)
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
    // From 1 at zero nats straight to 3 at three.
    let found = try row("kl", at: 1, in: summarize(cells, facts: HandCells.factsOfOneSeed))
    #expect(abs(found.firstGold - 5.0 / 3) < 1e-4)
  }

  // An unbiased estimate may be negative, a divergence not: it counts as none.
  @Test func negativeEstimatesOfADivergenceCountAsZero() throws {
    var cells = HandCells.cells.filter { $0.seed == 1 }
    let ppo = try #require(cells.firstIndex { $0.arm == "PPO" })
    cells[ppo].evaluations[0].values["eval/kl"] = -0.5
    #expect(
      try row("kl", at: 0.5, in: summarize(cells, facts: HandCells.factsOfOneSeed)).firstGold == 1.5
    )
  }

  @Test func seedsOfOneArmOnlyAreNoPairs() throws {
    let cells = HandCells.cells.filter { !($0.arm == "DPO" && $0.seed == 2) }
    let found = try row("kl", at: 1, in: summarize(cells, facts: HandCells.factsOfOneSeed))
    #expect(found.seeds == 1 && found.absent == 0 && found.firstGold == 2)
  }
}

@Suite struct ComparisonSummaryTests {
  private func comparison(
    _ first: String, _ second: String, in cells: [CellRecord]
  ) -> Comparison? {
    summarize(cells, facts: HandCells.factsOfOneSeed).comparisons.first {
      $0.first == first && $0.second == second
    }
  }

  @Test func everyArmMeetsTheReferenceAndEveryOtherOnce() {
    let rows = summarize(HandCells.cells, facts: HandCells.factsOfOneSeed).comparisons
    #expect(
      rows.map { "\($0.first) \($0.second)" } == [
        "PPO SFT", "DPO SFT", "best-of-n SFT", "PPO DPO", "PPO best-of-n", "DPO best-of-n",
      ])
    #expect(rows.allSatisfy { $0.metric == "eval/gold_reward" })
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
