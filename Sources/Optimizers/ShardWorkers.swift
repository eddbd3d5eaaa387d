public import Autograd
public import TensorKernels

/// The threads on which the shards of a batch are differentiated, with a tape for each.
///
/// How many there are decides how fast a gradient comes, never its bits.
public final class ShardWorkers<Scalar: BLASScalar>: Sendable {
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
  public func reuse(_ gradient: consuming Gradient<Scalar>) { recycle(gradient, on: 0) }

  /// Gives the buffers of a shard's gradient back to the tape of the worker that made it.
  func recycle(_ gradient: Gradient<Scalar>, on worker: Int) {
    tapes[worker].withTape { $0.recycleBuffers(of: gradient) }
  }

  /// Buffers that the tapes have made; steps of equal size after the first make none.
  public var bufferAllocations: Int {
    tapes.reduce(0) { $0 + $1.withTape { $0.bufferAllocations } }
  }

  /// Bytes of all buffers that the tapes have made.
  public var bufferBytes: Int { tapes.reduce(0) { $0 + $1.withTape { $0.bufferBytes } } }
}
