import ArgumentParser
import Foundation
import Reports
import Tasks
import Workbench

/// `tandem run`: everything from demonstrations to the report.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run an experiment: reference, data, reward model, every arm, report.",
    discussion: """
      Finished cells of an earlier run in the same folder are kept; a changed
      specification reruns only what it changes. The results are the same for any
      number of jobs.

      EXAMPLES
        tandem run experiments/quick --output /tmp/quick
        tandem run experiments/reward-curves --output runs/reward-curves \\
          --results results/reward-curves
        tandem run experiments/reward-curves --quick --jobs 2 --output /tmp/trial
        tandem run experiments/reward-curves --dry-run
        tandem run experiments/reward-curves --seeds 1,2,3 \\
          --output runs/three-seeds --json
      """)

  @Argument(help: "A folder with an experiment.yaml, or such a file.")
  var experiment: String

  @Option(help: "The run folder; runs/NAME unless given.")
  var output: String?

  @Option(help: "Where summary, curves, figures and report go; OUTPUT/results unless given.")
  var results: String?

  @Option(help: "Run this seed alone.")
  var seed: Int?

  @Option(help: "A number of seeds, or a list such as 1,2,3.")
  var seeds: String?

  @Option(
    help: "Maximum parallel cells, one per core unless given; few cells share the idle cores.")
  var jobs = ProcessInfo.processInfo.activeProcessorCount

  @Flag(help: "Two seeds of a tiny model for a few steps: a trial of the machinery in a minute.")
  var quick = false

  @Flag(help: "Check the specification and print what would run.")
  var dryRun = false

  @Flag(help: "Print one JSON document instead of a table.")
  var json = false

  @Flag(name: [.short, .long], help: "No progress.")
  var quiet = false

  func validate() throws {
    guard jobs >= 1 else { throw ValidationError("--jobs is \(jobs); allowed is 1 or more") }
    guard seed == nil || seeds == nil else {
      throw ValidationError("--seed and --seeds exclude one another; give one of them")
    }
    _ = try chosenSeeds()
  }

  func run() async throws {
    var specification = try ExperimentSpecification(contentsOf: URL(filePath: experiment))
    if quick { specification = specification.quickTrial() }
    if let chosen = try chosenSeeds() { specification.seeds = SeedList(chosen) }
    let folder = URL(filePath: output ?? "runs/\(specification.name)")
    let runner = try ExperimentRunner(specification, folder: folder)
    if dryRun { return try printPlan(of: runner, json: json) }
    let results = results.map { URL(filePath: $0) }
    try await carryOut(runner, results: results, jobs: jobs, isQuiet: quiet, json: json)
  }

  /// The seeds that the options ask for, if they ask for any.
  private func chosenSeeds() throws -> [Int]? {
    if let seed {
      guard 0...999_999 ~= seed else {
        throw ValidationError("--seed is \(seed); allowed is 0 to 999999")
      }
      return [seed]
    }
    guard let seeds else { return nil }
    let numbers = seeds.split(separator: ",").map { Int($0.trimmingCharacters(in: .whitespaces)) }
    let chosen = numbers.compactMap(\.self)
    guard !chosen.isEmpty, Set(chosen).count == numbers.count,
      chosen.allSatisfy({ 0...999_999 ~= $0 })
    else {
      throw ValidationError(
        "--seeds is '\(seeds)'; give a number of seeds or a list such as 1,2,3 without repetition, "
          + "none above 999999")
    }
    guard chosen.count == 1, !seeds.contains(",") else { return chosen }
    guard chosen[0] >= 1 else { throw ValidationError("--seeds is 0; allowed is 1 or more") }
    return Array(1...chosen[0])
  }
}

/// Prints what a run would do, and what it costs.
func printPlan(of runner: ExperimentRunner, json: Bool) throws {
  let plan = PlanDocument(runner)
  try print(json ? jsonText(of: plan) : plan.text)
}

/// Runs what is not finished yet, writes the results, beside the run unless named, and sums up.
func carryOut(
  _ runner: ExperimentRunner, results: URL? = nil, jobs: Int, isQuiet: Bool, json: Bool
) async throws {
  let command = CommandLine.arguments
  let results = results ?? runner.store.folder.appending(path: "results")
  let advice = "finished cells are kept; the same command continues"
  let summary = try await Interruption.cancelling(advice: advice) {
    try await withManifest(of: runner, command: command, jobs: jobs, results: results) {
      try await runShowingProgress(runner, jobs: jobs, isQuiet: isQuiet)
    }
  }
  try print(json ? jsonText(of: summary) : table(of: summary, results: results))
}

/// Runs an experiment's cells with a line of progress on stderr.
func runShowingProgress(
  _ runner: ExperimentRunner, jobs: Int, isQuiet: Bool
) async throws -> CellTimings {
  guard !isQuiet else { return try await runner.run(jobs: jobs) }
  let display = SharedDisplay(ProgressDisplay(runner.plan))
  defer { display { $0.finish() } }
  return try await runner.run(jobs: jobs) { event in display { $0.take(event) } }
}

/// Writes manifest and timings around a run, then its results.
func withManifest(
  of runner: ExperimentRunner, command: [String], jobs: Int, results: URL,
  run: () async throws -> CellTimings
) async throws -> ExperimentSummary {
  // Before hours of work, not after.
  try CellStore(folder: results).make()
  let manifest = try await recordingManifest(of: runner, command: command, jobs: jobs, run: run)
  let facts = try runner.specification.facts(
    task: runner.task, command: reproduction(of: runner))
  let records = try runner.records()
  let summary = summarize(records, facts: facts)
  try CellStore(folder: results).write(manifest, as: "manifest.json")
  try await writeResults(summary, cells: records, to: results)
  return summary
}

/// Writes manifest and timings around a run, whether it ends or fails.
///
/// - Returns: The manifest of the finished run.
func recordingManifest(
  of runner: ExperimentRunner, command: [String], jobs: Int, run: () async throws -> CellTimings
) async throws -> Manifest {
  var manifest = try await Manifest.gathered(
    for: runner.specification, command: command, jobs: jobs)
  do {
    let timings = try await run()
    try runner.store.merge(timings)
  } catch {
    if ExitStatus(for: error) != .cannotCreate {
      manifest.end = Date()
      manifest.exit = ExitStatus(for: error).rawValue
      try? runner.store.write(manifest, as: "manifest.json")
    }
    throw error
  }
  manifest.note(try runner.records())
  (manifest.end, manifest.exit) = (Date(), 0)
  try runner.store.write(manifest, as: "manifest.json")
  return manifest
}

/// The command that makes the results again, without this machine's paths.
func reproduction(of name: String) -> String { "tandem run experiments/\(name)" }

/// The same of a run; one on a user's own pairs is made again from its own configuration.
func reproduction(of runner: ExperimentRunner) -> String {
  runner.specification.task.pairs == nil
    ? reproduction(of: runner.specification.name)
    : "tandem run \(runner.store.folder.relativePath)/config.yaml"
}
