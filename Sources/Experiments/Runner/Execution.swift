/// Runs the nodes of a graph, each after those it depends on, at most `jobs` at a time.
///
/// Nodes that are ready start in their order. The first error cancels what runs and is thrown; no
/// node's error is lost, and cancelling the calling task cancels every node.
///
/// - Parameters:
///   - nodes: The work.
///   - dependencies: For each node the positions of the nodes that must end before it starts.
///   - jobs: How many nodes run at once.
///   - run: Does one node's work.
/// - Throws: The first error of a node.
public func execute<Node: Sendable>(
  _ nodes: [Node], after dependencies: [[Int]], jobs: Int,
  run: @escaping @Sendable (Node) async throws -> Void
) async throws {
  precondition(
    nodes.count == dependencies.count, "\(nodes.count) nodes, \(dependencies.count) lists")
  precondition(jobs > 0, "\(jobs) jobs")
  var (waiting, finished) = (Array(nodes.indices), Set<Int>())
  try await withThrowingTaskGroup(of: Int.self) { group in
    var running = 0
    repeat {
      while running < jobs,
        let next = waiting.firstIndex(where: { dependencies[$0].allSatisfy(finished.contains) })
      {
        let position = waiting.remove(at: next)
        group.addTask {
          try Task.checkCancellation()
          try await run(nodes[position])
          return position
        }
        running += 1
      }
      guard let position = try await group.next() else { break }
      finished.insert(position)
      running -= 1
    } while !waiting.isEmpty || running > 0
  }
  precondition(waiting.isEmpty, "the graph has a cycle through \(waiting)")
}
