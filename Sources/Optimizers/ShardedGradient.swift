public import Autograd
public import TensorKernels

/// A batch's gradient from its shards, and what the shards tell about its noise.
public struct ShardedGradient<Scalar: BLASScalar>: Sendable {
  /// The gradient of the whole batch's loss.
  public var total: Gradient<Scalar>
  /// The loss of each shard; their sum is the batch's loss.
  public var losses: [Scalar]
  /// |gradient of the shard's own mean loss|² = (S·gₛ)².
  public var shardSquaredNorms: [Double]
  /// The parts of the noise scale; covariance per item for `itemsPerShard` items, else per shard.
  public var noise: GradientNoise

  /// The loss of the whole batch.
  public var loss: Scalar { losses.reduce(0, +) }
}

/// The gradient of Σ lossₛ over the shards s of a batch.
///
/// The number of shards belongs to the computation and does not depend on the machine: gradients
/// add up in a fixed binary tree, so that the bits are the same everywhere and for any number of
/// workers. Write each shard's loss as the sum over its items divided by the items of the whole
/// batch. A gradient that goes back to the workers by their `reuse` after its step leaves the next
/// one nothing to allocate.
///
/// - Parameters:
///   - parameters: where the gradient is taken.
///   - shards: the number of shards.
///   - workers: the threads that share the shards.
///   - itemsPerShard: the items of a shard, for the covariance per item.
///   - loss: records the loss of one shard on the tape of the parameters, and returns with it
///     whatever is to be read off the tape.
/// - Returns: the gradient of the sum, the losses and the noise of the gradient; and what was read
///   of each shard.
public func shardedGradient<Scalar: BLASScalar, Reading: Sendable>(
  of parameters: ParameterSet<Scalar>, shards: Int, on workers: ShardWorkers<Scalar>,
  itemsPerShard: Double = 1,
  loss:
    @Sendable (_ shard: Int, _ parameters: RecordedParameters<Scalar>) -> (
      loss: Tensor<Scalar>, reading: Reading
    )
) -> (gradient: ShardedGradient<Scalar>, readings: [Reading]) {
  precondition(shards > 0, "\(shards) shards")
  var outcomes = concurrentMap(shards, workers: workers.count) { shard, worker in
    ShardOutcome(of: parameters, on: workers.tapes[worker]) { loss(shard, $0) }
  }
  let total = takeSum(of: &outcomes, workers: workers.count)
  let squaredNorms = outcomes.map { $0.squaredNorm * Double(shards) * Double(shards) }
  let gradient = ShardedGradient(
    total: total, losses: outcomes.map(\.loss), shardSquaredNorms: squaredNorms,
    noise: GradientNoise(
      meanSquaredNorm: total.squaredNorm(workers: workers.count), shardSquaredNorms: squaredNorms,
      itemsPerShard: itemsPerShard))
  return (gradient, outcomes.map(\.reading))
}

/// What one shard gives.
private struct ShardOutcome<Scalar: BLASScalar, Reading: Sendable>: Sendable {
  var gradient: Gradient<Scalar>
  let squaredNorm: Double
  let loss: Scalar
  let reading: Reading
  let tape: Tape<Scalar>

  init(
    of parameters: ParameterSet<Scalar>, on tape: Tape<Scalar>,
    loss: (RecordedParameters<Scalar>) -> (loss: Tensor<Scalar>, reading: Reading)
  ) {
    tape.reset()
    defer { tape.reset() }
    let recorded = tape.record(parameters)
    let (shardLoss, reading) = loss(recorded)
    tape.backward(from: shardLoss)
    gradient = recorded.takeGradient()
    squaredNorm = gradient.squaredNorm
    self.loss = shardLoss.item
    self.reading = reading
    self.tape = tape
  }
}

/// The sum of the shards' gradients in the buffers of the first; the others go back to their tapes.
///
/// Each array of the parameters is summed in the fixed binary tree of ``treeSum(_:_:)``.
private func takeSum<Scalar, Reading>(
  of outcomes: inout [ShardOutcome<Scalar, Reading>], workers: Int
) -> Gradient<Scalar> {
  let sizes = outcomes[0].gradient.values.map { $0.count * outcomes.count }
  var arrays = sizes.indices.map { array in
    outcomes.indices.map { shard in
      var taken: [Scalar] = []
      swap(&taken, &outcomes[shard].gradient.values[array])
      return taken
    }
  }
  concurrentUpdate(&arrays, workers: workers, size: { sizes[$0] }) { _, shards in
    treeSum(&shards, 0..<shards.count)
  }
  for (shard, outcome) in outcomes.enumerated().dropFirst() {
    outcome.tape.reuse(Gradient(values: arrays.map { $0[shard] }))
  }
  return Gradient(values: arrays.map { $0[0] })
}

/// Leaves the sum of a range of arrays in the first of them.
///
/// The first half that is a power of two long, plus the rest, each of them summed in this way.
private func treeSum<Scalar: BLASScalar>(_ arrays: inout [[Scalar]], _ range: Range<Int>) {
  guard range.count > 1 else { return }
  let half = 1 << (Int.bitWidth - 1 - (range.count - 1).leadingZeroBitCount)
  let middle = range.lowerBound + half
  treeSum(&arrays, range.lowerBound..<middle)
  treeSum(&arrays, middle..<range.upperBound)
  let rest = arrays[middle]
  var span = arrays[range.lowerBound].mutableSpan
  accumulate(rest.span, into: &span)
}

/// Cuts the elements into consecutive parts whose sizes differ by one at most, none of them empty.
///
/// Fewer elements than `count` make as many parts as there are elements.
public func consecutiveParts<Element>(of elements: [Element], count: Int) -> [[Element]] {
  let parts = min(count, elements.count)
  return (0..<parts).map { part in
    Array(elements[(part * elements.count / parts)..<((part + 1) * elements.count / parts)])
  }
}
