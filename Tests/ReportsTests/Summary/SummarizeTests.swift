import Evaluation
import Foundation
import Optimizers
import Reports
import Testing
import Training
import Workbench

@Suite struct SummarizeTests {
  private let summary = summarize(SyntheticCells.cells, facts: SyntheticCells.facts)

  private func comparison(_ first: String, _ second: String) throws -> Comparison {
    try #require(
      summary.comparisons.first {
        $0.first == first && $0.second == second && $0.metric == "eval/gold_reward"
      })
  }

  @Test func finalValuesAreMeansOfTheLastEvaluation() throws {
    let gold = try #require(summary.arms.first?.final["eval/gold_reward"])
    #expect(abs(gold.mean - (2.0 + 2.6 + 2.3) / 3) < 1e-4)
    #expect(gold.n == 3)
  }

  @Test func intervalsAreStudentsWithTwoDegreesOfFreedom() throws {
    // Differences PPO − SFT by seed: 1.0, 1.4, 1.5; t(0.975, 2) = 4.302653.
    let difference = try comparison("PPO", "SFT").difference
    let (mean, sd) = (1.3, (((0.09 + 0.01 + 0.04) / 2) as Double).squareRoot())
    let margin = 4.302653 * sd / 3.0.squareRoot()
    #expect(abs(difference.mean - mean) < 1e-4)
    #expect(abs(difference.low - (mean - margin)) < 1e-4)
    #expect(abs(difference.high - (mean + margin)) < 1e-4)
  }

  @Test func armsArePairedBySeed() throws {
    let difference = try comparison("PPO", "DPO").difference
    #expect(abs(difference.mean - (0.3 + 0.6 + 2.0) / 3) < 1e-4)
    // Three differences of one sign: the sign-flip test can do no better than 2/2³.
    #expect(try comparison("PPO", "DPO").signFlipP == 0.25)
  }

  @Test func improvementCountsAllPairsOfRuns() throws {
    // PPO ends at 2.0, 2.6, 2.3 and DPO at 1.7, 2.0, 0.3: eight wins and one tie of nine.
    let probability = try comparison("PPO", "DPO").probabilityOfImprovement
    #expect(abs(probability - 8.5 / 9) < 1e-4)
  }

  @Test func collapseIsCountedAgainstTheStart() {
    #expect(summary.arms.map(\.collapsed) == [0, 1])
    #expect(summary.arms.map(\.completed) == [3, 3])
  }

  @Test func divergedRunsAreCountedAndKept() {
    var cells = SyntheticCells.cells
    cells[0].outcome = .diverged(step: 7)
    let summary = summarize(cells, facts: SyntheticCells.facts)
    #expect(summary.arms[0].diverged == 1)
    #expect(summary.arms[0].final["eval/gold_reward"]?.n == 3)
  }

  @Test func stabilityLeavesTheRowOfStepZeroOut() {
    let stability = summary.arms[0].stability
    #expect(stability["gradient_norm_mean"]?.mean == 2.5)
    #expect(stability["gradient_norm_largest_over_median"]?.mean == 1.6)
    #expect(stability["gradient_noise_scale"]?.mean == 3)
  }

  @Test func matchedKLReadsBothCurvesAtTheSamePlace() throws {
    let atOne = try #require(
      summary.matched.first { $0.axis == "kl" && $0.at == 1 && $0.first == "PPO" })
    #expect(abs((atOne.firstGold ?? 0) - (1.5 + 1.6 + 1.4) / 3) < 1e-4)
    // DPO's third seed falls to 0.3 after 1.1: isotonic regression pools it with the others before.
    let pooled = (0.8 + 1.1 + 0.3) / 3
    #expect(abs((atOne.secondGold ?? 0) - (1.4 + 1.8 + pooled) / 3) < 1e-4)
    #expect(summary.matched.allSatisfy { $0.axis != "kl" || $0.at <= 2 })
  }

  @Test func certificateKeepsTheWorstCell() {
    let check = summary.certificate[0]
    #expect(abs(check.worst - 0.8) < 1e-12)
    #expect(check.cells == 6)
    #expect(check.passed == 4)
  }

  @Test func coverageIsStatedAtTheNumberOfSeeds() {
    #expect(summary.coverage.allSatisfy { $0.n == 3 && (0.5...1).contains($0.coverage) })
    // Student's interval is exact on normal data; 1,000 simulations have a standard error of 0.7 points.
    let normal = summary.coverage.first { $0.interval == "student-t" && $0.data == "normal" }
    #expect(abs((normal?.coverage ?? 0) - 0.95) < 0.03)
  }

  @Test func theSameCellsInAnyOrderGiveTheSameBytes() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "NaN")
    let shuffled = summarize(Array(SyntheticCells.cells.reversed()), facts: SyntheticCells.facts)
    #expect(try encoder.encode(summary) == encoder.encode(shuffled))
  }
}
