import DPO
import Foundation
import LanguageModel
import Optimizers
import PPO
import RewardModeling
import Synchronization
import Tasks
import TestSupport
import Testing
import Training
import Workbench

/// An experiment of every method that takes a second.
func smallExperiment(_ extra: String = "") throws -> ExperimentSpecification {
  try ExperimentSpecification(
    yaml: """
      task: {name: enumerable-language, words: 3, maximum_words: 2}
      model: {num_hidden_layers: 1, hidden_size: 16, num_attention_heads: 2, max_length: 16}
      seeds: 2
      beta: 0.2
      data: {demonstrations: 64, pairs: 64, test_pairs: 32}
      sft: {max_steps: 8, per_device_train_batch_size: 16}
      reward: {num_train_epochs: 1, per_device_train_batch_size: 16}
      arms:
        - {name: PPO, ppo: {iterations: 3, rollouts_per_iteration: 16}}
        - {name: PPO-GT, ppo: {iterations: 3, rollouts_per_iteration: 16}, reward: gold}
        - {name: DPO, dpo: {num_train_epochs: 1, per_device_train_batch_size: 16, probe_pairs: 2}}
        - {name: best-of-n, best-of-n: {n: [1, 2]}}
      evaluation: {prompts: 16, checkpoints: 2, samples: 2}
      \(extra)
      """, file: "small.yaml", name: "small")
}

/// The cells that a run worked on, in no order.
private final class Worked: Sendable {
  private let cells = Mutex<Set<String>>([])
  var paths: Set<String> { cells.withLock { $0 } }

  func take(_ progress: CellProgress) {
    guard !progress.isFromEarlierRun else { return }
    cells.withLock { _ = $0.insert(progress.cell.path) }
  }
}

/// A signal that arrives at a moment of the test's choice.
private final class Interruption: Sendable {
  private let cancel = Mutex<(@Sendable () -> Void)?>(nil)

  func aim(at task: Task<CellTimings, any Error>) { cancel.withLock { $0 = { task.cancel() } } }

  /// Waits until it is aimed, then cancels.
  func interrupt() {
    while true {
      if let cancel = cancel.withLock({ $0 }) { return cancel() }
    }
  }
}

/// Runs the small experiment in a folder; the cells that it worked on.
@discardableResult
private func runSmall(
  in folder: TemporaryFolder, _ extra: String = "", jobs: Int = 1
) async throws -> Set<String> {
  let worked = Worked()
  let runner = try ExperimentRunner(smallExperiment(extra), folder: folder.url)
  try await runner.run(jobs: jobs) { worked.take($0) }
  return worked.paths
}

