import Evaluation
import Testing

@Suite struct RunConditionTests {
  let criterion = CollapseCriterion()

  @Test func aRunThatKeepsItsRewardIsSound() {
    #expect(condition(startGold: 0.7, finalGold: 2, finalEOSRate: 0.9) == .sound)
    #expect(condition(startGold: 0.7, finalGold: 0.5, finalEOSRate: 0.9) == .sound)
  }

  @Test func losingMoreThanAllowedIsACollapse() {
    #expect(condition(startGold: 0.7, finalGold: 0.4, finalEOSRate: 1) == .collapsed)
    #expect(condition(startGold: 0.7, finalGold: .nan, finalEOSRate: 1) == .collapsed)
  }

  @Test func aStartThatRarelyEndsAsksForHalfOfThat() {
    func condition(_ start: Double, _ final: Double) -> RunCondition {
      criterion.condition(
        startGold: 1, finalGold: 1, startEOSRate: start, finalEOSRate: final, isDiverged: false)
    }
    #expect(condition(0, 0) == .sound)
    #expect(condition(0.4, 0.21) == .sound && condition(0.4, 0.19) == .collapsed)
    #expect(condition(0.5, 0.49) == .collapsed && condition(0.5, 0.5) == .sound)
    #expect(condition(0.4, .nan) == .collapsed)
  }

  @Test func notEndingIsACollapseWhateverTheReward() {
    #expect(condition(startGold: 0.7, finalGold: 3, finalEOSRate: 0.49) == .collapsed)
    #expect(condition(startGold: 0.7, finalGold: 3, finalEOSRate: 0.5) == .sound)
  }

  @Test func divergenceComesFirst() {
    let diverged = criterion.condition(
      startGold: 0, finalGold: -9, finalEOSRate: 0, isDiverged: true)
    #expect(diverged == .diverged)
  }

  @Test func countsAddUp() {
    let counts = RunCounts([.sound, .collapsed, .sound, .diverged])
    #expect(counts.sound == 2 && counts.collapsed == 1 && counts.diverged == 1)
    #expect(counts.total == 4)
  }

  private func condition(
    startGold: Double, finalGold: Double, finalEOSRate: Double
  ) -> RunCondition {
    criterion.condition(
      startGold: startGold, finalGold: finalGold, finalEOSRate: finalEOSRate, isDiverged: false)
  }
}
