package import Datasets
import RealModule
import TensorKernels

/// A kind of interval whose coverage can be simulated.
package enum IntervalKind: String, Codable, CaseIterable, Sendable {
  /// Student's interval of the mean, also of paired differences.
  case studentT = "student-t"
  /// The percentile bootstrap of the mean.
  case bootstrapMean = "bootstrap-mean"
  /// The percentile bootstrap of the interquartile mean.
  case bootstrapInterquartileMean = "bootstrap-iqm"
  /// The percentile bootstrap of the probability of improvement, n runs against n.
  case bootstrapImprovement = "bootstrap-improvement"
  /// Wilson's interval of the share of runs above the population's mean.
  case wilson
}

/// A population from which synthetic runs are drawn.
package enum SyntheticPopulation: String, Codable, CaseIterable, Sendable {
  /// The standard normal distribution.
  case normal
  /// The exponential distribution of mean 1, skewness 2.
  case skewed

  /// The population's mean.
  package var mean: Double { self == .normal ? 0 : 1 }

  /// The population's mean between its quartiles.
  ///
  /// For the exponential 2·∫ −log v dv over v in [¼, ¾] = 2·[v − v·log v].
  package var interquartileMean: Double {
    guard self == .skewed else { return 0 }
    return 2 * ((0.75 - 0.75 * .log(0.75)) - (0.25 - 0.25 * .log(0.25)))
  }

  /// The probability that a draw exceeds the population's mean.
  package var shareAboveMean: Double { self == .normal ? 0.5 : .exp(-1) }

  /// Draws one value.
  func draw(using generator: inout CounterGenerator) -> Double {
    self == .normal ? generator.normal() : -.log(onePlus: -generator.uniform())
  }
}

/// How often intervals of one kind held the truth on synthetic data.
package struct SimulatedCoverage: Codable, Hashable, Sendable {
  /// The kind of interval.
  package var kind: IntervalKind
  /// What the synthetic runs were drawn from.
  package var population: SyntheticPopulation
  /// The number of runs each interval was made from.
  package var sampleSize: Int
  /// What the intervals promise.
  package var nominal: Double
  /// The share of intervals that held the truth.
  package var coverage: Double
  /// The standard error of that share, √(c(1 − c)/replications).
  package var standardError: Double
}

/// Simulates how often an interval of the given kind holds the truth at the given sample size.
///
/// Draws `replications` data sets of `sampleSize` runs from the population, makes an interval of
/// each, and counts those that contain the population's value of what is estimated. Interval
/// methods promise their coverage for many runs; this says what they deliver for few.
package func simulatedCoverage(
  of kind: IntervalKind, sampleSize: Int, population: SyntheticPopulation,
  replications: Int = 2000, resamples: Int = 1000, confidence: Double = 0.95, seed: Seed
) -> SimulatedCoverage {
  let simulation = CoverageSimulation(
    kind: kind, population: population, resamples: resamples, confidence: confidence, seed: seed)
  let held = (0..<replications).count { replication in
    simulation.interval(sampleSize: sampleSize, replication: replication)
      .contains(simulation.truth)
  }
  let coverage = Double(held) / Double(replications)
  return SimulatedCoverage(
    kind: kind, population: population, sampleSize: sampleSize, nominal: confidence,
    coverage: coverage,
    standardError: (coverage * (1 - coverage) / Double(replications)).squareRoot())
}

/// One cell of the simulation: what is drawn, and which interval is made of it.
private struct CoverageSimulation {
  var kind: IntervalKind
  var population: SyntheticPopulation
  var resamples: Int
  var confidence: Double
  var seed: Seed

  /// The population's value of what the interval estimates.
  var truth: Double {
    switch kind {
    case .studentT, .bootstrapMean: population.mean
    case .bootstrapInterquartileMean: population.interquartileMean
    case .bootstrapImprovement: 0.5
    case .wilson: population.shareAboveMean
    }
  }

  /// The interval made of one synthetic data set.
  func interval(sampleSize: Int, replication: Int) -> Interval {
    var generator = seed.generator(for: "statistics.coverage", step: replication)
    let runs = (0..<sampleSize).map { _ in population.draw(using: &generator) }
    let others = (0..<sampleSize).map { _ in population.draw(using: &generator) }
    let bootstrap = StratifiedBootstrap(
      resamples: resamples, confidence: confidence, seed: Seed(generator.next()))
    return switch kind {
    case .studentT: studentInterval(of: runs, confidence: confidence)
    case .bootstrapMean: bootstrap.interval(of: [runs]) { mean(of: $0[0]) }
    case .bootstrapInterquartileMean: interquartileMeanInterval(of: [runs], bootstrap: bootstrap)
    case .bootstrapImprovement:
      probabilityOfImprovementInterval(of: [runs], over: [others], bootstrap: bootstrap)
    case .wilson:
      wilsonInterval(
        successes: Double(runs.count { $0 > population.mean }), trials: sampleSize,
        confidence: confidence)
    }
  }
}
