import ExactTheory
import Foundation
import Testing

@Suite struct PlackettLuceTests {
  @Test func equalRewardsMakeAllRankingsEquallyLikely() {
    // 1/4! for four completions.
    #expect(abs(rankingLogProbability(ofRanked: [2, 2, 2, 2]) + log(24)) < 1e-14)
  }

  @Test func aRankingIsChosenFromTheTop() {
    // Weights e^r of 3, 2, 1: the first is taken with 3/6, the second then with 2/3.
    let rewards = [3.0, 2, 1].map { log($0) }
    #expect(abs(rankingLogProbability(ofRanked: rewards) - log(3.0 / 6 * 2 / 3)) < 1e-14)
    #expect(
      abs(rankingLogProbability(ofRanked: rewards.reversed()) - log(1.0 / 6 * 2 / 5)) < 1e-14)
  }

  @Test func oneOrNoneIsCertain() {
    #expect(rankingLogProbability(ofRanked: [5]) == 0)
    #expect(rankingLogProbability(ofRanked: []) == 0)
  }
}
