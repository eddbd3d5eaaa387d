import PPO
import Testing

@Suite struct TokenRewardsTests {
  @Test func scoreFallsOneSlotPastTheEndWhereThereIsRoom() {
    let rewards = tokenRewards(klEstimates: [1.0, -2, 4], score: 10, klPenalty: 0.5, slots: 4)
    #expect(rewards == [-0.5, 1, -2, 10])
  }

  @Test func scoreFallsOnTheLastTokenWhereThereIsNone() {
    let rewards = tokenRewards(klEstimates: [1.0, -2, 4], score: 10, klPenalty: 0.5, slots: 3)
    #expect(rewards == [-0.5, 1, -2 + 10])
  }

  @Test(arguments: [3, 4]) func rewardsSumToScoreMinusPenalisedKL(slots: Int) {
    // Σ rₜ = r(x, y) − β·Σ KLₜ, Ziegler (2019), equation 2.
    let rewards = tokenRewards(klEstimates: [1.0, -2, 4], score: 10, klPenalty: 0.5, slots: slots)
    #expect(rewards.reduce(0, +) == 10 - 0.5 * 3)
  }

  @Test func aMissingEndEitherLowersTheScoreOrSetsIt() {
    let (given, ended) = ([1.0, 2, 3], [true, false, true])
    #expect(MissingEndRule.subtract(given, penalty: 0.5, unlessEnded: ended) == [1, 1.5, 3])
    #expect(MissingEndRule.set(given, penalty: 0.5, unlessEnded: ended) == [1, -0.5, 3])
    for rule in MissingEndRule.allCases {
      #expect(rule(given, penalty: nil, unlessEnded: ended) == given)
    }
  }

  @Test func scoreOnTheLastTokenLeavesNoSlotAfterIt() {
    let layout = CompletionLayout(tokenCounts: [1, 3, 4], width: 4, scorePosition: .lastToken)
    #expect(layout.slotCounts == [1, 3, 4] && layout.scoreSlots == [0, 2, 3])
    #expect(layout.paddingMask == layout.paddingMaskPlusOne)
  }

  @Test func aLoneMaskedEndLeavesOneSlotAndNoToken() {
    for position in ScorePosition.allCases {
      let layout = CompletionLayout(tokenCounts: [0], width: 4, scorePosition: position)
      #expect(layout.slotCounts == [1] && layout.paddingMask == [[true, true, true, true]])
    }
    #expect(tokenRewards(klEstimates: [], score: 2.0, klPenalty: 0.5, slots: 1) == [2])
  }

  @Test func layoutGivesOneSlotMoreBelowTheWidth() {
    let layout = CompletionLayout(tokenCounts: [1, 3, 4], width: 4)
    #expect(layout.slotCounts == [2, 4, 4])
    #expect(layout.scoreSlots == [1, 3, 3])
    #expect(layout.paddingMask[1] == [false, false, false, true])
    #expect(layout.paddingMaskPlusOne[0] == [false, false, true, true])
  }

  @Test func layoutOfPaddedRowsEndsAtTheFirstPad() {
    let layout = CompletionLayout(padded: [[7, 9, 0, 0], [7, 7, 7, 7]], padToken: 0)
    #expect(layout.tokenCounts == [2, 4])
    #expect(layout.width == 4)
  }

  @Test func paddedMeanCountsPaddingAsGiven() {
    // Three tokens of value 2 and five places of padding worth 1: (6 + 5)/8.
    let layout = CompletionLayout(tokenCounts: [1, 2], width: 4)
    #expect(layout.paddedMean(ofTokens: [2.0, 2, 2], padValue: 1) == 11.0 / 8)
  }
}
