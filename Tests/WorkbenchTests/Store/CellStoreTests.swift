import Foundation
import SystemPackage
import TestSupport
import Testing
import Workbench

@Suite struct CellStoreTests {
  private let folder: TemporaryFolder
  private let store: CellStore
  private let cell = Cell(seed: 3, stage: .arm("ppo-gt"))

  init() throws {
    folder = try TemporaryFolder()
    store = CellStore(folder: folder.url)
  }

  private func write(_ text: String, inputs: String) throws {
    try store.write(cell, inputs: inputs) { draft in
      let inner = draft.appending(path: "checkpoint")
      try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: inner.appending(path: "weights"))
    }
  }

  @Test func cellsLieWhereTheRunFolderSays() {
    #expect(cell.path == "seed-3/ppo-gt")
    #expect(Cell(seed: 3, stage: .sft).path == "seed-3/sft")
    #expect(Cell(seed: 3, stage: .reward).path == "seed-3/reward")
    #expect(Cell(seed: 3, stage: .data).path == "data/seed-3")
  }

  @Test func cellIsFinishedForTheInputsItWasMadeFromOnly() throws {
    #expect(!store.isFinished(cell, inputs: "a"))
    try write("one", inputs: "a")
    #expect(store.isFinished(cell, inputs: "a"))
    #expect(!store.isFinished(cell, inputs: "b"))
  }

  @Test func changedFileMakesTheCellUnfinished() throws {
    try write("one", inputs: "a")
    try Data("two".utf8).write(to: store.url(of: cell).appending(path: "checkpoint/weights"))
    #expect(!store.isFinished(cell, inputs: "a"))
  }

  @Test func missingAndAdditionalFilesMakeTheCellUnfinished() throws {
    try write("one", inputs: "a")
    let extra = store.url(of: cell).appending(path: "extra")
    try Data().write(to: extra)
    #expect(!store.isFinished(cell, inputs: "a"))
    try FileManager.default.removeItem(at: extra)
    #expect(store.isFinished(cell, inputs: "a"))
    try FileManager.default.removeItem(
      at: store.url(of: cell).appending(path: "checkpoint/weights"))
    #expect(!store.isFinished(cell, inputs: "a"))
  }

  @Test func workThatFailsLeavesTheOldCellAndNoTrace() throws {
    try write("one", inputs: "a")
    #expect(throws: CancellationError.self) {
      try store.write(cell, inputs: "b") { draft in
        try Data().write(to: draft.appending(path: "half"))
        throw CancellationError()
      }
    }
    #expect(store.isFinished(cell, inputs: "a"))
    store.removeDrafts(of: [cell])
    let names = try FileManager.default.contentsOfDirectory(
      atPath: folder.url.appending(path: "seed-3").path)
    #expect(names == ["ppo-gt"])
  }

  @Test func missingRecordIsAnIncompleteRun() {
    #expect(throws: RunStoreError.incomplete(path: folder.url.path, missing: ["seed-3/ppo-gt"])) {
      try store.record(of: cell)
    }
  }

  @Test func recordThatIsNoJSONIsDamaged() throws {
    try store.write(cell, inputs: "a") {
      try Data("{".utf8).write(to: $0.appending(path: "cell.json"))
    }
    let error = #expect(throws: RunStoreError.self) { try store.record(of: cell) }
    guard case .damaged? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func folderThatCannotBeMadeIsSaidSo() throws {
    try Data().write(to: folder.url.appending(path: "file"))
    let error = #expect(throws: RunStoreError.self) {
      _ = try RunLock(folder: folder.url.appending(path: "file/run"))
    }
    guard case .cannotCreate? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func secondHolderOfARunFolderIsRefusedUntilTheFirstIsGone() throws {
    let place = folder.url
    func holdTwice() throws {
      let first = try RunLock(folder: place)
      #expect(throws: RunStoreError.locked(path: place.path)) { _ = try RunLock(folder: place) }
      first.release()
    }
    try holdTwice()
    try RunLock(folder: place).release()
  }

  #if os(Linux)
    @Test func aChildThatInheritedTheFileDoesNotKeepTheLock() throws {
      let place = folder.url
      let copy = try copyOfLockWhileHeld(in: place)
      defer { try? copy.close() }
      try RunLock(folder: place).release()
    }

    /// Another descriptor of the lock's open file, as a child has between fork and exec.
    private func copyOfLockWhileHeld(in place: URL) throws -> FileDescriptor {
      let lock = try RunLock(folder: place)
      let name = place.appending(path: ".lock").resolvingSymlinksInPath().path
      let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
      let held = open.compactMap(CInt.init).first {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)"))
          == name
      }
      let copy = try FileDescriptor(rawValue: #require(held)).duplicate()
      lock.release()
      return copy
    }
  #endif
}
