public import Autograd
import Synchronization
public import TensorKernels

/// The threads on which the shards of a batch are differentiated, with a tape for each.
///
/// How many there are decides how fast a gradient comes, never its bits.
public final class ShardWorkers<Scalar: BLASScalar>: Sendable {
  /// One tape a thread.
  let tapes: [Tape<Scalar>]
  /// Buffers of gradients that were used up, for the next ones, by their counts.
  private let spare = Mutex<[Int: [[Scalar]]]>([:])

  /// So many threads.
  public init(count: Int = 1) {
    precondition(count > 0, "\(count) workers")
    tapes = (0..<count).map { _ in Tape() }
  }

  /// Buffers that the tapes have made; steps of equal size after the first make none.
  public var bufferAllocations: Int { tapes.reduce(0) { $0 + $1.bufferAllocations } }

  /// Bytes of all buffers that the tapes have made.
  public var bufferBytes: Int { tapes.reduce(0) { $0 + $1.bufferBytes } }

  /// Takes the buffers of a gradient back that nobody reads any more, for the next batch.
  public func reuse(_ gradient: consuming Gradient<Scalar>) {
    let values = gradient.values
    spare.withLock { spare in
      for buffer in values { spare[buffer.count, default: []].append(buffer) }
    }
  }

  /// The sum of the shards' gradients in a fixed binary tree, and the squared norm of each.
  func sum(of gradients: [Gradient<Scalar>]) -> (total: Gradient<Scalar>, norms: [Double]) {
    let sums = concurrentMap(gradients[0].values.count, workers: tapes.count) { array, _ in
      let parts = gradients.map { $0.values[array] }
      var total = spareBuffer(count: parts[0].count)
      var span = total.mutableSpan
      return (norms: treeSum(parts, into: &span), total: total)
    }
    let norms = gradients.indices.map { shard in sums.reduce(0) { $0 + $1.norms.parts[shard] } }
    let total = Gradient(
      values: sums.map(\.total), squaredNorm: sums.reduce(0) { $0 + $1.norms.total })
    return (total, norms)
  }

  /// Room for so many values, which are undefined.
  private func spareBuffer(count: Int) -> [Scalar] {
    spare.withLock { $0[count]?.popLast() } ?? [Scalar](repeating: 0, count: count)
  }
}
