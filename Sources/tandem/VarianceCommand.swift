import ArgumentParser
import Foundation
import Reports
import VarianceStudy
import Workbench

/// `tandem variance`: section 5.2 of the DPO paper, in numbers.
struct VarianceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "variance",
    abstract: "Measure what dropping or replacing the normaliser does to the policy gradient.",
    discussion: """
      Three acts: exact numbers on listed completions; exact gradients inside a
      transformer along PPO, DPO and exact ascent; and training with six baselines.
      Finished cells of an earlier run in the same folder are kept. Exit code 1 if a
      law does not hold; empirical claims fail nothing.

      EXAMPLES
        tandem variance --output runs/variance --results results/variance
        tandem variance --quick --output /tmp/variance
        tandem variance --json
      """)

  @Option(help: "The experiment inside the transformer: a folder with an experiment.yaml.")
  var model = "experiments/variance-model"

  @Option(help: "The experiment that trains with each baseline.")
  var training = "experiments/variance"

  @Option(help: "The run folder.")
  var output = "runs/variance"

  @Option(help: "Where summary, curves, claims, figures and page go; OUTPUT/results unless given.")
  var results: String?

  @Option(
    help: "Maximum parallel cells, one per core unless given; few cells share the idle cores.")
  var jobs = ProcessInfo.processInfo.activeProcessorCount

  @Flag(help: "Two seeds and a few steps: a trial of the machinery in a minute.")
  var quick = false

  @Flag(help: "Print one JSON document instead of a table.")
  var json = false

  @Flag(name: [.short, .long], help: "No progress.")
  var quiet = false

  func validate() throws {
    guard jobs >= 1 else { throw ValidationError("--jobs is \(jobs); allowed is 1 or more") }
  }

  func run() async throws {
    let folder = URL(filePath: output)
    let results = results.map { URL(filePath: $0) } ?? folder.appending(path: "results")
    try CellStore(folder: results).make()
    let advice = "finished cells are kept; the same command continues"
    let (inside, trained) = (try runner(model, in: folder), try runner(training, in: folder))
    let found = try await Interruption.cancelling(advice: advice) {
      try await finish(inside, manifest: "manifest-model.json", results: results)
      try await finish(trained, manifest: "manifest.json", results: results)
      let samples = quick ? 10_000 : 100_000
      let found = try VarianceResults(model: inside, training: trained, samples: samples)
      try await found.write(to: results)
      return found
    }
    try print(json ? jsonText(of: found.summary) : claimTable(found.claims))
    guard !found.claims.contains(where: \.failsBuild) else { throw ExitCode.failure }
  }

  private func runner(_ experiment: String, in folder: URL) throws -> ExperimentRunner {
    var specification = try ExperimentSpecification(contentsOf: URL(filePath: experiment))
    if quick { specification = specification.quickTrial() }
    return try ExperimentRunner(
      specification, folder: folder.appending(path: specification.name))
  }

  /// Runs what is not finished yet, and keeps the manifest with the results.
  private func finish(_ runner: ExperimentRunner, manifest name: String, results: URL) async throws
  {
    let manifest = try await recordingManifest(
      of: runner, command: CommandLine.arguments, jobs: jobs
    ) {
      try await runShowingProgress(runner, jobs: jobs, isQuiet: quiet)
    }
    try CellStore(folder: results).write(manifest, as: name)
  }
}
