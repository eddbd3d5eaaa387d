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

/// Lets the body change every element of a list, on at most so many threads, each with a run of
/// neighbours that holds about its share of all values.
///
/// Elements that do not depend on one another come out with the same bits for any number of threads.
///
/// - Parameters:
///   - elements: what is changed.
///   - workers: the threads; where there are few values, fewer are used.
///   - size: the values that an element stands for.
///   - body: changes one element.
public func concurrentUpdate<Element: Sendable>(
  _ elements: inout [Element], workers: Int, size: (_ index: Int) -> Int,
  _ body: @Sendable (_ index: Int, _ element: inout Element) -> Void
) {
  let runs = runs(of: elements.count, workers: workers, size: size)
  unsafe elements.withUnsafeMutableBufferPointer {
    nonisolated(unsafe) let elements = unsafe $0
    forEach(in: runs) { unsafe body($0, &elements[$0]) }
  }
}

/// The same for two lists, whose elements of one index are changed together.
public func concurrentUpdate<First: Sendable, Second: Sendable>(
  _ first: inout [First], _ second: inout [Second], workers: Int, size: (_ index: Int) -> Int,
  _ body: @Sendable (_ index: Int, _ first: inout First, _ second: inout Second) -> Void
) {
  precondition(first.count == second.count, "\(first.count) against \(second.count) elements")
  let runs = runs(of: first.count, workers: workers, size: size)
  unsafe first.withUnsafeMutableBufferPointer { left in
    unsafe second.withUnsafeMutableBufferPointer { right in
      nonisolated(unsafe) let (first, second) = unsafe (left, right)
      forEach(in: runs) { unsafe body($0, &first[$0], &second[$0]) }
    }
  }
}

/// Values below which a thread costs more time than it saves.
private let valuesWorthAThread = 1 << 16

/// Consecutive runs of about equally many values, one for each thread that is worth its start.
private func runs(of count: Int, workers: Int, size: (_ index: Int) -> Int) -> [Range<Int>] {
  let total = (0..<count).reduce(0) { $0 + size($1) }
  let used = min(workers, total / valuesWorthAThread)
  guard used > 1 else { return [0..<count] }
  var (runs, start, seen) = ([Range<Int>](), 0, 0)
  for index in 0..<count {
    seen += size(index)
    guard seen * used >= (runs.count + 1) * total || index == count - 1 else { continue }
    runs.append(start..<index + 1)
    start = index + 1
  }
  return runs
}

/// Calls the body with every index, a thread for each run; indices of different runs are disjoint.
private func forEach(in runs: [Range<Int>], _ body: @Sendable (_ index: Int) -> Void) {
  guard runs.count > 1 else {
    for index in runs.joined() { body(index) }
    return
  }
  DispatchQueue.concurrentPerform(iterations: runs.count) { run in
    for index in runs[run] { body(index) }
  }
}