@Suite struct ExperimentRunTests {
  @Test func bytesDoNotDependOnTheNumberOfJobs() async throws {
    let (one, two) = (try TemporaryFolder(), try TemporaryFolder())
    try await runSmall(in: one, jobs: 1)
    try await runSmall(in: two, jobs: 2)
    let paths = try FileManager.default.subpathsOfDirectory(atPath: one.url.path)
      .filter { !one.url.appending(path: $0).hasDirectoryPath }
    let files = paths.filter { (try? one.data($0)) != nil }
    #expect(files.count(where: { $0.hasSuffix("cell.json") }) == 12)
    for file in files { #expect(try one.data(file) == two.data(file), "\(file)") }
  }

  @Test func finishedCellsAreKeptAndChangedArmsAloneRunAgain() async throws {
    let folder = try TemporaryFolder()
    #expect(try await runSmall(in: folder).count == 14)
    #expect(try await runSmall(in: folder).isEmpty)
    var changed = try smallExperiment()
    guard case .dpo(var settings) = changed.arms[2].method else {
      Issue.record("not the method asked for: \(changed.arms[2].method)")
      return
    }
    settings.learningRate = 1e-4
    changed.arms[2].method = .dpo(settings)
    let worked = Worked()
    try await ExperimentRunner(changed, folder: folder.url).run(jobs: 1) { worked.take($0) }
    #expect(worked.paths == ["seed-1/dpo", "seed-2/dpo"])
    #expect(try ExperimentRunner(changed, folder: folder.url).records().count == 12)
  }

  @Test func everyCertificatePasses() async throws {
    let folder = try TemporaryFolder()
    try await runSmall(in: folder)
    let records = try FinishedRun(folder: folder.url).records
    let checks = records.flatMap(\.certificate)
    let failed = checks.filter { !$0.passed }
    #expect(failed.isEmpty, "\(failed)")
    let names = Set(checks.map(\.name))
    #expect(names.contains("reward less the reference's in the evaluation at step 0"))
    #expect(!names.contains("win rate at step 0"))
    #expect(names.contains("DPO loss (ln 2)") && names.contains("largest PPO ratio"))
    let loss = checks.first { $0.name == "reward-model loss (ln 2)" }
    #expect(loss?.expected == log(2))
  }

  @Test func armsOfASeedShareDataAndStartAndSeedsShareNeither() async throws {
    let folder = try TemporaryFolder()
    try await runSmall(in: folder)
    let records = try FinishedRun(folder: folder.url).records.filter { $0.method != "sft" }
    for seed in [1, 2] {
      let own = records.filter { $0.seed == seed }
      #expect(Set(own.map(\.dataHashes)).count == 1)
      let starts = own.filter { $0.method != "reward" }.compactMap { $0.evaluations.first?.values }
      #expect(Set(starts).count == 1)
      #expect(starts.first?["eval/kl"] == 0)
    }
    #expect(Set(records.map { $0.dataHashes["pairs"] }).count == 2)
    #expect(Set(records.map { $0.dataHashes["reference"] }).count == 2)
  }

  @Test func recordHoldsEvaluationsMetricsCostAndSamples() async throws {
    let folder = try TemporaryFolder()
    try await runSmall(in: folder)
    let records = try FinishedRun(folder: folder.url).records
    let reward = try #require(records.first { $0.method == "reward" })
    let ppo = try #require(records.first { $0.arm == "PPO" })
    let goldPPO = try #require(records.first { $0.arm == "PPO-GT" })
    let dpo = try #require(records.first { $0.arm == "DPO" })
    #expect(ppo.evaluations.map(\.step) == [0, 2, 3])
    #expect(dpo.evaluations.map(\.step) == [0, 2, 4])
    #expect(dpo.training.map(\.step) == [0, 1, 2, 3, 4])
    #expect(ppo.samples.count == 2)
    #expect(reward.rewardModel?.testPairs ?? 0 > 0)
    #expect(reward.rewardModel.map { abs($0.referenceMean) < 1e-5 } == true)
    // PPO on the learned reward pays for the reward model before its first rollout.
    #expect(ppo.evaluations[0].cost == reward.cost)
    #expect(ppo.cost.labels == reward.cost.labels)
    // A gold reward gives a number for each of the 3 · 16 rollouts, and chooses nothing.
    #expect(goldPPO.cost.goldQueries == 48 && goldPPO.cost.labels == 0)
    #expect(ppo.cost.goldQueries == 0)
    #expect(dpo.cost.labels == reward.cost.labels)
    #expect(dpo.cost.rollouts == 0)
    let lines = try String(
      contentsOf: folder.url.appending(path: "seed-1/dpo/metrics.jsonl"), encoding: .utf8
    ).split(separator: "\n")
    #expect(lines.count == 5)
  }

  // Three iterations, looked at after each of them on eight of the sixteen prompts.
  @Test func pathIsLookedAtBetweenCheckpointsOnFewerPrompts() async throws {
    let folder = try TemporaryFolder()
    var specification = try smallExperiment()
    specification.seeds = SeedList([1])
    (specification.evaluation.pathPoints, specification.evaluation.pathPrompts) = (3, 8)
    try await ExperimentRunner(specification, folder: folder.url).run(jobs: 1)
    let records = try FinishedRun(folder: folder.url).records
    let ppo = try #require(records.first { $0.arm == "PPO" })
    let path = try #require(ppo.path)
    #expect(ppo.evaluations.map(\.step) == [0, 2, 3] && path.map(\.step) == [0, 1, 2, 3])
    #expect(path[0].cost == ppo.evaluations[0].cost && path[3].cost == ppo.cost)
    #expect(path[0].values["eval/kl"] == 0 && path[3].values["eval/kl_exact"] == nil)
    #expect(path[3].values["eval/gold_objective"] != nil)
    #expect(records.first { $0.arm == "best-of-n" }?.path == nil)
    // Looking changes nothing that is trained.
    let plain = try TemporaryFolder()
    specification.evaluation.pathPoints = nil
    try await ExperimentRunner(specification, folder: plain.url).run(jobs: 1)
    let other = try #require(
      FinishedRun(folder: plain.url).records.first { $0.arm == "PPO" })
    #expect(other.path == nil && other.evaluations.map(\.values) == ppo.evaluations.map(\.values))
  }

