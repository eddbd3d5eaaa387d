import Foundation
import TestSupport
import Testing
import Workbench

@Suite struct ComparisonRefusalTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(
    _ name: String, arms: [String] = ["DPO"], seeds: [Int] = [1], pairs: String = "a\nb\n",
    prompts: String = "p\n", reference: String = "r"
  ) throws -> RunByHand {
    try RunByHand(
      folder.url.appending(path: name), arms: arms, seeds: seeds, pairs: pairs, prompts: prompts,
      reference: reference)
  }

  private func refusal(_ runs: RunByHand...) -> ComparisonError? {
    #expect(throws: ComparisonError.self) { try RunComparison(runs.map(\.url)) }
  }

  @Test func equalDataAreAccepted() throws {
    let comparison = try RunComparison([run("a").url, run("b", arms: ["IPO"]).url])
    #expect(comparison.specification.arms.map(\.name) == ["DPO", "IPO"])
    #expect(comparison.records.map(\.arm) == ["sft", "DPO", "IPO"])
  }

  @Test func otherPairsAreShownWithHashesAndTheFirstDifferingLine() throws {
    let (a, b) = (try run("a", seeds: [1, 2]), try run("b", seeds: [2, 3], pairs: "a\nc\n"))
    let error = refusal(a, b)
    let paths = [a, b].map { $0.url.appending(path: "data/seed-2/train.jsonl").path }
    #expect(
      error.map { "\($0)" } == """
        the pairs of seed 2 differ, so these runs cannot share an axis
          \(digest("a\nb\n"))  \(paths[0])
          \(digest("a\nc\n"))  \(paths[1])
        first difference at \(paths[1]):2:
          - b
          + c
        run both from one specification, or restore the changed file
        """)
    #expect(error.map { ExitStatus(for: $0) } == .data)
  }

  @Test func otherPromptsAreFoundWhereThePairsAgree() throws {
    guard
      case .different("prompts", 1, let first, let second, let line)? = refusal(
        try run("a"), try run("b", prompts: "p\nq\n"))
    else {
      Issue.record("runs with other prompts were compared")
      return
    }
    #expect(first.hash == digest("p\n") && second.hash == digest("p\nq\n"))
    // After its last line break a text has one more, empty line.
    #expect(line == DifferingLine(number: 2, first: "", second: "q"))
  }

  @Test func otherReferenceIsShownByItsHashesAlone() throws {
    let error = refusal(try run("a"), try run("b", reference: "s"))
    guard case .different("reference", 1, let first, let second, nil)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(first.hash == digest("r") && second.hash == digest("s"))
    #expect(error.map { !"\($0)".contains("first difference") } == true)
  }

  @Test func seedsThatOnlyOneRunHasAreNoMatter() throws {
    let (a, b) = (try run("a", seeds: [1, 2]), try run("b", arms: ["IPO"], seeds: [3, 2]))
    try b.write("other\n", to: "data/seed-3/prompts.jsonl")
    let error = refusal(a, b)
    // The run itself knows that its own data changed.
    guard case .changedSince("prompts", "IPO of seed 3", digest("p\n"), _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    try b.write("p\n", to: "data/seed-3/prompts.jsonl")
    let comparison = try RunComparison([a.url, b.url])
    #expect(comparison.specification.seeds.values == [2])
    #expect(comparison.records.map(\.seed) == [2, 2, 2])
  }

  @Test func dataThatChangedAfterwardsAreToldWithTheCell() throws {
    let a = try run("a")
    try a.write("a\nB\n", to: "data/seed-1/train.jsonl")
    let file = a.url.appending(path: "data/seed-1/train.jsonl").path
    #expect(
      refusal(a).map { "\($0)" } == """
        the pairs of DPO of seed 1 changed since it learned from them
          \(digest("a\nb\n"))  recorded by DPO of seed 1
          \(digest("a\nB\n"))  \(file)
        restore the file, or run the experiment again
        """)
  }

  @Test func noCommonSeedIsSaidWithBothFolders() throws {
    let (a, b) = (try run("a", seeds: [1]), try run("b", seeds: [2]))
    #expect(
      refusal(a, b).map { "\($0)" }
        == "\(a.url.path) and \(b.url.path) have no seed in common; run them with the same seeds")
  }

  @Test func missingDataFileIsNoComparison() throws {
    let (a, b) = (try run("a"), try run("b"))
    let file = b.url.appending(path: "data/seed-1/train.jsonl")
    try FileManager.default.removeItem(at: file)
    do {
      _ = try RunComparison([a.url, b.url])
      Issue.record("runs without pairs were compared")
    } catch {
      #expect(ExitStatus(for: error) == .missingInput)
      #expect(sentence(for: error).contains(file.path))
    }
  }
}

