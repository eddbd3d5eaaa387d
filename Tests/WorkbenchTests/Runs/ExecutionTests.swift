import Testing
import Workbench

/// What ran, in order, and how many ran at once.
private actor Log {
  private(set) var started: [Int] = []
  private(set) var finished: [Int] = []
  private(set) var most = 0
  private var running = 0

  func start(_ node: Int) {
    started.append(node)
    running += 1
    most = max(most, running)
  }

  func finish(_ node: Int) {
    finished.append(node)
    running -= 1
  }
}

/// The jobs that each node got, and how many were given out at once.
private actor Shares {
  private(set) var shareOf: [Int: Int] = [:]
  private(set) var most = 0
  private var held = 0

  func hold(_ share: Int, of node: Int) {
    shareOf[node] = share
    held += share
    most = max(most, held)
  }

  func release(_ share: Int) { held -= share }
}

private struct Failure: Error {}

@Suite struct ExecutionTests {
  /// A diamond with a tail: 0 → 1, 2 → 3 → 4.
  private let diamond = [[], [0], [0], [1, 2], [3]]

  private func run(_ log: Log, jobs: Int) async throws {
    try await execute([0, 1, 2, 3, 4], after: diamond, jobs: jobs) { node, _ in
      await log.start(node)
      for _ in 0..<3 { await Task.yield() }
      await log.finish(node)
    }
  }

  @Test(arguments: [1, 2, 8]) func nodesWaitForThoseTheyDependOn(jobs: Int) async throws {
    let log = Log()
    try await run(log, jobs: jobs)
    let finished = await log.finished
    #expect(finished.sorted() == [0, 1, 2, 3, 4])
    #expect(finished.first == 0)
    #expect(Array(finished.suffix(2)) == [3, 4])
  }

  @Test func oneJobRunsNodesInTheirOrder() async throws {
    let log = Log()
    try await run(log, jobs: 1)
    #expect(await log.started == [0, 1, 2, 3, 4])
    #expect(await log.most == 1)
  }

  @Test func neverMoreRunAtOnceThanThereAreJobs() async throws {
    let log = Log()
    try await execute(Array(0..<12), after: Array(repeating: [], count: 12), jobs: 3) { node, _ in
      await log.start(node)
      for _ in 0..<10 { await Task.yield() }
      await log.finish(node)
    }
    #expect(await log.most <= 3)
    #expect(await log.finished.count == 12)
  }

  @Test func errorIsThrownAndNothingThatDependsOnItStarts() async {
    let log = Log()
    await #expect(throws: Failure.self) {
      try await execute([0, 1, 2, 3, 4], after: diamond, jobs: 2) { node, _ in
        await log.start(node)
        if node == 1 { throw Failure() }
      }
    }
    let started = await log.started
    #expect(!started.contains(3) && !started.contains(4))
  }

  @Test func cancelledTaskStartsNothingMore() async {
    let log = Log()
    let task = Task {
      try await execute(Array(0..<100), after: Array(repeating: [], count: 100), jobs: 1) {
        node, _ in
        await log.start(node)
        while !Task.isCancelled { await Task.yield() }
      }
    }
    while await log.started.isEmpty { await Task.yield() }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(await log.started == [0])
  }

  @Test(arguments: [1, 2, 3, 4, 8]) func idleJobsHelpThoseThatStart(jobs: Int) async throws {
    let shares = Shares()
    try await execute([0, 1, 2, 3, 4], after: diamond, jobs: jobs) { node, share in
      await shares.hold(share, of: node)
      for _ in 0..<3 { await Task.yield() }
      await shares.release(share)
    }
    let (most, shareOf) = (await shares.most, await shares.shareOf)
    #expect(most <= jobs)
    // Alone a node has all jobs; the two in the middle divide them.
    #expect(shareOf[0] == jobs && shareOf[3] == jobs && shareOf[4] == jobs)
    if jobs > 1 { #expect((shareOf[1] ?? 0) + (shareOf[2] ?? 0) == jobs) }
  }

  @Test func nothingToDoIsDone() async throws {
    try await execute([Int](), after: [], jobs: 2) { _, _ in }
  }
}
