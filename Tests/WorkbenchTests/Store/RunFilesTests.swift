import Foundation
import Optimizers
import TestSupport
import Testing
import Training
import Workbench

@Suite struct RunFilesTests {
  private let folder: TemporaryFolder
  private let store: CellStore

  init() throws {
    folder = try TemporaryFolder()
    store = CellStore(folder: folder.url)
  }

  @Test func timingsOfAContinuedRunAreAddedToThoseOfTheFirst() throws {
    try store.merge(["seed-1/sft": 2, "seed-1/dpo": 3])
    try store.merge(["seed-1/dpo": 4, "seed-1/ppo": 5])
    let merged = try decodeRecord(CellTimings.self, from: folder.data("timings.json"))
    #expect(merged == ["seed-1/sft": 2, "seed-1/dpo": 4, "seed-1/ppo": 5])
  }

  @Test func folderWithoutAConfigurationIsNoRun() {
    let error = #expect(throws: MissingInput.self) { try store.specification() }
    #expect(error?.path.hasSuffix("config.yaml") == true)
    #expect(error.map { "\($0)" }?.contains("tandem run") == true)
  }

  @Test func fileThatCannotBeWrittenIsNamed() throws {
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: "timings.json/x"), withIntermediateDirectories: true)
    let error = #expect(throws: RunStoreError.self) { try store.merge(["a": 1]) }
    guard case .cannotWrite(let path, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(path.hasSuffix("timings.json"))
  }

  @Test func recordsOfASpecificationComeInTheOrderOfSeedsAndArms() throws {
    let specification = try read("seeds: [7, 5]\narms: [{name: B, dpo: {}}, {name: A, dpo: {}}]")
    for seed in [5, 7] {
      for (stage, arm) in [(Stage.sft, "sft"), (.arm("a"), "A"), (.arm("b"), "B")] {
        let record = CellRecord(question: "q", arm: arm, method: "dpo", seed: seed)
        try store.write(Cell(seed: seed, stage: stage), inputs: "x") {
          try encodeRecord(record).write(to: $0.appending(path: "cell.json"))
        }
      }
    }
    let records = try store.records(of: specification)
    #expect(records.map(\.seed) == [7, 7, 7, 5, 5, 5])
    #expect(records.map(\.arm) == ["sft", "B", "A", "sft", "B", "A"])
  }

  @Test func recordSurvivesTheDisk() throws {
    var record = CellRecord(question: "q", arm: "DPO", method: "dpo", seed: 3)
    record.outcome = .diverged(step: 4)
    record.certificate = [CertificateCheck(name: "x", expected: 0, measured: .infinity)]
    record.training = [MetricsRow(step: 1, values: ["loss": .nan])]
    var reward = RewardModelSummary()
    reward.calibration = [CalibrationPoint(predicted: 0.6, observed: 0.5, count: 9)]
    record.rewardModel = reward
    record.samples = [
      SampleRecord(
        prompt: "a", completion: "b", gold: 1, proxy: 0.5, logRatio: nil, referenceCompletion: "c",
        referenceGold: -1)
    ]
    record.dataHashes = ["pairs": "00"]
    let data = try encodeRecord(record)
    let copy = try decodeRecord(CellRecord.self, from: data)
    #expect(try encodeRecord(copy) == data)
    #expect(copy.outcome == .diverged(step: 4))
    #expect(copy.rewardModel == reward)
    #expect(copy.certificate[0].measured == .infinity)
  }

  @Test func pathsDatesAndTimesAreNoPartOfARecord() throws {
    let record = CellRecord(question: "q", arm: "DPO", method: "dpo", seed: 3)
    let object = try JSONSerialization.jsonObject(with: encodeRecord(record))
    let keys = try #require(object as? [String: NSObject]).keys.sorted()
    #expect(
      keys == [
        "arm", "certificate", "cost", "dataHashes", "evaluations", "method", "outcome", "question",
        "samples", "seed", "training",
      ])
  }
}

@Suite struct ManifestTests {
  @Test func manifestSaysWhatRanWhereAndWithWhat() async throws {
    let specification = try read("seeds: [3, 4]\narms: [{dpo: {}}]")
    let manifest = try await Manifest.gathered(
      for: specification, command: ["tandem", "run"], jobs: 2)
    #expect(manifest.seeds == [3, 4])
    #expect(manifest.specification.count == 64)
    #expect(manifest.processors >= 1)
    #expect([128, 256, 512].contains(manifest.vectorBits))
    #expect(manifest.command == ["tandem", "run"])
    #expect(manifest.jobs == 2)
    #expect(manifest.exit == nil)
  }

  @Test func otherSpecificationHasAnotherHash() async throws {
    func hash(_ yaml: String) async throws -> String {
      try await Manifest.gathered(for: read(yaml), command: [], jobs: 1).specification
    }
    let first = try await hash("arms: [{dpo: {}}]")
    #expect(try await hash("arms: [{dpo: {}}]") == first)
    #expect(try await hash("beta: 0.2\narms: [{dpo: {}}]") != first)
  }

  @Test func hashesOfEachSeedAreNoted() async throws {
    var manifest = try await Manifest.gathered(for: read("arms: [{dpo: {}}]"), command: [], jobs: 1)
    var cells = [1, 2].map { CellRecord(question: "q", arm: "DPO", method: "dpo", seed: $0) }
    cells[0].dataHashes = ["pairs": "aa", "prompts": "bb", "reference": "cc"]
    manifest.note(cells)
    #expect(manifest.data == ["seed-1": ["pairs": "aa", "prompts": "bb", "reference": "cc"]])
    let copy = try decodeRecord(Manifest.self, from: encodeRecord(manifest))
    #expect(copy.data == manifest.data)
  }
}

@Suite struct DifferingLineTests {
  @Test func shortLinesAreShownWhole() {
    let line = DifferingLine(number: 2, first: "abc", second: "abd")
    #expect("\(line)" == "2:\n  - abc\n  + abd")
  }

  @Test func longLinesAreShownFromShortlyBeforeTheyPart() {
    let start = String(repeating: "x", count: 500)
    let tail = String(repeating: "y", count: 500)
    let text = "\(DifferingLine(number: 1, first: start + "A" + tail, second: start + "B" + tail))"
    #expect(text.contains("xA") && text.contains("xB"))
    #expect(text.count < 320)
  }

  @Test func lineThatOneFileLacksIsSaidSo() {
    #expect("\(DifferingLine(number: 9, first: nil, second: "abc"))".contains("(no such line)"))
  }
}
