import PPO
import Testing

@Suite struct ScoreShapingTests {
  let batches = [[1.0, 2, 4], [-3.0, 0.5], [7.0, 7, 7, 1]]

  @Test func runningMomentsAreThoseOfAllNumbersTogether() {
    var running = RunningMoments()
    for end in 1...batches.count {
      running.add(batches[end - 1])
      let all = Moments(batches.prefix(end).flatMap { $0 })
      #expect(abs(running.mean - all.mean) < 1e-14)
      #expect(abs(running.standardDeviation - all.standardDeviation) < 1e-14)
    }
    #expect(running.count == 9)
  }

  @Test func momentsOfNothingAreZero() {
    var running = RunningMoments()
    running.add([])
    #expect(running.mean == 0 && running.standardDeviation == 0 && running.count == 0)
    running.add([5])
    #expect(running.mean == 5 && running.standardDeviation == 0)
  }

  @Test func withoutScalingScoresStay() {
    var shaper = ScoreShaper(scaling: .none, bound: nil)
    for batch in batches { #expect(shaper(batch) == batch) }
  }

  @Test func scoresAreDividedByTheDeviationOfAllSoFar() {
    var shaper = ScoreShaper(scaling: .runningDeviation, bound: nil)
    // 1, 2, 4: Σ(x − 7/3)² = 14/3, over two 7/3.
    #expect(
      largestDifference(shaper(batches[0]), batches[0].map { $0 / (7.0 / 3).squareRoot() }) < 1e-7)
    let deviation = Moments(batches[0] + batches[1]).standardDeviation
    #expect(largestDifference(shaper(batches[1]), batches[1].map { $0 / deviation }) < 1e-7)
  }

  @Test func normalScoresHaveTheRunningMeanTakenOff() {
    var shaper = ScoreShaper(scaling: .runningNormal, bound: nil)
    let moments = Moments(shaper(batches[0]))
    #expect(abs(moments.mean) < 1e-12 && abs(moments.variance - 1) < 1e-7)
  }

  @Test func clippingComesAfterScaling() {
    var shaper = ScoreShaper(scaling: .runningNormal, bound: 0.5)
    let shaped = shaper(batches[0])
    #expect(shaped[0] == -0.5 && shaped[2] == 0.5)
    var plain = ScoreShaper(scaling: .none, bound: 3)
    #expect(plain([-7, 2, 5]) == [-3, 2, 3])
  }

  @Test func equalScoresDoNotOverflow() {
    var shaper = ScoreShaper(scaling: .runningNormal, bound: nil)
    #expect(shaper([2, 2, 2]) == [0, 0, 0])
  }
}

@Suite struct AdvantageScaleTests {
  let returns = [1.0, 2, 4, -1, -1, 2]
  var advantages: [Double] { returns.map { $0 - 0.5 } }

  @Test func noScaleIsNone() {
    #expect(AdvantageScale.none(advantages, returns: returns, groupSize: 3) == advantages)
  }

  @Test func groupsAreDividedByTheirOwnDeviation() {
    // Deviations √(7/3) and √3.
    let scaled = AdvantageScale.group(advantages, returns: returns, groupSize: 3)
    let deviations = [7.0 / 3, 7.0 / 3, 7.0 / 3, 3, 3, 3].map { $0.squareRoot() + 1e-4 }
    #expect(largestDifference(scaled, zip(advantages, deviations).map { $0 / $1 }) < 1e-14)
  }

  @Test func batchesAreDividedByTheDeviationOfAllReturns() {
    // Σ(x − 7/6)² = 27 − 49/6 over five.
    let deviation = ((27.0 - 49.0 / 6) / 5).squareRoot() + 1e-4
    let scaled = AdvantageScale.batch(advantages, returns: returns, groupSize: 3)
    #expect(largestDifference(scaled, advantages.map { $0 / deviation }) < 1e-14)
  }

  @Test func normalisedAdvantagesHaveMeanZero() {
    let scaled = Moments(AdvantageScale.normalised(advantages, returns: returns, groupSize: 3))
    #expect(abs(scaled.mean) < 1e-15 && abs(scaled.standardDeviation - 1) < 1e-3)
  }

  @Test(arguments: AdvantageScale.allCases) func tiesGiveZerosAndNoNaN(scale: AdvantageScale) {
    #expect(scale([0, 0, 0, 0], returns: [2, 2, 2, 2], groupSize: 2) == [0, 0, 0, 0])
  }
}
