import Reports
import Testing
import Workbench

/// The report of one training without evaluations, and of a single seed.
@Suite struct SingleTrainingTests {
  private func page(_ cells: [CellRecord], _ facts: SpecificationFacts) -> String {
    ReportPage(
      summary: summarize(cells, facts: facts), figures: experimentFigures(cells, facts: facts),
      drawings: [:], samples: []
    ).html
  }

  private func stage(_ method: String) -> String {
    var cell = CellRecord(question: "dpo", arm: method, method: method, seed: 1)
    cell.training = HandCells.cells.first { $0.arm == "DPO" }?.training ?? []
    let facts = SpecificationFacts(
      question: "dpo", title: "A training", expectation: "", task: "pairs", model: "tiny",
      parameterCount: 10, seeds: [1], beta: 0.1,
      arms: [ArmFacts(name: method, method: method, settings: "defaults")],
      command: "tandem \(method)")
    return page([cell], facts)
  }

  @Test func trainingWithoutEvaluationsIsItsCurvesAndNothingEmpty() {
    let page = stage("dpo")
    let sections = page.split(separator: "<section id=\"").dropFirst().compactMap {
      $0.split(separator: "\"").first
    }
    #expect(sections == ["cost", "stability", "stages", "reproduce"])
    for name in ["dpo-rewards", "dpo-loss", "gradient-norm"] {
      #expect(page.contains("<figure id=\"\(name)\">"), "\(name)")
    }
    #expect(page.contains("<p>1 seed · task pairs · 10 parameters · β = 0.1</p>"))
    #expect(!page.contains("<td>–</td>") && !page.contains("class=\"cards\""))
    #expect(!page.contains("<h3>"))
  }

  @Test func fineTuningHasNoBeta() {
    #expect(stage("sft").contains("<p>1 seed · task pairs · 10 parameters</p>"))
  }

  @Test func oneSeedClaimsNoInterval() {
    let cells = HandCells.cells.filter { $0.seed == 1 }
    let page = page(cells, HandCells.factsOfOneSeed)
    #expect(page.contains("<b>+1.25</b><span>objective J over SFT; one seed</span>"))
    #expect(page.contains("One seed: a difference without an interval decides nothing."))
    #expect(page.contains("One seed: there is no interval."))
    let claims = [
      "<small>[", "95 % Student", "95 % interval", "higher<", "lower<", "sign-flip", "bootstrap",
    ]
    for claim in claims { #expect(!page.contains(claim), "\(claim)") }
  }
}
