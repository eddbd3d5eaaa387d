import Foundation
import Reports
import Tasks
import TestSupport
import Testing
import Workbench

/// What a report says where the judge is not the gold reward.
@Suite struct JudgedReportTests {
  private func summary(_ judge: Judge?) -> ExperimentSummary {
    summarize(JudgedCells.cells(judge), facts: JudgedCells.facts(judge))
  }

  private func figures(_ judge: Judge?) -> [Figure] {
    experimentFigures(JudgedCells.cells(judge), facts: JudgedCells.facts(judge))
  }

  private func page(_ judge: Judge?) -> String {
    let cells = JudgedCells.cells(judge)
    let samples = cells.filter { !$0.samples.isEmpty }.map { ($0.arm, $0.samples) }
    return ReportPage(
      summary: summary(judge), figures: figures(judge), drawings: [:], samples: samples
    ).html
  }

  @Test(arguments: [Judge.referee, .score])
  func comparisonsAreInTheJudgesReward(judge: Judge) throws {
    let summary = summary(judge)
    #expect(summary.judge == judge)
    #expect(
      summary.comparisons.map(\.metric) == [judge.rewardKey, judge.rewardKey, judge.rewardKey])
    // As by hand: PPO gains 2 and 4 over SFT's 1, and has 2 at 1 nat in the one seed measured there.
    #expect(summary.comparisons[0].difference.mean == 3)
    #expect(summary.matched.first { $0.axis == "kl" && $0.at == 1 }?.firstGold == 2)
    #expect(summary.arms[0].stability["\(judge.rawValue)_maximum_drawdown"]?.mean == 0)
    #expect(summary.arms[0].stability.keys.filter { $0.hasPrefix("gold_") }.isEmpty)
  }

  @Test(arguments: [Judge?.some(.referee), .score, nil])
  func nothingIsClaimedOfTheGold(judge: Judge?) {
    #expect(experimentClaims(summary(judge)).isEmpty)
    #expect(!experimentClaims(summarize(HandCells.cells, facts: HandCells.factsOfOneSeed)).isEmpty)
    #expect(
      summary(judge).rewardModel.keys.filter { $0.contains("gold") || $0.contains("Bayes") }.isEmpty
    )
    let page = page(judge)
    #expect(!page.replacing("gold_", with: "").contains("gold"))
  }

  @Test(arguments: [(0.5, false), (0.597, false), (0.599, true)])
  func aRefereeThatMayBeGuessingGivesNoVerdict(accuracy: Double, decides: Bool) throws {
    let cells = JudgedCells.cells(.referee, refereeAccuracy: accuracy)
    let summary = summarize(cells, facts: JudgedCells.facts(.referee))
    // Of 100 pairs guessing gets more than ½ + 1.96·0.05 right one time in forty.
    #expect(abs(try #require(summary.refereeSkill).chance - 0.598) < 1e-12)
    #expect(summary.judgeDecides == decides)
    let page = ReportPage(summary: summary, figures: [], drawings: [:], samples: []).html
    #expect(page.contains("<td>no verdict</td>") == !decides)
    #expect(page.contains("so no verdict is read off it") == !decides)
  }

  @Test(arguments: [Judge.referee, .score])
  func everythingThatUsesAJudgeSaysWhatItIs(judge: Judge) throws {
    for figure in figures(judge) where figure.name.hasPrefix("\(judge.rawValue)-by-") {
      #expect(figure.caption.contains(judge.caption) && figure.yLabel == judge.title)
    }
    let profile = try #require(figures(judge).first { $0.name == "performance-profile" })
    #expect(profile.caption.contains(judge.caption) && profile.xLabel == "\(judge.title) τ")
    // Cards; the tables of ends, differences, matches and stability; samples of four cells; four figures.
    let page = page(judge)
    #expect(page.split(separator: judge.caption).count - 1 == 1 + 4 + 4 + 4)
    #expect(page.contains("<b>+3.00</b><span>\(judge.title) over SFT; 95 % interval -9.71 to 15.7"))
    #expect(page.contains("<th>\(judge.winRateTitle)</th>"))
  }

  @Test func figuresOfAnyJudgeAreNamedAfterIt() {
    let names = ["referee", "score"].map { name in
      ["step", "kl", "flops"].map { "\(name)-by-\($0)" }
    }
    #expect(figures(.referee).map(\.name).filter { $0.hasPrefix("referee") } == names[0])
    #expect(figures(.score).map(\.name).filter { $0.hasPrefix("score") } == names[1])
    #expect(figures(.referee).first?.title == "Referee reward against training steps")
  }

  @Test func withoutAJudgeNoRewardIsDrawnOrCompared() {
    let summary = summary(nil)
    #expect(summary.judge == nil && summary.comparisons.isEmpty && summary.matched.isEmpty)
    #expect(summary.arms.map(\.collapsed) == [0, 0])
    let names = figures(nil).map(\.name)
    #expect(names.filter { $0.hasPrefix("gold") || $0 == "performance-profile" }.isEmpty)
    #expect(names.contains("held-out-accuracy") && names.contains("proxy-by-kl"))
    let page = page(nil)
    #expect(page.contains("<b>0.60</b><span>held-out preference accuracy; 95 % interval"))
    #expect(
      page.contains("<tr><th>prompt</th><th>completion</th><th>reference's completion</th></tr>"))
  }

  @Test func refereeIsTabulatedApartFromTheRewardModel() {
    let estimates = summary(.referee).rewardModel
    #expect(estimates["referee: accuracy on held-out pairs"]?.mean == 0.5)
    #expect(estimates["accuracy on held-out pairs"]?.mean == 0.7)
    let loss = figures(.referee).first { $0.name == "reward-loss" }
    #expect(
      loss?.series.map(\.name) == ["referee: training"] && loss?.series[0].points.map(\.y) == [0.7])
    let calibration = figures(.referee).first { $0.name == "reward-calibration" }
    #expect(calibration?.series.last?.points.allSatisfy { $0.x == 0.75 } == true)
  }

  // A reward below the start by more than a quarter is a collapse in units of the gold only.
  @Test(arguments: [(Judge.gold, 1), (.referee, 0), (.score, 0)])
  func collapseOfRewardIsJudgedByTheGold(judge: Judge, collapsed: Int) {
    var cells = JudgedCells.cells(judge)
    cells[0].evaluations[2].values[judge.rewardKey] = -9
    let arm = summarize(cells, facts: JudgedCells.facts(judge)).arms[0]
    #expect(arm.collapsed == collapsed)
    cells[0].evaluations[2].values["eval/eos_rate"] = 0.1
    #expect(summarize(cells, facts: JudgedCells.facts(judge)).arms[0].collapsed == 1)
  }

  @Test func theGoldIsNotWrittenIntoASummary() throws {
    for (judge, isWritten) in [(Judge?.none, false), (.gold, false), (.referee, true)] {
      let data = try encodeRecord(JudgedCells.facts(judge))
      #expect(String(decoding: data, as: UTF8.self).contains("judge") == isWritten)
      let facts = try decodeRecord(SpecificationFacts.self, from: data)
      #expect(facts.judge == (isWritten ? judge : nil))
    }
  }
}

