public import Autograd
import Synchronization
public import TensorKernels

/// The threads that read sequences without gradients, with tapes that they keep between calls.
///
/// How many there are decides how fast answers come, never their bits. Several threads may call
/// them at once: each call takes tapes that no other has.
public final class InferenceWorkers<Scalar: BLASScalar>: Sendable {
  /// How many threads there are.
  public let count: Int
  private let idle = Mutex<[SharedTape<Scalar>]>([])

  /// So many threads.
  public init(count: Int = 1) {
    precondition(count > 0, "\(count) workers")
    self.count = count
  }

  /// Buffers that the tapes have made; a call of the sizes of an earlier one makes none.
  public var bufferAllocations: Int {
    idle.withLock { $0.reduce(0) { $0 + $1.withTape { $0.bufferAllocations } } }
  }

  /// The answers of the body for 0 ..< items, each on a tape that is empty before and after.
  public func map<Answer: Sendable>(
    _ items: Int, _ answer: @Sendable (_ index: Int, _ tape: Tape<Scalar>) -> Answer
  ) -> [Answer] {
    let tapes = take(min(count, items))
    defer { idle.withLock { $0 += tapes } }
    return concurrentMap(items, workers: tapes.count) { index, worker in
      tapes[worker].withTape { tape in
        defer { tape.reset() }
        return answer(index, tape)
      }
    }
  }

  /// So many tapes that nobody else has, made where there are too few.
  private func take(_ wanted: Int) -> [SharedTape<Scalar>] {
    let found = idle.withLock { idle in
      let found = Array(idle.suffix(wanted))
      idle.removeLast(found.count)
      return found
    }
    return found + (found.count..<wanted).map { _ in SharedTape(recordsGradients: false) }
  }
}
