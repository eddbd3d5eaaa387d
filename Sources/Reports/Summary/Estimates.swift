import Datasets
import Evaluation
import Training

/// The seed of every bootstrap in a summary; it touches no data and no training.
private let bootstrap = StratifiedBootstrap(seed: Seed(0).derived("summary"))

/// The mean of some seeds with its 95 % Student-t interval; the ends are the mean itself below two values.
func meanInterval(_ values: [Double]) -> (mean: Double, low: Double, high: Double) {
  let interval = studentInterval(of: values)
  guard values.count > 1 else { return (interval.estimate, interval.estimate, interval.estimate) }
  return (interval.estimate, interval.lower, interval.upper)
}

/// What a caption says of the spread over seeds that a figure or table shows by its `mark`.
func spreadNote(_ mark: String, seeds: Int) -> String {
  seeds > 1
    ? "The \(mark) is the 95 % Student-t interval over \(seeds) seeds."
    : "One seed: there is no interval."
}

extension Estimate {
  /// The mean with Student's interval; non-finite values are left out of it and show in `n`.
  package init(over values: [Double]) {
    let finite = values.filter(\.isFinite)
    guard !finite.isEmpty else {
      self.init(mean: .nan, low: .nan, high: .nan, n: 0)
      return
    }
    let interval = meanInterval(finite)
    self.init(
      mean: rounded(interval.mean), low: rounded(interval.low), high: rounded(interval.high),
      n: finite.count)
  }

  /// The same, over a dictionary by seed.
  package init(bySeed values: [Int: Double]) {
    self.init(over: values.sorted { $0.key < $1.key }.map(\.value))
  }

  /// A property of all runs at once, with its percentile bootstrap interval over them.
  init<Run>(ofAllRuns runs: [Run], _ property: ([Run]) -> Double) {
    let interval = bootstrap.interval(of: [runs.indices.map { Double($0) }]) { resample in
      property(resample[0].map { runs[Int($0)] })
    }
    self.init(
      mean: rounded(interval.estimate), low: rounded(interval.lower),
      high: rounded(interval.upper), n: runs.count)
  }

  /// The interquartile mean with its bootstrap interval.
  init(interquartileMeanOf values: [Double]) {
    let interval = interquartileMeanInterval(of: [values], bootstrap: bootstrap)
    self.init(
      mean: rounded(interval.estimate), low: rounded(interval.lower),
      high: rounded(interval.upper), n: values.count)
  }
}

extension Comparison {
  /// Compares two arms over the seeds that both have; nil where there is none.
  init?(
    _ first: String, _ firstValues: [Int: Double], minus second: String,
    _ secondValues: [Int: Double], metric: MetricKey
  ) {
    let seeds = firstValues.keys.filter {
      (firstValues[$0] ?? .nan).isFinite && (secondValues[$0] ?? .nan).isFinite
    }.sorted()
    guard !seeds.isEmpty else { return nil }
    let a = seeds.compactMap { firstValues[$0] }
    let b = seeds.compactMap { secondValues[$0] }
    let differences = zip(a, b).map { $0 - $1 }
    let improvement = probabilityOfImprovementInterval(of: [a], over: [b], bootstrap: bootstrap)
    self.init(
      first: first, second: second, metric: metric.rawValue,
      difference: Estimate(over: differences),
      interquartileMean: Estimate(interquartileMeanOf: differences),
      probabilityOfImprovement: rounded(improvement.estimate),
      probabilityLow: rounded(improvement.lower), probabilityHigh: rounded(improvement.upper),
      signFlipP: rounded(signFlipProbability(of: differences)))
  }
}

/// The simultaneous band of paired differences `[place][seed]`.
func seedBand(_ differences: [[Double]]) -> SimultaneousBand {
  simultaneousBand(of: differences, seed: Seed(0).derived("summary"))
}

/// The profile of some runs as figure points with their bootstrap band.
func profileBand(_ values: [Double], thresholds: [Double]) -> [FigurePoint] {
  guard !values.isEmpty else { return [] }
  return performanceProfile(of: [values], thresholds: thresholds, bootstrap: bootstrap).map {
    FigurePoint(
      x: $0.threshold, y: $0.share.estimate, low: $0.share.lower, high: $0.share.upper)
  }
}

/// What nominal 95 % intervals cover at this number of seeds, on normal and on skewed data.
func coverage(atSeeds count: Int) -> [CoverageSummary] {
  guard count > 1 else { return [] }
  let kinds: [IntervalKind] = [.studentT, .bootstrapInterquartileMean, .bootstrapImprovement]
  return kinds.flatMap { kind in
    SyntheticPopulation.allCases.map { population in
      let simulated = simulatedCoverage(
        of: kind, sampleSize: count, population: population, replications: 1000, resamples: 500,
        seed: Seed(0).derived("coverage"))
      return CoverageSummary(
        interval: kind.rawValue, data: population.rawValue, n: count,
        coverage: rounded(simulated.coverage))
    }
  }
}