@Suite struct OwnPairsFigureTests {
  private func figure(_ name: String, _ judge: Judge? = .referee) throws -> Figure {
    let figures = experimentFigures(JudgedCells.cells(judge), facts: JudgedCells.facts(judge))
    return try #require(figures.first { $0.name == name })
  }

  private func coordinates(_ series: FigureSeries) -> [[Double]] {
    series.points.map { [$0.x, $0.y] }
  }

  // Seeds have 0.6 and 0.7 for the reward model; the start, where every pair is a tie, is left out.
  @Test func accuracyStandsAgainstThatOfTheRewardModel() throws {
    let figure = try figure("held-out-accuracy")
    #expect(figure.section == .preferences)
    #expect(figure.series.map(\.name) == ["learned reward model", "PPO", "DPO"])
    #expect(figure.series[0].style == .guide)
    #expect(agree(coordinates(figure.series[0]), [[0, 0.65], [100, 0.65]]))
    #expect(agree(coordinates(figure.series[1]), [[50, 0.6], [100, 0.6]]))
  }

  @Test func implicitRewardIsComparedWithTheExplicit() throws {
    let figure = try figure("implicit-explicit")
    #expect(figure.section == .preferences && figure.series.count == 2)
    #expect(agree(coordinates(figure.series[1]), [[50, 0.25], [100, 0.5]]))
  }

  @Test func lengthAndEntropyAreDrawnFromTheStart() throws {
    let (length, entropy) = (try figure("length-by-step", nil), try figure("entropy-by-step", nil))
    #expect(length.section == .completions && entropy.section == .completions)
    #expect(agree(coordinates(length.series[0]), [[0, 10], [50, 11], [100, 12]]))
    #expect(agree(coordinates(entropy.series[0]), [[0, 5], [50, 4], [100, 3]]))
  }

  @Test func whereTheGoldJudgesTheyAreNotDrawn() {
    let names = experimentFigures(JudgedCells.cells(.gold), facts: JudgedCells.facts(.gold)).map(
      \.name)
    let own = ["held-out-accuracy", "implicit-explicit", "length-by-step", "entropy-by-step"]
    #expect(Set(names).isDisjoint(with: own) && names.contains("gold-by-kl"))
  }

  @Test func withoutARewardModelThereIsNoDashedLine() throws {
    var cells = JudgedCells.cells(.referee)
    for cell in cells.indices {
      for row in cells[cell].evaluations.indices {
        cells[cell].evaluations[row].values["eval/reward_accuracy"] = nil
      }
    }
    let figures = experimentFigures(cells, facts: JudgedCells.facts(.referee))
    let figure = try #require(figures.first { $0.name == "held-out-accuracy" })
    #expect(figure.series.map(\.name) == ["PPO", "DPO"])
  }
}
