import Datasets
import Evaluation
import TensorKernels
import Testing

@Suite struct StratifiedBootstrapTests {
  let bootstrap = StratifiedBootstrap(seed: Seed(3))

  @Test func runsThatAreAllEqualHaveAnIntervalOfNoWidth() {
    let interval = interquartileMeanInterval(of: [[2, 2, 2], [2, 2, 2]], bootstrap: bootstrap)
    #expect(interval == Interval(estimate: 2, lower: 2, upper: 2))
  }

  // Every resample of one run is that run, so the difference between tasks adds no width.
  @Test func tasksAreResampledByThemselves() {
    let interval = bootstrap.interval(of: [[0], [10]]) { mean(of: $0.flatMap(\.self)) }
    #expect(interval == Interval(estimate: 5, lower: 5, upper: 5))
  }

  // The mean of n draws from n values has the variance Σ(x − x̄)²/n². Five standard errors of a
  // variance estimated from 20,000 replicates are 5·√(2/20000) = 5 % of it.
  @Test func replicatesOfTheMeanHaveTheVarianceOfTheory() {
    let values = [0.0, 1, 4, 9, 16]
    let many = StratifiedBootstrap(resamples: 20_000, seed: Seed(8))
    let replicates = many.replicates(of: [values]) { mean(of: $0[0]) }
    let expected = values.reduce(0) { $0 + ($1 - 6) * ($1 - 6) } / 25
    #expect(abs(sampleVariance(of: replicates) / expected - 1) < 0.05)
    #expect(abs(mean(of: replicates) - 6) < 5 * (expected / 20_000).squareRoot())
  }

  // The mean of two values 0 and 1 is 0, ½ or 1 with probabilities ¼, ½, ¼.
  @Test func resamplesAreDrawnWithReplacementAndEvenly() {
    let many = StratifiedBootstrap(resamples: 16_000, seed: Seed(5))
    let replicates = many.replicates(of: [[0, 1]]) { mean(of: $0[0]) }
    let halves = Double(replicates.count { $0 == 0.5 }) / 16_000
    #expect(abs(halves - 0.5) < 5 * 0.5 / 16_000.0.squareRoot())
    #expect(Set(replicates) == [0, 0.5, 1])
  }

  @Test func equalSeedsGiveEqualBoundsAndOthersDoNot() {
    let runs = [[0.3, 0.9, 0.1, 0.7, 0.4, 1.3]]
    let again = StratifiedBootstrap(seed: Seed(3)).replicates(of: runs) { mean(of: $0[0]) }
    let other = StratifiedBootstrap(seed: Seed(4)).replicates(of: runs) { mean(of: $0[0]) }
    #expect(bootstrap.replicates(of: runs) { mean(of: $0[0]) } == again)
    #expect(again != other)
  }

  // A task's draws have their own name, so a task added at the end leaves the others' alone.
  @Test func aTaskAddedMovesNoDrawOfTheOthers() {
    let runs = [0.3, 0.9, 0.1, 0.7]
    let alone = bootstrap.replicates(of: [runs]) { mean(of: $0[0]) }
    let beside = bootstrap.replicates(of: [runs, [5, 6]]) { mean(of: $0[0]) }
    #expect(alone == beside)
  }

  @Test func moreConfidenceMakesAWiderInterval() {
    let runs = [[0.3, 0.9, 0.1, 0.7, 0.4, 1.3]]
    let wide = interquartileMeanInterval(
      of: runs, bootstrap: StratifiedBootstrap(confidence: 0.99, seed: Seed(3)))
    let narrow = interquartileMeanInterval(
      of: runs, bootstrap: StratifiedBootstrap(confidence: 0.5, seed: Seed(3)))
    #expect(wide.lower < narrow.lower && narrow.upper < wide.upper)
    #expect(wide.confidence == 0.99)
  }
}
