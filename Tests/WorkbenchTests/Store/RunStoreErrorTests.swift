import Foundation
import Reports
import TestSupport
import Testing
import Workbench

@Suite struct RunStoreErrorTests {
  @Test(arguments: [
    (
      RunStoreError.locked(path: "r"),
      "r is in use by another tandem process; wait for it, or choose another --output"
    ),
    (
      .cannotCreate(path: "r", reason: "why"),
      "r cannot be created (why); choose another folder or mend its permissions"
    ),
    (
      .cannotWrite(path: "r", reason: "why"),
      "r cannot be written (why); make room and run the same command again"
    ),
    (
      .damaged(path: "r", reason: "why"),
      "r is damaged (why); delete it and run the same command again"
    ),
    (
      .incomplete(path: "r", missing: ["a", "b", "c", "d"]),
      "r is no finished run: a, b, c, d missing; run `tandem run` on it first"
    ),
    (
      .incomplete(path: "r", missing: ["a", "b", "c", "d", "e"]),
      "r is no finished run: a, b, c, d, … missing; run `tandem run` on it first"
    ),
  ])
  func everyMistakeIsASentence(error: RunStoreError, sentence: String) {
    #expect("\(error)" == sentence)
  }

  @Test func sentencesOfTheOthersSayWhatToDo() {
    #expect(
      "\(MissingInput(path: "p", remedy: "do q"))" == "p is not there or cannot be read; do q")
    #expect(
      "\(NumericalFailure(stage: "DPO", step: 3, checkpoint: "c"))"
        == "DPO diverged at step 3: a loss, reward or gradient was not finite; lower the learning "
        + "rate. The model from before that step is in c")
    #expect(sentence(for: CancellationError()) == "interrupted; what was finished is kept")
    #expect(
      "\(FigureError.failed(figure: "f", message: "m"))" == "gnuplot could not draw f: m")
    #expect("\(FigureError.noGnuplot)".contains("apt-get install gnuplot-nox"))
  }

  // sysexits.h, as design/formats.md lists it.
  @Test func codesAreThoseOfSysexits() {
    #expect(ExitStatus.allCases.map(\.rawValue) == [0, 64, 65, 66, 69, 70, 73, 74, 75, 78])
  }
}

@Suite struct CellStoreFailureTests {
  private let folder: TemporaryFolder
  private let store: CellStore
  private let cell = Cell(seed: 1, stage: .sft)

  init() throws {
    folder = try TemporaryFolder()
    store = CellStore(folder: folder.url)
  }

  @Test func cellWhosePlaceIsAFileCannotBeWritten() throws {
    try Data().write(to: folder.url.appending(path: "seed-1"))
    let error = #expect(throws: RunStoreError.self) {
      try store.write(cell, inputs: "a") { _ in Issue.record("there is no place to write to") }
    }
    guard case .cannotWrite(let path, let reason)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(path == folder.url.appending(path: "seed-1/sft").path && !reason.isEmpty)
  }

  @Test(arguments: ["", "{", "{}", #"{"inputs":"a"}"#, #"{"inputs":"b","files":{}}"#])
  func sealThatIsNoneLeavesTheCellUnfinished(seal: String) throws {
    try store.write(cell, inputs: "a") { try Data("x".utf8).write(to: $0.appending(path: "f")) }
    #expect(store.isFinished(cell, inputs: "a"))
    try Data(seal.utf8).write(to: store.url(of: cell).appending(path: "DONE"))
    #expect(!store.isFinished(cell, inputs: "a"))
  }

  @Test func cellIsReplacedWhole() throws {
    for (name, inputs) in [("old", "a"), ("new", "b")] {
      try store.write(cell, inputs: inputs) { try Data().write(to: $0.appending(path: name)) }
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: store.url(of: cell).path)
    #expect(Set(names) == ["DONE", "new"])
    #expect(store.isFinished(cell, inputs: "b") && !store.isFinished(cell, inputs: "a"))
  }

  @Test func draftsAreRemovedAndCellsKept() throws {
    try store.write(cell, inputs: "a") { try Data().write(to: $0.appending(path: "f")) }
    let draft = folder.url.appending(path: "seed-1/.dpo.partial")
    try FileManager.default.createDirectory(at: draft, withIntermediateDirectories: true)
    store.removeDrafts(of: [cell, Cell(seed: 1, stage: .arm("dpo"))])
    #expect(!FileManager.default.fileExists(atPath: draft.path))
    #expect(store.isFinished(cell, inputs: "a"))
  }

  @Test func damagedTimingsAreBegunAnew() throws {
    try Data("[]".utf8).write(to: folder.url.appending(path: "timings.json"))
    try store.merge(["a": 1])
    #expect(try decodeRecord(CellTimings.self, from: folder.data("timings.json")) == ["a": 1])
  }

  @Test func folderInAFileCannotBeMade() throws {
    try Data().write(to: folder.url.appending(path: "file"))
    let inner = CellStore(folder: folder.url.appending(path: "file/run"))
    let error = #expect(throws: RunStoreError.self) { try inner.make() }
    #expect(error.map { ExitStatus(for: $0) } == .cannotCreate)
  }

  @Test func lockLeavesAnEmptyFileAndNoHolder() throws {
    let place = folder.url.appending(path: "a/b")
    try RunLock(folder: place).release()
    #expect(try folder.data("a/b/.lock").isEmpty)
    try RunLock(folder: place).release()
  }
}
