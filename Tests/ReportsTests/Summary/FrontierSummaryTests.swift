import Foundation
import Reports
import Testing
import Training
import Workbench

/// Four seeds of two swept methods, each seed's rewards shifted by a tenth of its number.
private enum SweptCells {
  static let facts: SpecificationFacts = {
    var facts = HandCells.factsOfOneSeed
    facts.arms = [
      ArmFacts(name: "PPO a", method: "ppo", settings: "", family: "PPO"),
      ArmFacts(name: "PPO b", method: "ppo", settings: "", family: "PPO"),
      ArmFacts(name: "DPO a", method: "dpo", settings: "", family: "DPO"),
      ArmFacts(name: "DPO b", method: "dpo", settings: "", family: "DPO"),
      ArmFacts(name: "best-of-n", method: "best-of-n", settings: "", family: "best-of-n"),
      ArmFacts(name: "alone", method: "dpo", settings: ""),
    ]
    return facts
  }()

  static func cell(_ arm: String, _ method: String, seed: Int, kl: Double, gold: Double)
    -> CellRecord
  {
    var record = HandCells.cell(arm, seed: seed, golds: [1, gold], kls: [0, kl], gflops: [0, 1])
    record.method = method
    return record
  }

  /// PPO has 2 at ½ nat and 3 at 1, DPO 1.5 and 2; the seeds differ in both by ±0.1 and ±0.2.
  static var cells: [CellRecord] {
    (1...4).flatMap { seed -> [CellRecord] in
      let shift = [-0.2, -0.1, 0.1, 0.2][seed - 1]
      var best = HandCells.cell(
        "best-of-n", seed: seed, golds: [1, 1, 2], kls: [0, 0, 0.6], gflops: [0, 0, 0])
      best.evaluations[1].step = 1
      best.evaluations[2].step = 4
      return [
        cell("PPO a", "ppo", seed: seed, kl: 0.5, gold: 2 + shift),
        cell("PPO b", "ppo", seed: seed, kl: 1, gold: 3 + shift),
        cell("DPO a", "dpo", seed: seed, kl: 0.5, gold: 1.5),
        cell("DPO b", "dpo", seed: seed, kl: 1, gold: 2),
        cell("alone", "dpo", seed: seed, kl: 9, gold: 9), best,
      ]
    }
  }
}

@Suite struct FrontierSummaryTests {
  private func frontier(_ cells: [CellRecord]) throws -> FrontierSummary {
    try #require(summarize(cells, facts: SweptCells.facts).frontier)
  }

  @Test func experimentWithoutASweepHasNone() throws {
    let summary = summarize(HandCells.cells, facts: HandCells.factsOfOneSeed)
    #expect(summary.frontier == nil)
    #expect(!String(decoding: try encodeRecord(summary), as: UTF8.self).contains("frontier"))
  }

  @Test func everySettingIsAPointAndSoIsEveryN() throws {
    let families = try frontier(SweptCells.cells).families
    #expect(families.map(\.name) == ["PPO", "DPO", "best-of-n"])
    #expect(families[0].points.map(\.arm) == ["PPO a", "PPO b"])
    #expect(families[0].points.map(\.reward.mean) == [2, 3])
    #expect(families[0].points.map(\.kl.mean) == [0.5, 1])
    #expect(families[2].points.map(\.arm) == ["best-of-n, n = 1", "best-of-n, n = 4"])
  }

  // At ½, 0.6, …, 1 nat PPO − DPO is ½ + (kl − ½), and ±0.1 and ±0.2 over the seeds at every place: one
  // direction, so that the band is Student's with three degrees of freedom, t = 3.182 but for simulation.
  @Test func differenceHasOneBandOverAllPlaces() throws {
    let pair = try #require(try frontier(SweptCells.cells).comparisons.first)
    #expect(pair.first == "PPO" && pair.second == "DPO")
    #expect(pair.places.map(\.at) == [0.5, 0.6, 0.7, 0.8, 0.9, 1])
    let critical = try #require(pair.criticalValue)
    #expect(abs(critical / 3.182 - 1) < 0.1)
    // s² = (0.04 + 0.01 + 0.01 + 0.04)/3, over four seeds.
    let margin = critical * ((0.1 / 3) as Double).squareRoot() / 2
    for place in pair.places {
      let difference = try #require(place.difference)
      #expect(abs(difference - place.at) < 1e-4)
      #expect(abs((place.low ?? 0) - (difference - margin)) < 1e-3)
      #expect(abs((place.high ?? 0) - (difference + margin)) < 1e-3)
      #expect(place.seeds == 4 && place.absent == 0 && place.refusal == nil)
    }
  }

  // Finished runs at ½ and 4 nats: between them lies what nobody measured.
  @Test func placesFarFromFinishedRunsAreRefused() throws {
    let cells = SweptCells.cells.map { cell in
      var cell = cell
      if cell.arm.hasSuffix(" b") { cell.evaluations[1].values["eval/kl"] = 4 }
      return cell
    }
    let places = try #require(try frontier(cells).comparisons.first).places
    #expect(places.map(\.at) == [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4])
    #expect(
      places.map { $0.difference == nil } == [
        false, true, true, true, true, false, false, false,
      ])
    #expect(places[1].refusal == "of 4 seeds 4 without a measured point nearby")
  }

  /// The cells with PPO's larger KL diverged in the first seeds.
  private func cells(divergedUpTo last: Int) -> [CellRecord] {
    SweptCells.cells.map { cell in
      var cell = cell
      if cell.arm == "PPO b", cell.seed <= last { cell.outcome = .diverged(step: 3) }
      return cell
    }
  }

  @Test func divergedRunsAreNoFinishedOnesAndFewSeedsGiveNoBand() throws {
    let three = try frontier(cells(divergedUpTo: 1))
    #expect(three.families[0].points[1].reward.n == 3)
    let end = try #require(three.comparisons[0].places.last)
    #expect(end.at == 1 && end.seeds == 3 && end.absent == 1 && end.difference != nil)
    // Half of the seeds are no three quarters: nothing is said where only they arrive.
    #expect(try frontier(cells(divergedUpTo: 2)).comparisons[0].places.isEmpty)
  }

  @Test func reportShowsPointsDifferencesAndWhomTheyFavour() {
    let summary = summarize(SweptCells.cells, facts: SweptCells.facts)
    let figures = experimentFigures(SweptCells.cells, facts: SweptCells.facts)
    #expect(figures.map(\.name).contains("frontier"))
    #expect(
      figures.first { $0.name == "frontier" }?.series.map(\.name) == ["PPO", "DPO", "best-of-n"])
    #expect(figures.map(\.name).contains("frontier-difference"))
    let page = ReportPage(summary: summary, figures: figures, drawings: [:], samples: []).html
    #expect(page.contains("<h3>Finished runs at the same KL</h3>"))
    #expect(page.contains("<td>PPO higher</td>"))
  }
}
