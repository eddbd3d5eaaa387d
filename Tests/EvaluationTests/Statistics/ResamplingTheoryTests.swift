import Datasets
import Evaluation
import Foundation
import TensorKernels
import Testing

/// Every resample of some values with replacement: nⁿ of them, each as likely as the others.
private func allResamples(of values: [Double]) -> [[Double]] {
  values.indices.reduce([[]]) { resamples, _ in
    resamples.flatMap { resample in values.map { resample + [$0] } }
  }
}

/// The share of signs under which the sum of whole numbers is as far from zero as it is, counted by
/// the number of ways to reach each sum.
private func exactSignFlips(_ differences: [Int]) -> Double {
  var ways = [0: 1.0]
  for magnitude in differences.map(abs) {
    var next: [Int: Double] = [:]
    for (sum, count) in ways {
      next[sum + magnitude, default: 0] += count
      next[sum - magnitude, default: 0] += count
    }
    ways = next
  }
  let observed = abs(differences.reduce(0, +))
  return ways.filter { abs($0.key) >= observed }.values.reduce(0, +)
    / pow(2, Double(differences.count))
}

@Suite struct ResamplingTheoryTests {
  // Percentiles of 40,000 replicates against those of all 5⁵ = 3,125 resamples: a bound moves by
  // no more than a neighbouring value of the statistic.
  @Test(arguments: [[0.0, 1, 4, 9, 16], [-3, -3, 0.5, 2, 100], [1, 2, 3, 4, 5]])
  func boundsAreThePercentilesOfAllResamples(values: [Double]) {
    let statistics: [([Double]) -> Double] = [
      { $0.reduce(0, +) / 5 }, { $0.sorted()[1...3].reduce(0, +) / 3 },
    ]
    for statistic in statistics {
      let exact = allResamples(of: values).map(statistic).sorted()
      let interval = StratifiedBootstrap(resamples: 40_000, seed: Seed(1))
        .interval(of: [values]) { statistic($0[0]) }
      // Four standard errors of a share of 2.5 % from 40,000 draws are 0.31 %.
      for (bound, share) in [(interval.lower, 0.025), (interval.upper, 0.975)] {
        let low = exact[Int((share - 0.004) * 3125)]
        let high = exact[min(3124, Int((share + 0.004) * 3125))]
        #expect(low <= bound && bound <= high, "\(bound) outside \(low)…\(high)")
      }
      #expect(interval.estimate == statistic(values))
    }
  }

  // Two tasks of two runs: each task's mean is its first run, both, or its second, so the mean over
  // tasks has 3 × 3 values with the masses of two independent binomials.
  @Test func strataAreIndependent() {
    let bootstrap = StratifiedBootstrap(resamples: 32_000, seed: Seed(2))
    let replicates = bootstrap.replicates(of: [[0, 2], [0, 20]]) { strata in
      strata.flatMap(\.self).reduce(0, +)
    }
    for (first, a) in [(0.0, 0.25), (2, 0.5), (4, 0.25)] {
      for (second, b) in [(0.0, 0.25), (20, 0.5), (40, 0.25)] {
        let share = Double(replicates.count { $0 == first + second }) / 32_000
        #expect(abs(share - a * b) < 5 * (a * b / 32_000).squareRoot())
      }
    }
  }

  // rliable resamples the runs of the two algorithms apart: with two runs each all 4 × 4 resamples
  // are as likely, and U/4 of each is counted by hand here.
  @Test func improvementResamplesBothArms() {
    let (first, second) = ([1.0, 3], [2.0, 3])
    func improvement(_ a: [Double], _ b: [Double]) -> Double {
      var wins = 0.0
      for x in a { for y in b { wins += x > y ? 0.25 : x == y ? 0.125 : 0 } }
      return wins
    }
    let exact = allResamples(of: first).flatMap { a in
      allResamples(of: second).map { improvement(a, $0) }
    }
    let interval = probabilityOfImprovementInterval(
      of: [first], over: [second], bootstrap: StratifiedBootstrap(resamples: 8000, seed: Seed(3)))
    #expect(interval.estimate == improvement(first, second))
    #expect(interval.lower == exact.min() && interval.upper == exact.max())
  }

  @Test func oneResampleIsItsOwnInterval() {
    let bootstrap = StratifiedBootstrap(resamples: 1, seed: Seed(4))
    let values = [[1.0, 5, 9, 13]]
    let interval = bootstrap.interval(of: values) { mean(of: $0[0]) }
    #expect(interval.lower == interval.upper)
    #expect(interval.lower == bootstrap.replicates(of: values) { mean(of: $0[0]) }[0])
  }
}

@Suite struct SignFlipTheoryTests {
  // scipy 1.17.1: st.permutation_test((d,), np.sum, permutation_type='samples', n_resamples=inf).
  @Test func twelveDifferencesAreThoseOfSciPy() {
    #expect(signFlipProbability(of: [1, -2, 3, 4, -5, 6, 7, 8, 9, 10, -1, 2]) == 0.033203125)
  }

  @Test(arguments: 0..<12) func patternsAreCountedAsTheSumsThatTheyReach(draw: Int) {
    var generator = Seed(5).generator(for: "test.sign-flips", index: draw)
    let differences = (0..<(1 + draw)).map { _ in generator.integer(below: 9) - 3 }
    #expect(
      abs(signFlipProbability(of: differences.map(Double.init)) - exactSignFlips(differences))
        < 1e-15)
  }

  // Sums of tenths are not exact; equally far patterns must count all the same.
  @Test func roundingDoesNotBreakTies() {
    let whole = [1, 2, 3, -1, 2, 7]
    #expect(
      signFlipProbability(of: whole.map { Double($0) * 0.1 })
        == signFlipProbability(of: whole.map(Double.init)))
  }

  @Test func signOfTheWholeDoesNotMatter() {
    let differences = [0.3, -0.1, 0.7, 0.2, -0.4, 0.9, 1.1]
    #expect(
      signFlipProbability(of: differences) == signFlipProbability(of: differences.map { -$0 }))
  }

  @Test func noPairsAreNoEvidence() {
    #expect(signFlipProbability(of: []) == 1)
    #expect(signFlipProbability(of: [5]) == 1)
  }

  // Beyond 20 pairs patterns are drawn: five standard errors of a share from 100,000 draws.
  @Test(arguments: [21, 24, 40, 200]) func manyPairsComeNearTheExactProbability(count: Int) {
    var generator = Seed(6).generator(for: "test.sign-flips", index: count)
    let differences = (0..<count).map { _ in generator.integer(below: 21) - 9 }
    let exact = exactSignFlips(differences)
    let drawn = signFlipProbability(of: differences.map(Double.init))
    #expect(abs(drawn - exact) < 5 * (exact * (1 - exact) / 100_000).squareRoot() + 1.1e-5)
    #expect(signFlipProbability(of: differences.map(Double.init)) == drawn)
  }

  // Twenty is the last count that is exact: all of one sign is 2/2²⁰.
  @Test func twentyPairsAreExactAndTwentyOneAreNot() {
    let ones = [Double](repeating: 1, count: 21)
    #expect(signFlipProbability(of: Array(ones.dropLast())) == 2 / 1_048_576.0)
    // The observed pattern counts among the drawn ones, so that p is never zero.
    #expect(signFlipProbability(of: ones) >= 1 / 100_001.0)
    #expect(signFlipProbability(of: ones) < 1e-4)
  }
}
