import Synchronization
public import TensorKernels

/// A tape that goes from thread to thread, of which one uses it at a time.
///
/// A ``Tape`` is not `Sendable`: the compiler keeps it, and all tensors on it, on the thread where
/// it was made. Workers hold their tapes in this box, so that a pool of buffers outlives the threads
/// that fill it. The body is `@Sendable` and what it returns `Sendable`; hence neither the tape nor
/// a tensor gets out.
///
///     let shared = SharedTape<Float>()
///     let loss = shared.withTape { tape in
///       defer { tape.reset() }
///       return tape.column([1, 2, 3]).mean().item
///     }
public final class SharedTape<Scalar: TensorScalar>: Sendable {
  private let tape: Mutex<Tape<Scalar>>

  /// An empty tape; without gradients it serves inference and keeps less.
  public init(recordsGradients: Bool = true) {
    tape = Mutex(Tape(recordsGradients: recordsGradients))
  }

  /// Runs the body with the tape, while no other thread has it.
  public func withTape<Result: Sendable>(
    _ body: @Sendable (Tape<Scalar>) throws -> Result
  ) rethrows -> Result {
    try tape.withLock { try body($0) }
  }
}
