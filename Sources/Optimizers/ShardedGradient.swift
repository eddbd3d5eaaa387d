public import Autograd
public import TensorKernels

/// A batch's gradient from its shards, and what the shards tell about its noise.
public struct ShardedGradient<Scalar: TensorScalar>: Sendable {
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
/// batch. A gradient that goes back to the workers by their `recycleBuffers` after its step leaves the next
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
public func shardedGradient<Scalar: TensorScalar, Reading: Sendable>(
  of parameters: ParameterSet<Scalar>, shards: Int, on workers: ShardWorkers<Scalar>,
  itemsPerShard: Double = 1,
  loss:
    @Sendable (_ shard: Int, _ parameters: RecordedParameters<Scalar>) -> (
      loss: Tensor<Scalar>, reading: Reading
    )
) -> (gradient: ShardedGradient<Scalar>, readings: [Reading]) {
  precondition(shards > 0, "\(shards) shards")
  let outcomes = concurrentMap(shards, workers: workers.count) { shard, worker in
    workers.tapes[worker].withTape { tape in
      ShardOutcome(of: parameters, on: tape, worker: worker) { loss(shard, $0) }
    }
  }
  let (total, norms) = sum(of: outcomes.map(\.gradient), on: workers)
  for outcome in outcomes { workers.recycleBuffers(of: outcome.gradient, on: outcome.worker) }
  let squaredNorms = norms.map { $0 * Double(shards) * Double(shards) }
  let gradient = ShardedGradient(
    total: total, losses: outcomes.map(\.loss), shardSquaredNorms: squaredNorms,
    noise: GradientNoise(
      meanSquaredNorm: total.squaredNorm, shardSquaredNorms: squaredNorms,
      itemsPerShard: itemsPerShard))
  return (gradient, outcomes.map(\.reading))
}

/// What one shard gives.
private struct ShardOutcome<Scalar: TensorScalar, Reading: Sendable>: Sendable {
  let gradient: Gradient<Scalar>
  let loss: Scalar
  let reading: Reading
  /// The worker whose tape made the gradient's buffers.
  let worker: Int

  init(
    of parameters: ParameterSet<Scalar>, on tape: Tape<Scalar>, worker: Int,
    loss: (RecordedParameters<Scalar>) -> (loss: Tensor<Scalar>, reading: Reading)
  ) {
    tape.reset()
    defer { tape.reset() }
    let recorded = tape.record(parameters)
    let (shardLoss, reading) = loss(recorded)
    tape.backward(from: shardLoss)
    gradient = recorded.takeGradient()
    self.loss = shardLoss.item
    self.reading = reading
    self.worker = worker
  }
}

/// The sum of gradients in a fixed binary tree, and the squared norm of each.
private func sum<Scalar>(
  of gradients: [Gradient<Scalar>], on workers: ShardWorkers<Scalar>
) -> (total: Gradient<Scalar>, norms: [Double]) {
  let sizes = gradients[0].values.map(\.count)
  var sums = workers.tapes[0].withTape { tape in
    sizes.map { ArraySum(total: tape.spareBuffer(count: $0)) }
  }
  concurrentUpdate(&sums, workers: workers.count, size: { sizes[$0] * gradients.count }) {
    array, sum in sum.add(gradients.map { $0.values[array] })
  }
  let norms = gradients.indices.map { shard in
    sums.reduce(0) { $0 + ($1.norms?.parts[shard] ?? 0) }
  }
  let total = Gradient(
    values: sums.map(\.total), squaredNorm: sums.reduce(0) { $0 + ($1.norms?.total ?? 0) })
  return (total, norms)
}

/// One array of the sum of gradients.
private struct ArraySum<Scalar: TensorScalar>: Sendable {
  /// Undefined until parts are added up in it.
  var total: [Scalar]
  var norms: SquaredNorms?

  mutating func add(_ parts: [[Scalar]]) {
    var span = total.mutableSpan
    norms = treeSum(parts, into: &span)
  }
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

/// The threads on which the shards of a batch are differentiated, with a tape for each.
///
/// How many there are decides how fast a gradient comes, never its bits.
public final class ShardWorkers<Scalar: TensorScalar>: Sendable {
  /// One tape a thread.
  let tapes: [SharedTape<Scalar>]

  /// So many threads.
  public init(count: Int = 1) {
    precondition(count > 0, "\(count) workers")
    tapes = (0..<count).map { _ in SharedTape() }
  }

  /// How many threads there are.
  public var count: Int { tapes.count }

  /// Takes the buffers of a batch's gradient back that nobody reads any more, for the next one.
  public func recycleBuffers(of gradient: consuming Gradient<Scalar>) {
    recycleBuffers(of: gradient, on: 0)
  }

  /// Gives the buffers of a shard's gradient back to the tape of the worker that made it.
  func recycleBuffers(of gradient: Gradient<Scalar>, on worker: Int) {
    tapes[worker].withTape { $0.recycleBuffers(of: gradient) }
  }

  /// Bytes of all buffers that the tapes have made; steps of equal size after the first make none.
  public var bufferBytes: Int { tapes.reduce(0) { $0 + $1.withTape { $0.bufferBytes } } }
}

/// The parts of the gradient noise scale, McCandlish (2018), appendix A.1.
///
/// From S shards of b items each, with shard gradients gₛ and their mean G over B = S·b items:
///
///     |𝒢|² = (B·|G|² − b·mean|gₛ|²)/(B − b)        tr Σ = (mean|gₛ|² − |G|²)/(1/b − 1/B)
///
/// Both may be negative in a single step. The noise scale tr Σ / |𝒢|² is the ratio of their means over
/// steps, never the mean of their ratios.
///
/// They are unbiased where shards are drawn apart from one another and from the parameters, as fresh
/// data and the first step on fresh rollouts are. Where data are used again the parameters have seen
/// them: from the second pass on, |𝒢|² is that of the training set's loss and not of the
/// population's, and tr Σ is the scatter within that set. Statistics that shards share (whitening, a
/// batch's mean) tie them together likewise.
public struct GradientNoise: Codable, Sendable, Equatable {
  /// The estimate of the squared norm of the true gradient, |𝒢|².
  public var gradientPower: Double
  /// The estimate of the trace of the covariance of one item's gradient, tr Σ.
  public var covarianceTrace: Double

  /// An estimate with these parts.
  public init(gradientPower: Double, covarianceTrace: Double) {
    self.gradientPower = gradientPower
    self.covarianceTrace = covarianceTrace
  }

  /// The estimate from the squared norm of the mean gradient and those of its equal shards.
  ///
  /// - Parameters:
  ///   - meanSquaredNorm: |G|².
  ///   - shardSquaredNorms: |gₛ|² of each shard's own mean loss; one shard alone gives NaN.
  ///   - itemsPerShard: b, or 1 to count the covariance per shard.
  public init(meanSquaredNorm: Double, shardSquaredNorms: [Double], itemsPerShard: Double) {
    let shards = Double(shardSquaredNorms.count)
    guard shards > 1 else {
      self.init(gradientPower: .nan, covarianceTrace: .nan)
      return
    }
    let small = shardSquaredNorms.reduce(0, +) / shards
    self.init(
      gradientPower: (shards * meanSquaredNorm - small) / (shards - 1),
      covarianceTrace: (small - meanSquaredNorm) * itemsPerShard * shards / (shards - 1))
  }
}
