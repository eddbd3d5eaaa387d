import Foundation
import Reports
import TestSupport
import Testing

@Suite struct WriteResultsTests {
  private func results() async throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let cells = SyntheticCells.cells
    let summary = summarize(cells, facts: SyntheticCells.facts)
    do {
      try await writeResults(summary, cells: cells, to: folder.url)
    } catch FigureError.noGnuplot {}
    return folder
  }

  private func text(_ name: String, in folder: TemporaryFolder) throws -> String {
    String(decoding: try folder.data(name), as: UTF8.self)
  }

  @Test func thePageNeedsNoNetwork() async throws {
    let page = try text("report.html", in: try await results())
    for mark in ["src=", "@import", "url(http", "<link", "<script"] {
      #expect(!page.contains(mark), "\(mark)")
    }
  }

  @Test func textFromRunsIsEscaped() async throws {
    let page = try text("report.html", in: try await results())
    #expect(page.contains("Synthetic &lt;title&gt;"))
    #expect(page.contains("b &lt;c&gt;"))
    #expect(!page.contains("b <c>"))
  }

  @Test func everyArmAndSectionIsThere() async throws {
    let page = try text("report.html", in: try await results())
    for part in ["curves", "stability", "certificate", "samples", "reproduce"] {
      #expect(page.contains("id=\"\(part)\""))
    }
    #expect(page.contains("PPO − DPO"))
    #expect(page.contains("4 of 6"))
  }

  @Test func curvesHoldEveryEvaluation() async throws {
    let lines = try text("curves.csv", in: try await results()).split(separator: "\n")
    #expect(lines.count == 1 + 2 * 3 * 3)
    #expect(
      lines[0].hasPrefix("arm,seed,step,labels,gold_queries,rollouts,tokens,gflop,eval/eos_rate"))
    #expect(lines[3].hasPrefix("PPO,1,20,5,0,0,200,2,"))
  }

  @Test func theSummaryIsSmallAndTheSameTwice() async throws {
    let first = try text("summary.json", in: try await results())
    #expect(first.utf8.count < 20_000)
    #expect(try text("summary.json", in: try await results()) == first)
  }
}
