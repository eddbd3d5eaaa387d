import Foundation
import Optimizers
import Testing

@Suite struct LearningRateScheduleTests {
  private func rates(_ decay: LearningRateDecay, warmup: Int, total: Int) -> [Double] {
    let schedule = LearningRateSchedule(
      peak: 2, warmupSteps: warmup, totalSteps: total, decay: decay)
    return (0...total).map { schedule.rate(at: $0) }
  }

  @Test func constantStaysAtItsPeakAfterTheWarmup() {
    #expect(rates(.constant, warmup: 0, total: 3) == [2, 2, 2, 2])
    #expect(rates(.constant, warmup: 2, total: 4) == [0, 1, 2, 2, 2])
  }

  @Test func linearFallsToZeroAtTheLastStep() {
    #expect(rates(.linear, warmup: 0, total: 4) == [2, 1.5, 1, 0.5, 0])
    #expect(rates(.linear, warmup: 2, total: 6) == [0, 1, 2, 1.5, 1, 0.5, 0])
  }

  @Test func cosineFallsAlongHalfAWave() {
    let expected = [2, 1 + sqrt(0.5), 1, 1 - sqrt(0.5), 0]
    for (rate, expected) in zip(rates(.cosine, warmup: 0, total: 4), expected) {
      #expect(abs(rate - expected) < 1e-15)
    }
    let late = rates(.cosine, warmup: 1, total: 5)
    #expect(late[0] == 0)
    #expect(late[1] == 2)
    #expect(abs(late[3] - 1) < 1e-15)
  }

  @Test(arguments: LearningRateDecay.allCases)
  func ratesStayBetweenZeroAndThePeakEvenBeyondTheEnd(decay: LearningRateDecay) {
    let schedule = LearningRateSchedule(peak: 3, warmupSteps: 7, totalSteps: 20, decay: decay)
    for step in 0..<40 { #expect((0...3).contains(schedule.rate(at: step))) }
    if decay != .constant { #expect(schedule.rate(at: 39) == 0) }
  }

  @Test func aWarmupAsLongAsTheTrainingHasNoDecay() {
    #expect(rates(.linear, warmup: 4, total: 4) == [0, 0.5, 1, 1.5, 2])
  }
}
