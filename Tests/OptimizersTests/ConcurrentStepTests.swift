import Autograd
import Optimizers
import TensorKernels
import TestSupport
import Testing

/// Steps of a model that is large enough for threads to share, and what they leave behind.
@Suite struct ConcurrentStepTests {
  private static let sizes = [200_000, 3, 90_000, 64, 150_000]

  private func gradient(_ step: Int) -> Gradient<Float> {
    Gradient(values: Self.sizes.map { wave($0, phase: Double(step + $0 % 7)) })
  }

  private func values(after steps: Int, of optimizer: AnyOptimizer<Float>, workers: Int)
    -> [[Float]]
  {
    var (optimizer, parameters) = (optimizer, ParameterSet<Float>())
    for (i, size) in Self.sizes.enumerated() {
      parameters.append(
        "\(i)", shape: Shape(rows: 1, columns: size), values: wave(size, phase: Double(i)))
    }
    for step in 0..<steps {
      var gradient = gradient(step)
      gradient.clip(toNorm: 1, workers: workers)
      optimizer.update(&parameters, along: gradient, learningRate: 0.01)
    }
    return parameters.values
  }

  @Test(arguments: OptimizerKind.allCases, [2, 3, 4])
  func threadsChangeNoBit(kind: OptimizerKind, workers: Int) {
    let alone = values(after: 3, of: AnyOptimizer(kind, weightDecay: 0.1), workers: 1)
    let shared = values(
      after: 3, of: AnyOptimizer(kind, weightDecay: 0.1, workers: workers), workers: workers)
    #expect(shared == alone)
  }

  @Test(arguments: [1, 2, 4]) func normIsTheSumOfAllSquaresOnAnyNumberOfThreads(workers: Int) {
    let gradient = gradient(0)
    // One number after the other, largest last: another order than that of the threads.
    let squares = gradient.values.joined().map { Double($0) * Double($0) }.sorted()
    let expected = squares.reduce(0, +)
    #expect(squares.count == 440_067 && expected > 1)
    #expect(abs(gradient.squaredNorm(workers: workers) - expected) < 1e-11 * expected)
    #expect(gradient.squaredNorm(workers: workers) == gradient.squaredNorm)
  }
}
