import Autograd
import Foundation
import Optimizers
import TensorKernels
import TestSupport
import Testing

@Suite struct ShardedGradientTests {
  private let data: [Double] = wave(24, phase: 5)

  private var parameters: ParameterSet<Double> {
    var set = ParameterSet<Double>()
    set.append("a", shape: Shape(rows: 1, columns: 3), values: [0.5, -1, 2])
    set.append("b", shape: Shape(rows: 1, columns: 1), values: [0.25])
    return set
  }

  /// The mean over eight items of three numbers of (a·x + b)², cut into shards.
  private func gradient(
    shards: Int, on workers: ShardWorkers<Double> = ShardWorkers()
  ) -> ShardedGradient<Double> {
    let items = 8 / shards
    let (gradient, readings) = shardedGradient(of: parameters, shards: shards, on: workers) {
      [data] shard, p in
      let rows = Array(data[shard * items * 3..<(shard + 1) * items * 3])
      let x = p.tape.constant(rows, shape: Shape(rows: items, columns: 3))
      let shift = p["b"].rows([Int](repeating: 0, count: items))
      return (0.125 * (x.linear(p["a"]) + shift).squared().sum(), shard)
    }
    #expect(readings == Array(0..<shards))
    return gradient
  }

  @Test(arguments: [2, 4, 8])
  func shardsAddUpToTheWholeBatch(shards: Int) {
    let (whole, cut) = (gradient(shards: 1), gradient(shards: shards))
    for (a, b) in zip(whole.total.values, cut.total.values) {
      #expect(largestDifference(a, b) < 1e-14)
    }
    #expect(abs(whole.loss - cut.loss) < 1e-14)
    #expect(cut.losses.count == shards)
  }

  @Test func aThirdOfShardsIsAddedInAFixedOrderToo() {
    // Three shards of a sum: ((1 + 2) + 3), with rounding that another order would not have.
    var set = ParameterSet<Float>()
    set.append("x", shape: Shape(rows: 1, columns: 1), values: [1])
    let scales: [Float] = [1, 1e-7, 1e-7]
    let (result, _) = shardedGradient(of: set, shards: 3, on: ShardWorkers(count: 2)) { shard, p in
      (p["x"].weightedSum([scales[shard]]), shard)
    }
    #expect(result.total.values == [[(1 + 1e-7) + 1e-7]])
  }

  @Test(arguments: [1, 2, 3, 4, 9])
  func theSameShardsGiveTheSameBitsOnAnyNumberOfThreads(count: Int) {
    let workers = ShardWorkers<Double>(count: count)
    let (alone, first) = (gradient(shards: 4), gradient(shards: 4, on: workers))
    let second = gradient(shards: 4, on: workers)
    for result in [first, second] {
      #expect(result.total.values == alone.total.values)
      #expect(result.losses == alone.losses)
      #expect(result.shardSquaredNorms == alone.shardSquaredNorms)
      #expect(result.noise == alone.noise)
    }
  }

  @Test func stepsAfterTheFirstMakeNoBuffers() {
    let workers = ShardWorkers<Double>(count: 2)
    workers.recycleBuffers(of: gradient(shards: 4, on: workers).total)
    let made = workers.bufferAllocations
    for _ in 0..<3 { workers.recycleBuffers(of: gradient(shards: 4, on: workers).total) }
    #expect(made > 0 && workers.bufferAllocations == made)
  }

  @Test func shardNormsAreThoseOfEachShardsOwnMeanLoss() {
    let result = gradient(shards: 8)
    for item in 0..<8 {
      let x = Array(data[item * 3..<(item + 1) * 3])
      let residual = 0.5 * x[0] - x[1] + 2 * x[2] + 0.25
      let squares = x.reduce(1) { $0 + $1 * $1 }
      #expect(abs(result.shardSquaredNorms[item] - 4 * residual * residual * squares) < 1e-12)
    }
  }
}

@Suite struct GradientNoiseTests {
  @Test func bothPartsAreUnbiased() {
    // Every choice of S = 2 shards of one item from the items {1, 3, 8}, with replacement:
    // the true gradient is 4, the variance ((−3)² + (−1)² + 4²)/3.
    let items = [1.0, 3, 8]
    var (power, trace) = (0.0, 0.0)
    for a in items {
      for b in items {
        let mean = (a + b) / 2
        let noise = GradientNoise(
          meanSquaredNorm: mean * mean, shardSquaredNorms: [a * a, b * b], itemsPerShard: 1)
        power += noise.gradientPower / 9
        trace += noise.covarianceTrace / 9
      }
    }
    #expect(abs(power - 16) < 1e-12)
    #expect(abs(trace - 26.0 / 3) < 1e-12)
  }

  @Test func theCovarianceIsThatOfOneItem() {
    // Appendix A.1 with B_small = 5, B_big = 20: tr Σ = (|g_small|² − |G|²)/(1/5 − 1/20),
    // |G|² = (20·|G|² − 5·|g_small|²)/15.
    let noise = GradientNoise(
      meanSquaredNorm: 2, shardSquaredNorms: [3, 5, 7, 1], itemsPerShard: 5)
    #expect(abs(noise.covarianceTrace - 2 / (1 / 5 - 1 / 20.0)) < 1e-12)
    #expect(abs(noise.gradientPower - (20 * 2 - 5 * 4) / 15.0) < 1e-12)
  }

  @Test func equalShardsHaveNoNoise() {
    let noise = GradientNoise(meanSquaredNorm: 9, shardSquaredNorms: [9, 9, 9], itemsPerShard: 4)
    #expect(noise.gradientPower == 9)
    #expect(noise.covarianceTrace == 0)
  }

  @Test func oneShardTellsNothing() {
    let noise = GradientNoise(meanSquaredNorm: 9, shardSquaredNorms: [9], itemsPerShard: 1)
    #expect(noise.gradientPower.isNaN)
    #expect(noise.covarianceTrace.isNaN)
  }
}

@Suite struct ConsecutivePartsTests {
  @Test(arguments: [0, 1, 2, 5, 12, 96], [1, 2, 3, 8])
  func partsAreTheWholeInOrderAndOfNearlyOneSize(elements: Int, count: Int) {
    let parts = consecutiveParts(of: Array(0..<elements), count: count)
    #expect(parts.flatMap(\.self) == Array(0..<elements))
    #expect(parts.count == min(elements, count))
    let sizes = parts.map(\.count)
    #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
    #expect(!sizes.contains(0))
  }
}
