import Datasets
import Evaluation
import Foundation
import LanguageModel
import PPO
import Synchronization
import Tasks
import TestSupport
import Testing
import Workbench

@Suite struct RunIndependenceTests {
  @Test func otherSeedsAndArmsMoveNoBitOfACell() async throws {
    let many = try await run(smallExperiment())
    var alone = try oneSeed(0..<3)
    alone.seeds = SeedList([2])
    alone.arms.removeAll { $0.name == "PPO-GT" }
    let few = try await run(alone)
    for cell in ["sft", "reward", "ppo", "dpo"] {
      let path = "seed-2/\(cell)/cell.json"
      #expect(try many.data(path) == few.data(path), "\(cell)")
    }
    #expect(try many.data("data/seed-2/train.jsonl") == few.data("data/seed-2/train.jsonl"))
  }

  @Test func sharedReferenceIsTheSameForAllSeedsAndTheirDataAreNot() async throws {
    var specification = try smallExperiment("share_sft: true")
    specification.arms = [specification.arms[2]]
    let folder = try await run(specification)
    let records = try [1, 2].map { try record("seed-\($0)/dpo", in: folder) }
    #expect(records[0].dataHashes["reference"] == records[1].dataHashes["reference"])
    #expect(records[0].dataHashes["pairs"] != records[1].dataHashes["pairs"])
    #expect(!FileManager.default.fileExists(atPath: folder.url.appending(path: "seed-2/sft").path))
  }

  @Test func lastEvaluationIsThatOfTheCheckpointOnDisk() async throws {
    let specification = try oneSeed(2..<3)
    let folder = try await run(specification)
    let record = try record("seed-1/dpo", in: folder)
    let task = try makeTask(specification.task)
    let prompts = try String(decoding: folder.data("data/seed-1/prompts.jsonl"), as: UTF8.self)
      .split(separator: "\n").map { line in
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: NSObject]
        return try #require(object?["tokens"] as? [Int])
      }
    func model(_ cell: String) throws -> Transformer<Float> {
      try ModelFolder(folder.url.appending(path: "seed-1/\(cell)/checkpoint")).policy()
    }
    let evaluation = try PolicyEvaluator(
      task: task, reference: model("sft"), prompts: prompts, seed: Seed(1).derived("evaluation")
    ).evaluate(model("dpo"))
    let last = try #require(record.evaluations.last)
    #expect(evaluation.logged["eval/gold_reward"] != nil)
    for (name, value) in evaluation.logged { #expect(last.values[name] == value, "\(name)") }
  }

  @Test func twiceTheAnnotatorTemperatureIsHalfTheGoldReward() async throws {
    var specification = try oneSeed(1..<2)
    let plain = try record("seed-1/ppo-gt", in: await run(specification))
    specification.data.annotator.temperature = 2
    let warm = try record("seed-1/ppo-gt", in: await run(specification))
    // The first rollouts are the reference's in both runs.
    let scores = [plain, warm].compactMap { $0.training.first?.values["objective/scores"] }
    #expect(abs(scores[0] - 2 * scores[1]) < 1e-5)
    #expect(plain.training.last?.values != warm.training.last?.values)
  }

  @Test func certificateFailsWhereTemperaturesDiffer() async throws {
    var specification = try oneSeed(1..<2)
    specification.sharesObjective = false
    guard case .ppo(var settings, let source) = specification.arms[0].method else {
      Issue.record("not the method asked for: \(specification.arms[0].method)")
      return
    }
    (settings.temperature, settings.responseLength) = (0.7, 3)
    specification.arms[0].method = .ppo(settings, reward: source)
    let record = try record("seed-1/ppo-gt", in: await run(specification))
    let failed = record.certificate.filter { !$0.passed }
    #expect(failed.map(\.name) == ["temperature of rollouts ÷ that of evaluation"])
    #expect(failed.allSatisfy { abs($0.measured - 0.7) < 1e-3 })
  }

  @Test func progressOfACellRisesFromNothingToOne() async throws {
    let box = Events()
    let folder = try TemporaryFolder()
    let specification = try oneSeed()
    try await ExperimentRunner(specification, folder: folder.url).run(jobs: 2) { box.add($0) }
    let byCell = Dictionary(grouping: box.all, by: \.cell)
    #expect(byCell.count == 7)
    for (cell, events) in byCell {
      let fractions = events.map(\.fraction)
      #expect(fractions == fractions.sorted(), "\(cell.path)")
      #expect(fractions.first == 0 && fractions.last == 1)
      #expect(fractions.filter { $0 == 1 }.count == 1)
    }
    let again = Events()
    try await ExperimentRunner(specification, folder: folder.url).run(jobs: 2) { again.add($0) }
    #expect(again.all.count == 7 && again.all.allSatisfy { $0.isFromEarlierRun })
  }

  @Test func runReturnsWhatItsCellsTook() async throws {
    let folder = try TemporaryFolder()
    let runner = try ExperimentRunner(oneSeed(2..<3), folder: folder.url)
    let timings = try await runner.run(jobs: 1)
    #expect(Set(timings.keys) == ["seed-1/sft", "data/seed-1", "seed-1/dpo"])
    #expect(timings.values.allSatisfy { $0 > 0 })
    #expect(try await runner.run(jobs: 1).isEmpty)
  }

  @Test func damagedCellIsMadeAgainAsItWas() async throws {
    let specification = try oneSeed(2..<3)
    let folder = try await run(specification)
    let before = try folder.data("seed-1/dpo/cell.json")
    try Data("{}".utf8).write(to: folder.url.appending(path: "seed-1/dpo/cell.json"))
    try FileManager.default.removeItem(at: folder.url.appending(path: "data/seed-1/test.jsonl"))
    let timings = try await ExperimentRunner(specification, folder: folder.url).run(jobs: 1)
    #expect(Set(timings.keys) == ["seed-1/dpo", "data/seed-1"])
    #expect(try folder.data("seed-1/dpo/cell.json") == before)
  }

  private final class Events: Sendable {
    private let events = Mutex<[CellProgress]>([])
    var all: [CellProgress] { events.withLock { $0 } }
    func add(_ event: CellProgress) { events.withLock { $0.append(event) } }
  }
}
