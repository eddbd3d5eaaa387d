import Datasets
import Evaluation
import Foundation
import TensorKernels
import Testing

private func normals(_ count: Int, _ index: Int) -> [Double] {
  var generator = Seed(12).generator(for: "test.reliability", index: index)
  return (0..<count).map { _ in generator.normal() }
}

/// The mean of the values not above the percentile, in the words of Chan's reference code.
private func worst(_ values: [Double], _ alpha: Double) -> Double {
  let sorted = values.sorted()
  let place = alpha * Double(sorted.count - 1)
  let next = min(Int(place) + 1, sorted.count - 1)
  let (left, right) = (sorted[Int(place)], sorted[next])
  let cut: Double = left + (place - floor(place)) * (right - left)
  let tail = sorted.filter { $0 <= cut }
  return tail.reduce(0, +) / Double(tail.count)
}

@Suite struct ReliabilityTheoryTests {
  @Test(arguments: 0..<8) func measuresAreThoseOfAPlainReading(draw: Int) {
    let values = normals(6 + 3 * draw, draw)
    var time = 0.0
    let times = normals(values.count, 100 + draw).map { step -> Double in
      time += 0.1 + abs(step)
      return time
    }
    let curve = LearningCurve(times: times, values: values)
    var differences: [Double] = []
    var falls: [Double] = []
    for i in values.indices {
      if i > 0 { differences.append((values[i] - values[i - 1]) / (times[i] - times[i - 1])) }
      falls.append((values[...i].max() ?? 0) - values[i])
    }
    for tail in [0.05, 0.2, 0.5] {
      #expect(abs(curve.shortTermRisk(tail: tail) - worst(differences, tail)) < 1e-12)
      #expect(abs(curve.longTermRisk(tail: tail) + worst(falls.map { -$0 }, tail)) < 1e-12)
    }
    #expect(curve.maximumDrawdown == falls.max() && curve.finalDrawdown == falls.last)
    #expect(
      abs(
        curve.dispersionAcrossTime - quantile(0.75, of: differences)
          + quantile(0.25, of: differences)) < 1e-12)
  }

  // Chan (2020), section 3.2: the measures do not depend on where time and score begin, and change
  // with their units as a slope does.
  @Test func unitsOfTimeAndScoreChangeTheMeasuresAsTheyMust() {
    let values = normals(12, 50)
    let plain = LearningCurve(times: (0..<12).map(Double.init), values: values)
    let other = LearningCurve(
      times: (0..<12).map { 7 + 10 * Double($0) }, values: values.map { 3 * $0 - 2 })
    #expect(abs(other.dispersionAcrossTime - 0.3 * plain.dispersionAcrossTime) < 1e-12)
    #expect(abs(other.shortTermRisk() - 0.3 * plain.shortTermRisk()) < 1e-12)
    #expect(abs(other.longTermRisk() - 3 * plain.longTermRisk()) < 1e-12)
  }

  @Test func trendIsNoDispersion() {
    let values = normals(10, 51)
    let bent = LearningCurve(overFractionOfRun: values)
    let risen = LearningCurve(overFractionOfRun: values.enumerated().map { $1 + 5 * Double($0) })
    #expect(abs(bent.dispersionAcrossTime - risen.dispersionAcrossTime) < 1e-10)
    // Nine steps of 5 over the run are 45 a run.
    #expect(abs(risen.shortTermRisk() - bent.shortTermRisk() - 45) < 1e-10)
  }

  @Test func riskFallsWithTheTailAndEndsAtTheMean() {
    let values = normals(40, 52)
    let risks = [0.01, 0.05, 0.2, 0.5, 1].map { conditionalValueAtRisk(lower: values, tail: $0) }
    #expect(zip(risks, risks.dropFirst()).allSatisfy { $0 <= $1 })
    #expect(risks[0] == values.min())
    #expect(abs(risks[4] - mean(of: values)) < 1e-15)
    #expect(conditionalValueAtRisk(upper: values, tail: 0.01) == values.max())
    #expect(conditionalValueAtRisk(lower: [3]) == 3 && conditionalValueAtRisk(upper: [3]) == 3)
  }

  @Test(arguments: Spread.allCases) func dispersionAcrossRunsIsAMeanOverTimes(spread: Spread) {
    let runs = (0..<5).map { normals(7, 60 + $0) }
    let expected = (0..<7).map { time in spread(runs.map { $0[time] }) }.reduce(0, +) / 7
    let found = dispersionAcrossRuns(
      runs.map { LearningCurve(overFractionOfRun: $0) }, spread: spread)
    #expect(abs(found - expected) < 1e-14)
  }

  @Test func runsShiftedAlikeAreAsFarApart() {
    let runs = (0..<4).map { normals(6, 70 + $0) }
    let moved = runs.map { run in run.enumerated().map { $1 + Double($0 * $0) } }
    let (plain, shifted) = (
      dispersionAcrossRuns(runs.map { LearningCurve(overFractionOfRun: $0) }),
      dispersionAcrossRuns(moved.map { LearningCurve(overFractionOfRun: $0) })
    )
    #expect(abs(plain - shifted) < 1e-12)
  }

  @Test func runsWithoutScoresHaveNoRisk() {
    let empty = LearningCurve(overFractionOfRun: [])
    #expect(empty.maximumDrawdown.isNaN && empty.finalDrawdown.isNaN && empty.times.isEmpty)
    #expect(riskAcrossRuns([empty, LearningCurve(overFractionOfRun: [1, 5])]) == 5)
    #expect(riskAcrossRuns([]).isNaN && dispersionAcrossRuns([]).isNaN)
  }

  @Test func namesOfTheSpreadsAreThoseOfTheDocumentation() {
    #expect(
      Spread.allCases.map(\.rawValue) == ["interquartile-range", "median-absolute-deviation"])
  }
}