  // The reward model's centring pass reads both completions of every pair once more.
  @Test func centringOfTheRewardModelIsBilled() async throws {
    let (folder, plain) = (try TemporaryFolder(), try TemporaryFolder())
    var specification = try smallExperiment()
    specification.seeds = SeedList([1])
    specification.arms = [specification.arms[3]]
    try await ExperimentRunner(specification, folder: folder.url).run(jobs: 1)
    specification.reward.normalization = RewardNormalization.none
    try await ExperimentRunner(specification, folder: plain.url).run(jobs: 1)
    let costs = try [folder, plain].map { folder in
      try #require(FinishedRun(folder: folder.url).records.first { $0.arm == "reward" }).cost
    }
    // One epoch read them once, forward.
    #expect(costs[0].tokensForward == 2 * costs[1].tokensForward)
    #expect(costs[0].tokensBackward == costs[1].tokensBackward)
  }

  @Test func interruptedRunKeepsWhatIsFinishedAndContinues() async throws {
    let (whole, folder) = (try TemporaryFolder(), try TemporaryFolder())
    try await runSmall(in: whole)
    let runner = try ExperimentRunner(smallExperiment(), folder: folder.url)
    let interruption = Interruption()
    let task = Task {
      try await runner.run(jobs: 1) { progress in
        // Stops in the middle of the first arm.
        if case .arm = progress.cell.stage, progress.step == 1 { interruption.interrupt() }
      }
    }
    interruption.aim(at: task)
    await #expect(throws: CancellationError.self) { _ = try await task.value }
    let finished = runner.plan.entries.filter {
      runner.store.isFinished($0.cell, inputs: $0.inputs)
    }
    #expect(finished.map(\.cell.path) == ["seed-1/sft", "data/seed-1", "seed-1/reward"])
    #expect(throws: RunStoreError.self) { try runner.records() }
    #expect(try await runSmall(in: folder).count == 11)
    for cell in runner.plan.entries.map(\.cell) where cell.stage != .data {
      let path = cell.path + "/cell.json"
      #expect(try whole.data(path) == folder.data(path))
    }
  }

  @Test func divergenceIsKeptAsAnOutcome() async throws {
    let folder = try TemporaryFolder()
    var specification = try smallExperiment()
    specification.seeds = SeedList([1])
    guard case .dpo(var settings) = specification.arms[2].method else {
      Issue.record("not the method asked for: \(specification.arms[2].method)")
      return
    }
    (settings.learningRate, settings.warmupSteps) = (1e30, 0)
    settings.maximumGradientNorm = 1e30
    specification.arms = [ArmSpecification(name: "DPO", method: .dpo(settings))]
    try await ExperimentRunner(specification, folder: folder.url).run(jobs: 1)
    let record = try #require(try FinishedRun(folder: folder.url).records.last)
    guard case .diverged(let step) = record.outcome else {
      Issue.record("\(record.outcome)")
      return
    }
    #expect(step >= 1)
    #expect(record.evaluations.first?.step == 0)
  }

