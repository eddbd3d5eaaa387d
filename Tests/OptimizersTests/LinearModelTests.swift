import Autograd
import Optimizers
import TensorKernels
import TestSupport
import Testing

/// The tape, the shards, the clipping, the schedule and the optimizers, together as trainers use
/// them.
@Suite struct LinearModelTests {
  private let truth: [Float] = [1.5, -2, 0.5]
  private let inputs: [Float] = wave(32 * 3, phase: 1)

  /// The mean squared error of a linear model whose data it can explain exactly.
  private func train(
    _ kind: OptimizerKind, steps: Int, rate: Double
  ) -> (weights: [Float], losses: [Float]) {
    var parameters = ParameterSet<Float>()
    parameters.append("w", shape: Shape(rows: 1, columns: 3), values: [0, 0, 0])
    var optimizer = AnyOptimizer<Float>(kind)
    let schedule = LearningRateSchedule(
      peak: rate, warmupSteps: 10, totalSteps: steps, decay: .linear)
    let workers = ShardWorkers<Float>(count: 2)
    var losses: [Float] = []
    for step in 0..<steps {
      var (batch, _) = shardedGradient(of: parameters, shards: 4, on: workers) {
        [inputs, truth] shard, p in
        let rows = Array(inputs[shard * 24..<(shard + 1) * 24])
        let x = p.tape.constant(rows, shape: Shape(rows: 8, columns: 3))
        let targets = p.tape.constant(truth, shape: Shape(rows: 1, columns: 3))
        return ((x.linear(p["w"]) - x.linear(targets)).squared().sum() * (1 / 32), shard)
      }
      batch.total.clip(toNorm: 1)
      losses.append(batch.loss)
      optimizer.update(
        &parameters, along: batch.total, learningRate: schedule.rate(at: step))
    }
    return (parameters["w"], losses)
  }

  @Test(arguments: [(OptimizerKind.adamW, 0.05), (.rmsProp, 0.02)])
  func theyFindTheModelThatExplainsTheData(kind: OptimizerKind, rate: Double) {
    let (weights, losses) = train(kind, steps: 400, rate: rate)
    #expect(largestDifference(weights, truth) < 1e-2)
    #expect(losses[399] < 1e-4 * losses[0])
  }

  @Test func theFirstStepOfAWarmupLeavesTheParametersAlone() {
    let (_, losses) = train(.adamW, steps: 2, rate: 0.05)
    #expect(losses[0] == losses[1])
  }

  @Test(arguments: OptimizerKind.allCases)
  func theSameTrainingGivesTheSameBits(kind: OptimizerKind) {
    let (first, second) = (train(kind, steps: 20, rate: 0.05), train(kind, steps: 20, rate: 0.05))
    #expect(first.weights == second.weights)
    #expect(first.losses == second.losses)
  }
}
