import Datasets
import ExactTheory
import Foundation
import Optimizers
import PPO
import Tasks
import TestSupport
import Testing
import Training
import Workbench

/// The experiments of this package.
private let experiments: [URL] = {
  let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  let folder = root.appending(path: "experiments")
  let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
  return names.sorted().map { folder.appending(path: $0) }.filter {
    FileManager.default.fileExists(atPath: $0.appending(path: "experiment.yaml").path)
  }
}()

@Suite struct SpecificationFilesTests {
  @Test func thereAreExperiments() { #expect(experiments.count >= 2) }

  @Test(arguments: experiments) func experimentIsWholeAndNamesItsReadme(folder: URL) throws {
    let specification = try ExperimentSpecification(contentsOf: folder)
    #expect(!specification.title.isEmpty && !specification.expectation.isEmpty)
    #expect(specification.name == folder.lastPathComponent)
    #expect(FileManager.default.fileExists(atPath: folder.appending(path: "README.md").path))
  }

  @Test(arguments: experiments) func experimentRunsForTwoSteps(folder: URL) async throws {
    var trial = try ExperimentSpecification(contentsOf: folder).quickTrial(steps: 2)
    trial.seeds = SeedList([1])
    trial.arms = trial.arms.differingInMoreThanTheRate
    let output = try TemporaryFolder()
    let runner: ExperimentRunner
    do {
      runner = try ExperimentRunner(trial, folder: output.url)
    } catch is DataError where [.movieSentiment, .stories].contains(trial.task.name) {
      return  // Movie reviews and stories260K are brought, never committed.
    }
    try await runner.run(jobs: 2)
    let records = try runner.records()
    #expect(records.count >= trial.arms.count)
    #expect(records.allSatisfy { $0.outcome == .completed })
    let failed = records.flatMap(\.certificate).filter { !$0.passed }
    #expect(failed.isEmpty, "\(failed)")
  }
}

extension [ArmSpecification] {
  /// One arm of each kind: a tuning grid repeats every arm at several learning rates.
  fileprivate var differingInMoreThanTheRate: [ArmSpecification] {
    reduce(into: []) { kept, arm in
      guard !kept.contains(where: { $0.ignoringRate == arm.ignoringRate }) else { return }
      kept.append(arm)
    }
  }
}

extension ArmSpecification {
  fileprivate var ignoringRate: ArmSpecification {
    var arm = self
    arm.name = ""
    if case .ppo(var settings, let reward) = method {
      settings.learningRate = 1
      arm.method = .ppo(settings, reward: reward)
    }
    return arm
  }
}