  @Test func promptAndCompletionThatDoNotFitTheModelAreRefused() throws {
    var specification = try smallExperiment()
    specification.model.maximumLength = 2
    #expect(throws: SpecificationError.self) {
      try ExperimentRunner(specification, folder: URL(filePath: "/unused"))
    }
  }

  @Test func completionLengthIsTheTasksForAllArms() throws {
    let runner = try ExperimentRunner(smallExperiment(), folder: URL(filePath: "/unused"))
    guard case .ppo(let settings, _) = runner.specification.arms[0].method else {
      Issue.record("not the method asked for: \(runner.specification.arms[0].method)")
      return
    }
    #expect(settings.responseLength == runner.task.maximumCompletionLength)
  }
}

@Suite struct ComparisonTests {
  @Test func changedPairIsRefusedWithBothHashesAndTheFirstDifferingLine() async throws {
    let (a, b) = (try TemporaryFolder(), try TemporaryFolder())
    try await runSmall(in: a)
    try FileManager.default.removeItem(at: b.url)
    try FileManager.default.copyItem(at: a.url, to: b.url)
    #expect(try RunComparison([a.url, b.url]).specification.arms.count == 8)

    let file = b.url.appending(path: "data/seed-2/train.jsonl")
    var lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    lines.swapAt(4, 9)
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file)
    let error = #expect(throws: ComparisonError.self) { try RunComparison([a.url, b.url]) }
    guard case .different("pairs", 2, let first, let second, let line?)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(first.hash != second.hash)
    #expect(line.number == 5)
    let text =
      "\(ComparisonError.different(what: "pairs", seed: 2, first: first, second: second, line: line))"
    #expect(
      text.contains(first.hash) && text.contains(second.hash) && text.contains("train.jsonl:5:"))
    // One run alone shows it too: its cells learned from other bytes.
    let own = #expect(throws: ComparisonError.self) { try RunComparison([b.url]) }
    guard case .changedSince("pairs", _, let recorded, let found)? = own else {
      Issue.record("\(String(describing: own))")
      return
    }
    #expect(recorded == first.hash)
    #expect(found.hash == second.hash)
  }

  @Test func runsWithOtherDataAreRefusedAndRunsOnTheSameAreMerged() async throws {
    let (a, b, c) = (try TemporaryFolder(), try TemporaryFolder(), try TemporaryFolder())
    try await runSmall(in: a, "title: a")
    var other = try smallExperiment()
    other.arms = [other.arms[2]]
    other.arms[0].name = "DPO again"
    other.seeds = SeedList([2])
    try await ExperimentRunner(other, folder: b.url).run(jobs: 1)
    other.data.annotator.flipRate = 0.25
    try await ExperimentRunner(other, folder: c.url).run(jobs: 1)

    let merged = try RunComparison([a.url, b.url])
    #expect(merged.specification.seeds.values == [2])
    #expect(merged.specification.arms.map(\.name).last == "DPO again")
    #expect(Set(merged.records.map(\.seed)) == [2])
    let again = try #require(merged.records.first { $0.arm == "DPO again" })
    let first = try #require(merged.records.first { $0.arm == "DPO" })
    #expect(
      again.evaluations.last?.values["eval/gold_reward"]
        == first.evaluations.last?.values["eval/gold_reward"])
    #expect(throws: ComparisonError.self) { try RunComparison([a.url, c.url]) }
  }

  @Test func runsWithoutACommonSeedAreRefused() async throws {
    let (a, b) = (try TemporaryFolder(), try TemporaryFolder())
    for (folder, seed) in [(a, 7), (b, 8)] {
      var specification = try smallExperiment()
      specification.arms = [specification.arms[2]]
      specification.seeds = SeedList([seed])
      try await ExperimentRunner(specification, folder: folder.url).run(jobs: 1)
    }
    let error = #expect(throws: ComparisonError.self) { try RunComparison([a.url, b.url]) }
    #expect(error == .noCommonSeed([a.url.path, b.url.path]))
  }
}
