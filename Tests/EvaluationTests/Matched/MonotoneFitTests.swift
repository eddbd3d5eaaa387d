import Datasets
import Evaluation
import Testing

/// The isotonic fit by its max–min formula, Barlow (1972), theorem 1.4: at i the largest over starts
/// s ≤ i of the smallest over ends t ≥ i of the weighted mean of s…t.
private func maximumOfMinima(_ values: [Double], _ weights: [Double]) -> [Double] {
  values.indices.map { i in
    (0...i).map { s in
      (i..<values.count).map { t in
        zip(values[s...t], weights[s...t]).reduce(0) { $0 + $1.0 * $1.1 }
          / weights[s...t].reduce(0, +)
      }.min() ?? .nan
    }.max() ?? .nan
  }
}

private func close(_ a: [Double], _ b: [Double]) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-12 }
}

@Suite struct MonotoneFitTests {
  @Test(arguments: 0..<25) func isotonicFitIsThatOfTheMaxMinFormula(draw: Int) {
    var generator = Seed(21).generator(for: "test.isotonic", index: draw)
    let count = 1 + draw
    let values = (0..<count).map { _ in (3 * generator.normal()).rounded() / 2 }
    let weights = (0..<count).map { _ in 0.25 + generator.uniform() }
    let fitted = isotonicRegression(values, weights: weights)
    #expect(close(fitted, maximumOfMinima(values, weights)))
    #expect(zip(fitted, fitted.dropFirst()).allSatisfy { $0 <= $1 })
  }

  // scipy 1.17.1: isotonic_regression([2, 2, 1, 3, 0, 4], weights=[1, 2, 3, .5, 2, 1]).x.
  @Test func oneBlockIsItsWeightedMean() {
    let fitted = isotonicRegression([2, 2, 1, 3, 0, 4], weights: [1, 2, 3, 0.5, 2, 1])
    #expect(close(fitted, [Double](repeating: 1.2352941176470589, count: 5) + [4]))
  }

  // No rising sequence on a grid comes nearer: all 7⁴ of them are tried.
  @Test func noRisingSequenceIsNearer() {
    let (values, weights) = ([1.0, -1, 2, 0.5], [1.0, 2, 1, 3])
    func distance(_ fit: [Double]) -> Double {
      var sum = 0.0
      for i in 0..<4 {
        let gap: Double = values[i] - fit[i]
        sum += weights[i] * gap * gap
      }
      return sum
    }
    let best = distance(isotonicRegression(values, weights: weights))
    let grid = (0..<13).map { -1 + 0.25 * Double($0) }
    for a in grid {
      for b in grid where b >= a {
        for c in grid where c >= b {
          for d in grid where d >= c { #expect(distance([a, b, c, d]) >= best - 1e-12) }
        }
      }
    }
  }

  @Test func risingScoresAreTheirOwnFit() {
    for fit in MonotoneFit.allCases {
      #expect(fit([-1, 0, 0.5, 7], weights: [1, 9, 1, 1]) == [-1, 0, 0.5, 7])
      #expect(fit([], weights: []) == [] && fit([3], weights: [2]) == [3])
    }
  }

  // A fit of the isotonic kind keeps the weighted mean; the running maximum never lowers a score.
  @Test(arguments: 0..<6) func fitsKeepWhatTheyPromise(draw: Int) {
    var generator = Seed(22).generator(for: "test.fits", index: draw)
    let values = (0..<9).map { _ in generator.normal() }
    let weights = (0..<9).map { _ in 1 + generator.uniform() }
    func total(_ scores: [Double]) -> Double { zip(scores, weights).reduce(0) { $0 + $1.0 * $1.1 } }
    let isotonic = MonotoneFit.isotonic(values, weights: weights)
    #expect(abs(total(isotonic) - total(values)) < 1e-12)
    let best = MonotoneFit.runningMaximum(values, weights: weights)
    #expect(best == values.indices.map { values[...$0].max() ?? .nan })
    #expect(MonotoneFit.none(values, weights: weights) == values)
  }
}

@Suite struct MatchedCurveTheoryTests {
  private let curve = MatchedCurve(costs: [0, 1, 3, 7], scores: [1, 2, 2, 6], fit: .none)

  // Each of the pieces by the two-point form of a line.
  @Test(arguments: [(0.0, 1.0), (0.25, 1.25), (1, 2), (2.9, 2), (3, 2), (5, 4), (6.5, 5.5), (7, 6)])
  func scoresAreLinearBetweenThePoints(cost: Double, score: Double) {
    #expect(curve.score(at: cost) == score)
  }

  @Test(arguments: [-1e-12, 7.0000001, .infinity, -.infinity, .nan])
  func placesOutsideHaveNoScore(cost: Double) {
    #expect(curve.score(at: cost) == nil)
  }

  @Test func onePointIsKnownAtItsCostOnly() {
    let point = MatchedCurve(costs: [2], scores: [5], fit: .isotonic)
    #expect(point.score(at: 2) == 5 && point.score(at: 1.99) == nil && point.score(at: 2.01) == nil)
    #expect(commonRange(of: [point, curve]) == 2...2)
  }

  @Test func orderOfThePointsDoesNotMatter() {
    let turned = MatchedCurve(costs: [7, 3, 0, 1], scores: [6, 2, 1, 2], fit: .none)
    #expect(turned == curve)
  }

  // Three scores at one cost are one of thrice the weight: (3·4 + 1)/4 after the fall to 1.
  @Test func scoresAtOneCostWeighTogether() {
    let pooled = MatchedCurve(costs: [1, 1, 1, 2], scores: [2, 4, 6, 1], fit: .isotonic)
    #expect(pooled.scores == [3.25, 3.25])
  }

  @Test func confidenceIsThatOfTheIntervalAsked() throws {
    let second = MatchedCurve(costs: [0, 7], scores: [0, 1], fit: .none)
    let third = MatchedCurve(costs: [0, 7], scores: [0, 0], fit: .none)
    let readings = matchedReadings([curve, curve], [second, third], at: [7, 7], near: nil)
    let found = try #require(matchedDifference(readings, confidence: 0.5))
    // 5 and 6; with one degree of freedom the quartile of Student's t is one.
    #expect(abs(found.difference.lower - 5) < 1e-12 && abs(found.difference.upper - 6) < 1e-12)
    #expect(found.difference.confidence == 0.5 && found.seeds == 2)
  }

  @Test func noCurvesHaveNoCommonRange() {
    // The largest of no starts is unknown.
    #expect(commonRange(of: []) == nil)
    #expect(matchedDifference(matchedReadings([], [], at: [], near: nil)) == nil)
  }
}
