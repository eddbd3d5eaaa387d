import Foundation
import Reports
import Testing
import Training
import Workbench

/// One seed of an arm with a gold curve and logged metrics.
private func cell(
  seed: Int = 1, golds: [Double], metrics: [String: [Double]] = [:]
) -> CellRecord {
  var record = HandCells.cell(
    "PPO", seed: seed, golds: golds, kls: golds.map { _ in 0 }, gflops: golds.map { _ in 0 })
  let count = metrics.values.map(\.count).max() ?? 0
  record.training = (0..<count).map { step in
    MetricsRow(step: step, values: metrics.compactMapValues { $0.count > step ? $0[step] : nil })
  }
  return record
}

private func summary(_ cells: [CellRecord]) -> ArmSummary {
  summarize(cells, facts: HandCells.factsOfOneSeed).arms[0]
}

@Suite struct StabilitySummaryTests {
  // Over the fraction of the run the five scores are ¼ apart, so a change counts fourfold.
  @Test func reliabilityIsThatOfTheGoldCurve() throws {
    let stability = summary([cell(golds: [0, 1, 3, 2, 2.5])]).stability
    // Differences 4, 8, −4, 2: sorted −4, 2, 4, 8, the quartiles are 0.5 and 5.
    #expect(stability["gold_dispersion_across_time"]?.mean == 4.5)
    #expect(stability["gold_short_term_risk"]?.mean == -4)
    // Drawdowns 0, 0, 0, 1, 0.5.
    #expect(stability["gold_long_term_risk"]?.mean == 1)
    #expect(stability["gold_maximum_drawdown"]?.mean == 1)
  }

  @Test func twoScoresAreNoCurve() {
    let stability = summary([cell(golds: [0, 1])]).stability
    #expect(stability.keys.filter { $0.hasPrefix("gold_") }.isEmpty)
  }

  @Test func spreadAcrossRunsNeedsTwo() throws {
    let one = cell(golds: [0, 2, 4])
    let two = cell(seed: 2, golds: [0, 4, 8])
    #expect(summary([one]).stability["gold_dispersion_across_runs"] == nil)
    let stability = summary([one, two]).stability
    // Quartiles of two values lie half as far apart as the values: 0, 1 and 2.
    #expect(stability["gold_dispersion_across_runs"]?.mean == 1)
    #expect(stability["gold_risk_across_runs"]?.mean == 4)
    // Both of a resample's runs may be the same one; of the worst run no resample tells anything.
    let dispersion = try #require(stability["gold_dispersion_across_runs"])
    #expect(dispersion.low == 0 && dispersion.high == 1 && dispersion.n == 2)
    let risk = try #require(stability["gold_risk_across_runs"])
    #expect(risk.low.isNaN && risk.high.isNaN && risk.n == 2)
  }

  // The row of step 0 describes the start: only 3, 1 and 2 are updates.
  @Test func updatesAreCountedFromTheFirst() throws {
    let stability = summary([
      cell(
        golds: [0, 1, 2],
        metrics: [
          "grad_norm": [99, 3, 1, 2], "policy/approxkl_avg": [99, 0.25, 0.5, 0],
          "policy/clipfrac_avg": [99, 0.5, 0.25, 0], "val/explained_variance": [-9, 0.5, 0, 0.25],
          "val/ratio_max": [99, 1.25, 1.5, 1], "val/ratio_min": [0, 0.75, 0.5, 1],
        ])
    ]).stability
    let expected = [
      "gradient_norm_mean": 2, "gradient_norm_variation": 0.5,
      "gradient_norm_largest_over_median": 1.5, "update_kl_mean": 0.25, "update_kl_largest": 0.5,
      "clipped_share_mean": 0.25, "value_explained_variance_mean": 0.25, "ratio_largest": 1.5,
      "ratio_smallest": 0.5, "non_finite_values": 0,
    ]
    for (name, value) in expected { #expect(stability[name]?.mean == value, "\(name)") }
    #expect(stability["gradient_noise_scale"] == nil)
  }

  @Test func whatAMethodDoesNotLogIsLeftOut() {
    let names = summary([cell(golds: [0, 1, 2], metrics: ["grad_norm": [1, 1, 1]])]).stability.keys
    let update = ["update_kl_mean", "ratio_largest", "ratio_smallest", "clipped_share_mean"]
    #expect(Set(names).isDisjoint(with: update))
    #expect(names.contains("gradient_norm_mean"))
  }

  // A row counts once, however many of its values are not finite.
  @Test func rowsWithSomethingNotFiniteAreCounted() {
    let stability = summary([
      cell(
        golds: [0, 1, 2],
        metrics: ["grad_norm": [1, .nan, .infinity, 1], "loss": [.nan, 1, .nan, 1]])
    ]).stability
    #expect(stability["non_finite_values"]?.mean == 3)
    #expect(stability["gradient_norm_mean"]?.mean == 1)
  }
}

@Suite struct ConditionSummaryTests {
  private func condition(
    golds: [Double], eos: Double = 1, outcome: TrainingOutcome = .completed
  ) -> [Int] {
    var record = cell(golds: golds)
    record.evaluations[record.evaluations.count - 1].values["eval/eos_rate"] = eos
    record.outcome = outcome
    let arm = summary([record])
    return [arm.completed, arm.diverged, arm.collapsed]
  }

  // A quarter below the start is the most that is no collapse.
  @Test(arguments: [(0.75, 1.0, 0), (0.74, 1, 1), (3, 0.49, 1), (3, 0.5, 0), (Double.nan, 1, 1)])
  func collapseIsAFinishedRunThatLost(end: Double, eos: Double, collapsed: Int) {
    #expect(condition(golds: [1, 2, end], eos: eos) == [1, 0, collapsed])
  }

  @Test func divergedRunIsNoCollapsedOne() {
    #expect(condition(golds: [1, 0, -5], outcome: .diverged(step: 3)) == [0, 1, 0])
  }

  @Test func runThatWasNeverEvaluatedIsNotJudged() {
    var record = cell(golds: [1])
    record.evaluations = []
    let arm = summary([record])
    #expect(arm.completed == 1 && arm.diverged == 0 && arm.collapsed == 0)
    #expect(arm.final.isEmpty)
  }
}
