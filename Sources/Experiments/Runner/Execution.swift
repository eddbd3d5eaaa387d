/// Runs the nodes of a graph, each after those it depends on, at most `jobs` at a time.
///
/// Nodes that are ready start in their order. Jobs that none is ready for help those that start: they
/// share the idle ones, and each keeps what it got to its end. The first error cancels what runs and is thrown; no
/// node's error is lost, and cancelling the calling task cancels every node.
///
/// - Parameters:
///   - nodes: The work.
///   - dependencies: For each node the positions of the nodes that must end before it starts.
///   - jobs: How many nodes run at once.
///   - run: Does one node's work, as so many of the jobs.
/// - Throws: The first error of a node.
public func execute<Node: Sendable>(
  _ nodes: [Node], after dependencies: [[Int]], jobs: Int,
  run: @escaping @Sendable (_ node: Node, _ share: Int) async throws -> Void
) async throws {
  precondition(
    nodes.count == dependencies.count, "\(nodes.count) nodes, \(dependencies.count) lists")
  precondition(jobs > 0, "\(jobs) jobs")
  var (waiting, finished) = (Array(nodes.indices), Set<Int>())
  try await withThrowingTaskGroup(of: (position: Int, share: Int).self) { group in
    var idle = jobs
    repeat {
      let ready = waiting.filter { dependencies[$0].allSatisfy(finished.contains) }.prefix(idle)
      waiting.removeAll(where: ready.contains)
      for (place, position) in ready.enumerated() {
        let share = idle / (ready.count - place)
        group.addTask {
          try Task.checkCancellation()
          try await run(nodes[position], share)
          return (position, share)
        }
        idle -= share
      }
      guard let ended = try await group.next() else { break }
      finished.insert(ended.position)
      idle += ended.share
    } while !waiting.isEmpty || idle < jobs
  }
  precondition(waiting.isEmpty, "the graph has a cycle through \(waiting)")
}
