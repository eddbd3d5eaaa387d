import Evaluation
import Testing

@Suite struct ReliabilityTests {
  let curves = [[0, 1, 2], [0.2, 1.4, 1.5], [-0.1, 0.8, 2.4], [0.1, 1.9, 2.2]].map {
    LearningCurve(overFractionOfRun: $0)
  }

  // scipy 1.17.1: st.iqr(runs, axis=0).mean(), st.median_abs_deviation(runs, axis=0).mean().
  @Test func dispersionAcrossRunsIsTheMeanSpreadOverTimes() {
    #expect(abs(dispersionAcrossRuns(curves) - 0.3666666666666667) < 1e-15)
    let deviation = dispersionAcrossRuns(curves, spread: .medianAbsoluteDeviation)
    #expect(abs(deviation - 0.2) < 1e-15)
  }

  @Test func riskAcrossRunsIsTheWorstFinalScoreOfFewRuns() {
    #expect(riskAcrossRuns(curves) == 1.5)
    #expect(abs(riskAcrossRuns(curves, tail: 0.4) - 1.75) < 1e-15)
  }

  @Test func aRunThatEndedEarlyCountsForAsLongAsItLasted() {
    let full = LearningCurve(times: [0, 1, 2], values: [0, 0, 0])
    let short = LearningCurve(times: [0, 1], values: [2, 4])
    // IQR of {0, 2} is 1 and of {0, 4} is 2; the third time has one run only.
    #expect(dispersionAcrossRuns([full, short]) == 1.5)
  }

  @Test func equalRunsHaveNoDispersion() {
    #expect(dispersionAcrossRuns([curves[0], curves[0]]) == 0)
    #expect(dispersionAcrossRuns([curves[0]]).isNaN)
  }
}
