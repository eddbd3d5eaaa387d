import Datasets
import Testing
import Tokenization

@Suite struct PreferenceRankingTests {
  private let ranking = PreferenceRanking(prompt: [1, 9], completions: [[4], [5], [6, 2]])

  private func pair(_ prompt: Int, _ chosen: Int, _ rejected: Int) -> PreferencePair {
    PreferencePair(prompt: [1, prompt], chosen: [chosen], rejected: [rejected])
  }

  @Test func aRankingImpliesAllItsPairs() {
    #expect(ranking.pairs.map(\.chosen) == [[4], [4], [5]])
    #expect(ranking.pairs.map(\.rejected) == [[5], [6, 2], [6, 2]])
    #expect(ranking.ends == PreferencePair(prompt: [1, 9], chosen: [4], rejected: [6, 2]))
    #expect(ranking.sequences.map(\.completion) == ranking.completions)
  }

  @Test func pairsOfARankingGiveItBackInAnyOrder() {
    #expect(rankings(of: ranking.pairs, places: 3) == [ranking])
    #expect(rankings(of: ranking.pairs.reversed(), places: 3) == [ranking])
  }

  @Test func everyPairIsARankingOfTwo() {
    // Equal prompts in a row stay apart.
    let pairs = [pair(3, 4, 5), pair(3, 4, 5), pair(3, 6, 7)]
    #expect(rankings(of: pairs, places: 2).map(\.pairs) == pairs.map { [$0] })
  }

  @Test func groupsEndWithTheirPromptAndTheirPlaces() {
    let first = [pair(3, 4, 5), pair(3, 4, 6), pair(3, 5, 6)]
    let second = [pair(3, 7, 8), pair(3, 7, 9)]  // a third pair was dropped
    let third = [pair(4, 5, 6)]
    let found = rankings(of: first + second + third, places: 3)
    #expect(found.map(\.completions) == [[[4], [5], [6]], [[7], [8], [9]], [[5], [6]]])
    #expect(rankings(of: [], places: 3).isEmpty)
  }

  @Test func contradictionsAreSettledByPairsWonLessPairsLost() {
    // 4 > 5 > 6 > 4, and all of them beat 7.
    let cycle = [pair(3, 4, 5), pair(3, 5, 6), pair(3, 6, 4)]
    let beaten = [pair(3, 5, 7), pair(3, 4, 7), pair(3, 6, 7)]
    #expect(rankings(of: beaten + cycle, places: 4)[0].completions == [[5], [4], [6], [7]])
  }
}
