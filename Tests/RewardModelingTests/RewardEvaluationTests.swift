import Datasets
import Foundation
import RewardModeling
import Testing

@Suite struct CalibrationTests {
  /// The margin whose confidence is `p`.
  private func logit(_ p: Double) -> Double { log(p / (1 - p)) }

  @Test func aHandMadeDiagramHasItsTwoBars() {
    // Confidence 0.9 three times, once wrong; confidence 0.6 once, wrong.
    let margins = [logit(0.9), logit(0.9), -logit(0.9), -logit(0.6)]
    let bins = calibrationBins(margins: margins, bins: 2)
    #expect(bins.map(\.count) == [1, 3])
    #expect(bins.map(\.lower) == [0.5, 0.75] && bins.map(\.upper) == [0.75, 1])
    #expect(abs(bins[0].confidence - 0.6) < 1e-12 && bins[0].accuracy == 0)
    #expect(abs(bins[1].confidence - 0.9) < 1e-12 && abs(bins[1].accuracy - 2.0 / 3) < 1e-12)
    // Guo (2017), equation 3: ¼·|0 − 0.6| + ¾·|2/3 − 0.9|.
    #expect(abs(expectedCalibrationError(bins) - (0.15 + 0.175)) < 1e-12)
  }

  @Test func whichCompletionComesFirstDoesNotMatter() {
    let margins = [0.3, -1.2, 2.2, 0.1, -0.4]
    let flipped = calibrationBins(margins: margins.map { -$0 })
    for (bin, mirror) in zip(calibrationBins(margins: margins), flipped) {
      #expect(bin.count == mirror.count && bin.confidence == mirror.confidence)
      if bin.count > 0 { #expect(abs(bin.accuracy + mirror.accuracy - 1) < 1e-12) }
    }
  }

  @Test func aConstantRewardIsCalibratedAtOneHalf() {
    let bins = calibrationBins(margins: [0, 0, 0])
    #expect(bins[0].count == 3 && bins[0].accuracy == 0.5 && bins[0].confidence == 0.5)
    #expect(expectedCalibrationError(bins) == 0)
  }

  @Test func certaintyFallsIntoTheLastBin() {
    let bins = calibrationBins(margins: [500, -500])
    #expect(bins.last.map { $0.count == 2 && $0.confidence == 1 && $0.accuracy == 0.5 } == true)
    #expect(bins.dropLast().allSatisfy { $0.count == 0 })
  }

  @Test func anAnnotatorWhoDrawsFromTheMarginsIsCalibrated() {
    var generator = Seed(5).generator(for: "tests.calibration")
    let margins = (0..<20_000).map { _ -> Double in
      let margin = Double.random(in: -3...3, using: &generator)
      return Double.random(in: 0..<1, using: &generator) < 1 / (1 + exp(-margin)) ? margin : -margin
    }
    let right = expectedCalibrationError(calibrationBins(margins: margins))
    // With 20,000 labels the mean error of a bin of 2,000 is about 0.008.
    #expect(right < 0.02)
    // Twice the margins claim too much.
    let boastful = calibrationBins(margins: margins.map { 2 * $0 })
    #expect(expectedCalibrationError(boastful) > 0.05)
  }
}

@Suite struct CorrelationTests {
  @Test func pearsonOfAHandComputedExample() {
    // Deviations (−1.5, −.5, .5, 1.5) and (−1, −1, 1, 1): 4 / √(5·4).
    let value = pearsonCorrelation([1, 2, 3, 4], [0, 0, 2, 2])
    #expect(abs(value - 4 / 20.0.squareRoot()) < 1e-15)
  }

  @Test func pearsonIgnoresScaleAndOffset() {
    let (a, b) = ([0.3, -1, 2.5, 0.1], [1.0, -2, 0.5, 0.7])
    let moved = pearsonCorrelation(a.map { 3 * $0 - 7 }, b)
    #expect(abs(moved - pearsonCorrelation(a, b)) < 1e-14)
    #expect(abs(pearsonCorrelation(a.map { -$0 }, b) + pearsonCorrelation(a, b)) < 1e-14)
  }

  @Test func spearmanSharesTheRanksOfTies() {
    // Ranks (1, 2.5, 2.5, 4) against (1, 2, 3, 4): 4.5 / √(4.5·5), a textbook example.
    let value = spearmanCorrelation([10, 20, 20, 30], [1, 2, 3, 4])
    #expect(abs(value - 4.5 / 22.5.squareRoot()) < 1e-15)
  }

  @Test func spearmanSeesOnlyTheOrder() {
    #expect(spearmanCorrelation([1, 2, 3, 4], [1, 10, 100, 1000]) == 1)
    #expect(spearmanCorrelation([1, 2, 3, 4], [5, 4, 3, -80]) == -1)
  }

  @Test func aConstantCorrelatesWithNothing() {
    #expect(pearsonCorrelation([2, 2, 2], [1, 2, 3]) == 0)
    #expect(spearmanCorrelation([2, 2, 2], [1, 2, 3]) == 0)
  }
}
