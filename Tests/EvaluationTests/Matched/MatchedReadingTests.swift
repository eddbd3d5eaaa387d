import Evaluation
import Testing

@Suite struct MatchedReadingTests {
  private func curve(_ costs: [Double], _ scores: [Double]) -> MatchedCurve {
    MatchedCurve(costs: [0] + costs, scores: [0] + scores, anchors: 1, fit: .none)
  }

  @Test func nearIsAFactorOrADistance() {
    let near = Nearness.divergence
    for (cost, level) in [(1.0, 1.5), (1.5, 1), (0.1, 0.35), (0, 0.25), (8, 12)] {
      #expect(near.holds(cost, level), "\(cost) \(level)")
    }
    for (cost, level) in [(1.0, 1.6), (1.6, 1), (0.1, 0.36), (0, 0.26), (8, 12.1), (3, 1)] {
      #expect(!near.holds(cost, level), "\(cost) \(level)")
    }
  }

  // The curves of two seeds: at 1 nat the second arm of the second seed is a chord from the reference to 3.
  @Test func chordFromTheReferenceIsRefused() {
    let first = [curve([0.75, 2], [1, 2]), curve([1], [3])]
    let second = [curve([1, 2], [0.5, 1]), curve([3], [3])]
    let readings = matchedReadings(first, second, at: [1, 1], near: .divergence)
    #expect(readings == [.scores(first: 1.2, second: 0.5), .unmeasured])
    // Where any point will do, the chord is read.
    #expect(
      matchedReadings(first, second, at: [1, 1], near: nil)[1] == .scores(first: 3, second: 1))
    #expect(matchedReadings(first, second, at: [3, 3], near: nil) == [.beyond, .beyond])
    #expect(refusal(of: readings) == "of 2 seeds 1 without a measured point nearby")
    #expect(
      refusal(of: [.beyond, .unmeasured, .beyond]).hasSuffix(
        "1 without a measured point nearby and 2 that an arm does not reach"))
  }

  // Each seed has a level of its own: 2 and 4 of the same straight lines.
  @Test func everySeedIsReadAtItsOwnLevel() throws {
    let first = [curve([4], [4]), curve([4], [8])]
    let second = [curve([4], [0]), curve([4], [4])]
    let readings = matchedReadings(first, second, at: [2, 4], near: nil)
    #expect(readings == [.scores(first: 2, second: 0), .scores(first: 8, second: 4)])
    let found = try #require(matchedDifference(readings))
    #expect(found.first == 5 && found.second == 2)
    #expect(found.difference == pairedDifferenceInterval([2, 8], minus: [0, 4]))
    #expect(matchedReadings(first, second, at: [.nan, 4], near: nil)[0] == .beyond)
  }

  @Test func absentSeedsAreCountedAndNoneIsNoDifference() throws {
    let readings: [MatchedReading] = [.beyond, .scores(first: 3, second: 1), .unmeasured]
    let found = try #require(matchedDifference(readings))
    #expect(found.seeds == 1 && found.absent == 2 && found.difference.estimate == 2)
    #expect(matchedDifference([.beyond, .unmeasured]) == nil)
  }

  @Test func levelsAreRoundAndAtMostSoMany() {
    #expect(roundLevels(in: 0...2) == [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2])
    #expect(roundLevels(in: 0.3...0.75) == [3, 4, 5, 6, 7].map { $0 * 0.1 })
    #expect(roundLevels(in: 1.1...7.2) == [2, 3, 4, 5, 6, 7])
    #expect(roundLevels(in: 0...100, count: 4) == [0, 25, 50, 75, 100])
    #expect(roundLevels(in: 1...1) == [1])
  }
}