@Suite struct ComparedNamesTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(_ path: String, arms: [String]) throws -> RunByHand {
    try RunByHand(folder.url.appending(path: path), arms: arms)
  }

  @Test func armsOfOneNameTakeThatOfTheirFolder() throws {
    let comparison = try RunComparison([
      run("old", arms: ["DPO", "IPO"]).url, run("new", arms: ["dpo", "KTO"]).url,
    ])
    // The same but for its case is the same: folders of arms are in lower case.
    #expect(
      comparison.specification.arms.map(\.name) == ["DPO (old)", "IPO", "dpo (new)", "KTO"])
    #expect(comparison.records.map(\.arm) == ["sft", "DPO (old)", "IPO", "dpo (new)", "KTO"])
  }

  @Test func foldersOfOneNameAreToldApart() throws {
    let (a, b) = (try run("x/run", arms: ["DPO"]), try run("y/run", arms: ["DPO"]))
    let comparison = try RunComparison([a.url, b.url])
    let names = comparison.specification.arms.map(\.name)
    #expect(Set(names).count == 2 && names.allSatisfy { $0.hasPrefix("DPO (run") })
    for (name, run) in zip(names, [a, b]) {
      let own = comparison.records.filter { $0.arm == name }
      #expect(own.flatMap(\.samples).map(\.prompt) == [run.url.path])
    }
  }

  @Test func threeRunsShareTheirCommonSeeds() throws {
    let seeds = [[1, 2, 3], [2, 3, 4], [9, 3, 2]]
    let runs = try seeds.enumerated().map { index, seeds in
      try RunByHand(folder.url.appending(path: "\(index)"), arms: ["arm \(index)"], seeds: seeds)
    }
    let comparison = try RunComparison(runs.map(\.url))
    #expect(comparison.specification.seeds.values == [2, 3])
    #expect(comparison.records.count == 2 + 3 * 2)
  }

  @Test func sharedReferenceIsThatOfTheFirstSeed() throws {
    let first = try RunByHand(
      folder.url.appending(path: "a"), arms: ["DPO"], seeds: [4, 5], shared: true)
    let second = try RunByHand(
      folder.url.appending(path: "b"), arms: ["IPO"], seeds: [4, 5], shared: true)
    let comparison = try RunComparison([first.url, second.url])
    #expect(comparison.records.map(\.arm) == ["sft", "DPO", "DPO", "IPO", "IPO"])
  }
}

@Suite struct FinishedRunTests {
  @Test func runWithoutOneOfItsCellsIsNotFinished() throws {
    let folder = try TemporaryFolder()
    let run = try RunByHand(folder.url.appending(path: "run"), arms: ["A", "B"], seeds: [1, 2])
    try FileManager.default.removeItem(at: run.url.appending(path: "seed-2/b/cell.json"))
    let error = #expect(throws: RunStoreError.self) { try FinishedRun(folder: run.url) }
    #expect(error == .incomplete(path: run.url.path, missing: ["seed-2/b"]))
    #expect(
      error.map { "\($0)" }
        == "\(run.url.path) is no finished run: seed-2/b missing; run `tandem run` on it first")
  }

  @Test func recordFromAnOlderLayoutIsDamaged() throws {
    let folder = try TemporaryFolder()
    let run = try RunByHand(folder.url.appending(path: "run"), arms: ["A"])
    try run.write(#"{"arm":"A","seed":1}"#, to: "seed-1/a/cell.json")
    let error = #expect(throws: RunStoreError.self) { try FinishedRun(folder: run.url) }
    let file = run.url.appending(path: "seed-1/a/cell.json").path
    #expect(error == .damaged(path: file, reason: "no cell record"))
  }

  @Test func configurationThatWasBrokenIsRefusedWithItsLine() throws {
    let folder = try TemporaryFolder()
    let run = try RunByHand(folder.url.appending(path: "run"), arms: ["A"])
    try run.write("beta: 0.1\nbetta: 2\narms: [{dpo: {}}]\n", to: "config.yaml")
    let error = #expect(throws: SpecificationError.self) { try FinishedRun(folder: run.url) }
    #expect(error.map { "\($0)" }?.contains("config.yaml:2:1: unknown key 'betta'") == true)
  }
}
