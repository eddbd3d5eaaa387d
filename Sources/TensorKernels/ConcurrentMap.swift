import Dispatch
import Synchronization

/// Applies the body to 0 ..< count on at most so many threads, each with a run of neighbours of its
/// own.
///
/// - Parameters:
///   - count: how many results there are.
///   - workers: the threads; a worker's number goes to the body, which may keep things for it.
///   - body: makes one result.
/// - Returns: the results in the order of their indices.
public func concurrentMap<Result: Sendable>(
  _ count: Int, workers: Int, _ body: @Sendable (_ index: Int, _ worker: Int) -> Result
) -> [Result] {
  let used = min(workers, count)
  guard used > 1 else { return (0..<count).map { body($0, 0) } }
  let parts = Mutex([Int: [Result]]())
  DispatchQueue.concurrentPerform(iterations: used) { worker in
    let part = (worker * count / used..<(worker + 1) * count / used).map { body($0, worker) }
    parts.withLock { $0[worker] = part }
  }
  let found = parts.withLock { $0 }
  return (0..<used).flatMap { found[$0] ?? [] }
}
