import Foundation
import LanguageModel
import Reports
import TestSupport
import Testing
import Workbench

/// The lines of `curves.csv`, or of another table, for some cells.
private func curves(
  _ cells: [CellRecord], facts: SpecificationFacts, in name: String = "curves.csv"
) async throws -> [String] {
  let folder = try TemporaryFolder()
  do {
    try await writeResults(summarize(cells, facts: facts), cells: cells, to: folder.url)
  } catch FigureError.noGnuplot {}
  return String(decoding: try folder.data(name), as: UTF8.self)
    .split(separator: "\n").map(String.init)
}

@Suite struct CurvesTableTests {
  @Test func everyEvaluationOfEverySeedIsALine() async throws {
    let lines = try await HandResults.text("curves.csv").split(separator: "\n").map(String.init)
    #expect(lines.count == 1 + 3 * 2 * 3)
    #expect(
      lines[0] == "arm,seed,step,labels,gold_queries,rollouts,tokens,gflop,eval/eos_rate,"
        + "eval/gold/coverage,eval/gold/length,eval/gold_objective,eval/gold_reward,"
        + "eval/gold_reward_se,eval/kl,eval/proxy_reward")
    // J is the gold less a quarter of the KL, also where a cell was written without it.
    #expect(lines[1] == "PPO,1,0,0,0,0,0,0,1,0.5,-1,1,1,0.1,0,0")
    #expect(lines[5] == "PPO,2,10,5,0,0,0,3,1,2,-1,3.5,4,0.1,2,2")
    #expect(lines[18] == "best-of-n,2,20,10,0,0,0,4,1,3,-1,5.875,6,0.1,0.5,4")
  }

  @Test func valuesThatAnEvaluationLacksAreEmpty() async throws {
    var cells = HandCells.cells.filter { $0.arm == "PPO" && $0.seed == 1 }
    cells[0].evaluations.removeLast(2)
    cells[0].evaluations[0].values = ["a": 1.0 / 3, "b": .nan]
    cells[0].evaluations.append(EvaluationRow(step: 3, cost: Cost(), values: ["c": -.infinity]))
    let lines = try await curves(cells, facts: HandCells.factsOfOneSeed)
    #expect(lines[0] == "arm,seed,step,labels,gold_queries,rollouts,tokens,gflop,a,b,c")
    #expect(lines[1...] == ["PPO,1,0,0,0,0,0,0,0.333333,NaN,", "PPO,1,3,0,0,0,0,0,,,-Infinity"])
  }

  @Test func pathsStandInATableOfTheirOwnWhereSomebodyLooked() async throws {
    var cells = HandCells.cells.filter { $0.arm == "PPO" && $0.seed == 1 }
    #expect(try await !HandResults.exists("paths.csv"))
    cells[0].path = [
      EvaluationRow(
        step: 7, cost: Cost(flops: 2e9),
        values: [
          "eval/gold_reward": 3, "eval/kl": 2, "eval/entropy": 9,
        ])
    ]
    let lines = try await curves(cells, facts: HandCells.factsOfOneSeed, in: "paths.csv")
    #expect(
      lines == [
        "arm,seed,step,labels,gold_queries,rollouts,tokens,gflop,eval/gold_objective,"
          + "eval/gold_reward,eval/kl", "PPO,1,7,0,0,0,0,2,2.5,3,2",
      ])
  }

  // RFC 4180, section 2: a field with a comma or a quote stands in quotes, and quotes are doubled.
  @Test func nameWithACommaStaysOneField() async throws {
    var cells = HandCells.cells.filter { $0.arm == "PPO" && $0.seed == 1 }
    var facts = HandCells.factsOfOneSeed
    cells[0].arm = "PPO, \"β\""
    facts.arms[0].name = cells[0].arm
    let lines = try await curves(cells, facts: facts)
    #expect(lines[1].hasPrefix("\"PPO, \"\"β\"\"\",1,0,"))
  }
}