@Suite struct NoiseScaleTheoryTests {
  // McCandlish (2018), appendix A.1: from the mean square of the gradients of small and large
  // batches both parts follow, and their ratio is what the samples were made with.
  @Test func scaleOfSimulatedBatchesIsThatOfTheirMaking() {
    let (width, small, large) = (8, 4.0, 64.0)
    var (powers, traces): ([Double], [Double]) = ([], [])
    for update in 0..<4000 {
      var generator = Seed(13).generator(for: "test.noise-scale", index: update)
      func square(_ batch: Double) -> Double {
        (0..<width).reduce(0) { sum, _ in
          let value = 0.5 + 2 * generator.normal() / batch.squareRoot()
          return sum + value * value
        }
      }
      let (ofSmall, ofLarge) = (square(small), square(large))
      powers.append((large * ofLarge - small * ofSmall) / (large - small))
      traces.append((ofSmall - ofLarge) / (1 / small - 1 / large))
    }
    // trΣ = 8·4 over |G|² = 8·¼.
    let scale = gradientNoiseScale(gradientPowers: powers, covarianceTraces: traces)
    #expect(abs(scale / 16 - 1) < 0.05)
    // Single updates are far off: that is why the parts are averaged first.
    #expect(powers.contains { $0 < 0 })
  }

  @Test func nothingMeasuredIsNoScale() {
    #expect(gradientNoiseScale(gradientPowers: [], covarianceTraces: []).isNaN)
    #expect(gradientNoiseScale(gradientPowers: [0], covarianceTraces: [1]).isNaN)
    #expect(gradientNoiseScale(gradientPowers: [2, .infinity], covarianceTraces: [6, 1]) == 3)
  }

  @Test func normsOfNoRunAreNoNumbers() {
    let none = GradientStability(norms: [])
    #expect(none.meanNorm.isNaN && none.largestOverMedian.isNaN)
    #expect(GradientStability(norms: [3]).coefficientOfVariation.isNaN)
    #expect(GradientStability(norms: [3]).largestOverMedian == 1)
  }

  @Test func seriesWithoutAFiniteValueSayHowMany() {
    let summary = SeriesSummary([.nan, .infinity])
    #expect(summary.nonFinite == 2 && summary.mean.isNaN && summary.last == .infinity)
    #expect(SeriesSummary([]).nonFinite == 0 && SeriesSummary([]).last.isNaN)
  }
}
