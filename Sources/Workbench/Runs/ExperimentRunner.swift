package import Foundation
import Optimizers
import PPO
package import Tasks
import Tokenization

/// Runs an experiment's cells in a run folder, and picks up where an earlier run stopped.
package struct ExperimentRunner: Sendable {
  /// The specification with everything that the task decides filled in.
  package let specification: ExperimentSpecification
  /// The task.
  package let task: any PreferenceTask
  /// The cells in the order in which they may start.
  package let plan: ExperimentPlan
  /// The run folder.
  package let store: CellStore

  /// Prepares a run; nothing is written yet.
  package init(_ specification: ExperimentSpecification, folder: URL) throws {
    let (prepared, task) = try specification.prepared()
    self.task = task
    self.specification = try prepared.resolved(for: task)
    plan = try ExperimentPlan(self.specification, task: task)
    store = CellStore(folder: folder)
  }

  /// Runs what is not finished yet, at most `jobs` cells at a time.
  ///
  /// Where fewer cells are ready than there are jobs, those that start share the idle cores. The bytes
  /// of every cell are the same for any number of jobs. Cancelling the task keeps the
  /// cells that are finished; running again continues with the others.
  ///
  /// - Parameters:
  ///   - jobs: How many cells run at once, and how many threads all of them have together.
  ///   - progress: Called from any cell at any step.
  /// - Returns: What each cell took, in seconds, for the cells that ran now.
  /// - Throws: `RunStoreError.locked` where another process runs in the folder,
  ///   `CancellationError` where the task was cancelled.
  @discardableResult
  package func run(
    jobs: Int, progress: @escaping @Sendable (CellProgress) -> Void = { _ in }
  ) async throws -> CellTimings {
    let lock = try RunLock(folder: store.folder)
    return try await run(holding: lock, jobs: jobs, progress: progress)
  }

  private func run(
    holding _: borrowing RunLock, jobs: Int, progress: @escaping @Sendable (CellProgress) -> Void
  ) async throws -> CellTimings {
    store.removeDrafts(of: plan.entries.map(\.cell))
    try store.writeConfiguration(specification)
    let finished = plan.entries.map { store.isFinished($0.cell, inputs: $0.inputs) }
    for (entry, isFinished) in zip(plan.entries, finished) where isFinished {
      progress(CellProgress(cell: entry.cell, fraction: 1, isFromEarlierRun: true))
    }
    let (stream, timings) = AsyncStream.makeStream(of: (String, Double).self)
    let open = Array(plan.entries.indices.filter { !finished[$0] })
    let dependencies = open.map { position in
      plan.entries[position].dependencies.compactMap { open.firstIndex(of: $0) }
    }
    defer { timings.finish() }
    try await execute(open, after: dependencies, jobs: jobs) { position, workers in
      let start = ContinuousClock.now
      try run(plan.entries[position], workers: workers, progress: progress)
      timings.yield((plan.entries[position].cell.path, seconds(since: start)))
    }
    timings.finish()
    var taken: CellTimings = [:]
    for await (cell, duration) in stream { taken[cell] = duration }
    return taken
  }

  /// The records of all cells, in the order of seeds and arms.
  package func records() throws -> [CellRecord] {
    let incomplete = plan.entries.filter { !store.isFinished($0.cell, inputs: $0.inputs) }
    guard incomplete.isEmpty else {
      throw RunStoreError.incomplete(
        path: store.folder.path, missing: incomplete.map(\.cell.path))
    }
    return try store.records(of: specification)
  }

  private func run(
    _ entry: ExperimentPlan.Entry, workers: Int,
    progress: @escaping @Sendable (CellProgress) -> Void
  ) throws {
    let cell = entry.cell
    let work = SeedWork(
      specification: specification, task: task, store: store, seed: cell.seed, workers: workers)
    let report = { (step: Int, total: Int, note: String) in
      let fraction = Double(step) / Double(max(1, total))
      progress(CellProgress(cell: cell, fraction: min(fraction, 0.999), step: step, note: note))
    }
    progress(CellProgress(cell: cell, fraction: 0))
    try store.write(cell, inputs: entry.inputs) { folder in
      switch cell.stage {
      case .sft: try work.makeReference(into: folder, report: report)
      case .data: try work.drawData(into: folder)
      case .reward: try work.trainReward(into: folder, report: report)
      case .referee: try work.trainReferee(into: folder, report: report)
      case .arm(let slug):
        for arm in specification.arms where arm.slug == slug {
          try work.runArm(arm, into: folder, report: report)
        }
      }
    }
    progress(CellProgress(cell: cell, fraction: 1))
  }
}

/// The seconds since an instant.
func seconds(since start: ContinuousClock.Instant) -> Double {
  let duration = ContinuousClock.now - start
  return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}

extension ExperimentSpecification {
  /// The specification with the completion length that the task gives to all arms.
  func resolved(for task: any PreferenceTask) throws -> ExperimentSpecification {
    var resolved = self
    let length = task.maximumCompletionLength
    let longest = longestPrompt(of: task)
    guard longest + length <= model.maximumLength else {
      throw SpecificationError.contradiction(
        "model.max_length is \(model.maximumLength), but a prompt of \(longest) tokens and a "
          + "completion of \(length) need \(longest + length); raise it",
        at: SourceLocation(file: "\(name)/experiment.yaml"))
    }
    guard sharesObjective else { return resolved }
    for (index, arm) in arms.enumerated() {
      guard case .ppo(var settings, let reward) = arm.method else { continue }
      guard [length, PPOConfiguration().responseLength].contains(settings.responseLength) else {
        throw SpecificationError.contradiction(
          "'response_length' of arm '\(arm.name)' is \(settings.responseLength), but the task's "
            + "completions have \(length) tokens for all arms; remove it",
          at: SourceLocation(file: "\(name)/experiment.yaml"))
      }
      settings.responseLength = length
      resolved.arms[index].method = .ppo(settings, reward: reward)
    }
    return resolved
  }

  /// The longest prompt of the first seed's draws; prompts of a task differ little in length.
  private func longestPrompt(of task: any PreferenceTask) -> Int {
    let seed = SeedWork(
      specification: self, task: task, store: CellStore(folder: URL(filePath: "/")),
      seed: seeds.values.first ?? 0)
    let prompts = task.prompts(count: 200, split: .train, seed: seed.randomness("prompts.train"))
    return prompts.map(\.count).max() ?? 0
  }
}

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
package func execute<Node: Sendable>(
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
