import ArgumentParser
import Autograd
import Datasets
import Foundation
import LanguageModel
import Optimizers
import TensorKernels
import Tokenization

/// `tandem-benchmarks scaling`: how a training step's seconds and bytes grow.
struct ScalingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scaling",
    abstract: "Seconds and bytes of a step against parameters, sequence length and batch.",
    discussion: """
      One axis is varied at a time around the size S; exponents are slopes of least squares in
      logarithms over the upper half of each axis.

      EXAMPLE
        tandem-benchmarks scaling --csv results/performance/scaling.csv
      """)

  @Option(help: "Write the points to this file.")
  var csv: String?

  func run() throws {
    var lines = ["axis,value,parameters,seconds,bytes,planned"]
    for axis in Axis.allCases {
      let points = axis.values.map { axis.measure($0) }
      lines += points.map(\.line)
      let (seconds, bytes) = (slope(points.map(\.time)), slope(points.map(\.memory)))
      print("\(axis.rawValue): seconds ~ x^\(format(seconds, 2)), bytes ~ x^\(format(bytes, 2))")
    }
    let text = lines.joined(separator: "\n") + "\n"
    guard let csv else { return print(text) }
    try Data(text.utf8).write(to: URL(filePath: csv))
  }
}

/// What grows.
private enum Axis: String, CaseIterable {
  case parameters, length, batch

  var values: [Int] {
    switch self {
    case .parameters: [32, 64, 96, 128, 192, 256, 384]
    case .length: [16, 32, 64, 128, 256, 512, 1024]
    case .batch: [2, 4, 8, 16, 32, 64, 128]
    }
  }

  /// Widths for parameters, tokens for length, sequences for batch.
  func measure(_ value: Int) -> Point {
    let width = self == .parameters ? value : 128
    let length = self == .length ? value : 64
    let batch = self == .batch ? value : self == .length ? max(1, 1024 / value) : 16
    let model = ModelConfiguration(
      layers: 4, hiddenSize: width, intermediateSize: 3 * width, heads: 4, vocabularySize: 256,
      maximumLength: length)
    let point = measureStep(model, batch: batch, length: length)
    let x = self == .parameters ? model.parameterCount : value
    return Point(axis: self, x: x, parameters: model.parameterCount, step: point)
  }
}

/// One measured step.
private struct Point {
  let axis: Axis
  let x: Int
  let parameters: Int
  let step: (seconds: Double, bytes: Int, planned: Int)

  var time: (Double, Double) { (Double(x), step.seconds) }
  var memory: (Double, Double) { (Double(x), Double(step.bytes)) }
  var line: String {
    "\(axis.rawValue),\(x),\(parameters),\(step.seconds),\(step.bytes),\(step.planned)"
  }
}

/// The median of a few steps on one core, the tape's bytes and the planned ones.
private func measureStep(
  _ configuration: ModelConfiguration, batch: Int, length: Int
) -> (seconds: Double, bytes: Int, planned: Int) {
  var generator = Seed(1).generator(for: "benchmark.model")
  var model = Transformer<Float>(configuration: configuration, using: &generator)
  let sequences = (0..<batch).map { i in
    // Prompts of their own: rows that sequences share would not count.
    TokenSequence(prompt: [i % 256], completion: (1..<length).map { 3 + ($0 * 13 + i) % 250 })
  }
  let workers = ShardWorkers<Float>()
  var (optimizer, times) = (AdamW<Float>(), [Double]())
  for _ in 0..<7 {
    let clock = ContinuousClock()
    let start = clock.now
    let (gradient, _) = shardedGradient(of: model.parameters, shards: 1, on: workers) {
      [model] _, recorded in
      let read = model.tokenLogProbabilities(
        SequenceBatch(sequences), recorded, on: recorded.tape)
      return (-read.logProbabilities.mean(), 0)
    }
    optimizer.update(&model.parameters, along: gradient.total, learningRate: 1e-3)
    workers.recycleBuffers(of: gradient.total)
    times.append((clock.now - start) / .seconds(1))
  }
  let plan = MemoryPlan(configuration, tokens: batch * length, length: length)
  return (Spread(times).median, workers.bufferBytes, plan.activations + plan.parameters)
}

/// The slope of log y over log x by least squares, over the larger half of the points.
private func slope(_ points: [(Double, Double)]) -> Double {
  let upper = points.suffix(points.count / 2 + 1).map { (log($0.0), log($0.1)) }
  let n = Double(upper.count)
  let (mx, my) = (upper.reduce(0) { $0 + $1.0 } / n, upper.reduce(0) { $0 + $1.1 } / n)
  let covariance = upper.reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) }
  return covariance / upper.reduce(0) { $0 + ($1.0 - mx) * ($1.0 - mx) }
}
