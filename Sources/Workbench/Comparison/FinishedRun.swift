import Datasets
package import Foundation

/// Why runs do not belong on one axis.
package enum ComparisonError: Error, Equatable {
  /// Two files that must be equal are not.
  case different(
    what: String, seed: Int, first: HashedFile, second: HashedFile, line: DifferingLine?)
  /// A cell learned from other data than those beside it.
  case changedSince(what: String, cell: String, recorded: String, found: HashedFile)
  /// The runs have no seed in common.
  case noCommonSeed([String])
}

/// A file and the SHA-256 of its bytes.
package struct HashedFile: Equatable, Sendable {
  /// The file's path.
  package var path: String
  /// The SHA-256 of its bytes.
  package var hash: String
}

/// The first line in which two files differ.
package struct DifferingLine: Equatable, Sendable {
  /// The line, counted from one.
  package var number: Int
  /// The line in the first file; nil where the file ends before.
  package var first: String?
  /// The line in the second file; nil where the file ends before.
  package var second: String?

  /// A line in which two files differ.
  package init(number: Int, first: String?, second: String?) {
    (self.number, self.first, self.second) = (number, first, second)
  }
}

extension ComparisonError: CustomStringConvertible {
  /// What differs, with both hashes and the first differing line.
  package var description: String {
    switch self {
    case .different(let what, let seed, let first, let second, let line):
      """
      the \(what) of seed \(seed) differ, so these runs cannot share an axis
        \(first.hash)  \(first.path)
        \(second.hash)  \(second.path)
      """ + (line.map { "\nfirst difference at \(second.path):\($0)" } ?? "")
        + "\nrun both from one specification, or restore the changed file"
    case .changedSince(let what, let cell, let recorded, let found):
      """
      the \(what) of \(cell) changed since it learned from them
        \(recorded)  recorded by \(cell)
        \(found.hash)  \(found.path)
      restore the file, or run the experiment again
      """
    case .noCommonSeed(let paths):
      "\(paths.joined(separator: " and ")) have no seed in common; run them with the same seeds"
    }
  }
}

extension DifferingLine: CustomStringConvertible {
  /// The number and both lines, long ones from shortly before the place where they part.
  package var description: String {
    let shared = zip(first ?? "", second ?? "").prefix { $0 == $1 }.count
    let start = shared > 100 ? shared - 30 : 0
    func window(_ line: String?) -> String {
      guard let line else { return "(no such line)" }
      let rest = line.dropFirst(start)
      return (start > 0 ? "…" : "") + rest.prefix(120) + (rest.count > 120 ? "…" : "")
    }
    return "\(number):\n  - \(window(first))\n  + \(window(second))"
  }
}

/// A run folder with its specification and the records of its cells.
package struct FinishedRun: Sendable {
  /// The run folder.
  package let folder: URL
  /// What it was made from.
  package let specification: ExperimentSpecification
  /// What its cells found.
  package let records: [CellRecord]

  /// Reads a run folder.
  package init(folder: URL) throws {
    let store = CellStore(folder: folder)
    self.folder = folder
    specification = try store.specification()
    records = try store.records(of: specification)
  }

  /// Throws unless every cell learned from the data that are in the folder now.
  package func checkData() throws {
    for record in records where record.dataHashes["pairs"] != nil {
      let files = try sharedFiles(ofSeed: record.seed)
      for (what, file) in files where record.dataHashes[what] != file.hash {
        throw ComparisonError.changedSince(
          what: what, cell: "\(record.arm) of seed \(record.seed)",
          recorded: record.dataHashes[what] ?? "nothing", found: file)
      }
    }
  }

  /// Throws unless the other run has the same pairs, prompts and reference at every common seed.
  package func checkSameData(as other: FinishedRun) throws {
    let others = Set(other.specification.seeds.values)
    let common = specification.seeds.values.filter(others.contains)
    guard !common.isEmpty else {
      throw ComparisonError.noCommonSeed([folder.path, other.folder.path])
    }
    for seed in common {
      let (own, theirs) = (try sharedFiles(ofSeed: seed), try other.sharedFiles(ofSeed: seed))
      for ((what, first), (_, second)) in zip(own, theirs) where first.hash != second.hash {
        throw ComparisonError.different(
          what: what, seed: seed, first: first, second: second,
          line: what == "reference" ? nil : firstDifference(first.path, second.path))
      }
    }
  }

  /// The files that the arms of a seed share.
  private func sharedFiles(ofSeed seed: Int) throws -> [(what: String, file: HashedFile)] {
    let data = DataFiles(folder: folder.appending(path: Cell(seed: seed, stage: .data).path))
    let sft = Cell(seed: specification.referenceSeed(of: seed), stage: .sft)
    let model = ModelFolder(folder.appending(path: sft.path).appending(path: checkpointName))
    return try [("pairs", data.train), ("prompts", data.prompts), ("reference", model.weights)].map
    {
      ($0.0, HashedFile(path: $0.1.path, hash: try sha256(ofFile: $0.1)))
    }
  }
}

/// The first line in which two text files differ.
private func firstDifference(_ first: String, _ second: String) -> DifferingLine? {
  func lines(_ path: String) -> [Substring] {
    ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(
      separator: "\n", omittingEmptySubsequences: false)
  }
  let (a, b) = (lines(first), lines(second))
  for i in 0..<max(a.count, b.count) {
    let (left, right) = (i < a.count ? a[i] : nil, i < b.count ? b[i] : nil)
    guard left != right else { continue }
    return DifferingLine(
      number: i + 1, first: left.map(String.init), second: right.map(String.init))
  }
  return nil
}

/// Several runs on the same data as if they were one.
package struct RunComparison: Sendable {
  /// The first run's specification with the arms of all runs.
  package let specification: ExperimentSpecification
  /// The cells of all runs, renamed where arms share a name; references and reward models are the
  /// first run's.
  package let records: [CellRecord]

  /// Reads run folders.
  ///
  /// - Throws: `ComparisonError` unless every arm of every common seed learned from the same pairs,
  ///   is judged on the same prompts, and starts from the same reference.
  package init(_ folders: [URL]) throws {
    let runs = try folders.map { try FinishedRun(folder: $0) }
    for run in runs.dropFirst() { try runs[0].checkSameData(as: run) }
    for run in runs { try run.checkData() }
    let common = runs.dropFirst().reduce(Set(runs[0].specification.seeds.values)) {
      $0.intersection($1.specification.seeds.values)
    }
    var specification = runs[0].specification
    specification.seeds.values.removeAll { !common.contains($0) }
    specification.arms = []
    var records: [CellRecord] = []
    let folders = runs.map(\.folder.lastPathComponent)
    let labels = folders.enumerated().map { position, name in
      folders.count { $0 == name } == 1 ? name : "\(name) \(position + 1)"
    }
    for (position, run) in runs.enumerated() {
      for arm in run.specification.arms {
        let isTaken = runs.enumerated().contains { other in
          other.offset != position
            && other.element.specification.arms.contains { $0.slug == arm.slug }
        }
        var named = arm
        if isTaken { named.name += " (\(labels[position]))" }
        specification.arms.append(named)
        records += run.records.filter { $0.arm == arm.name && common.contains($0.seed) }
          .map { $0.renamed(named.name) }
      }
    }
    let names = Set(runs[0].specification.arms.map(\.name))
    self.records =
      runs[0].records.filter { !names.contains($0.arm) && common.contains($0.seed) } + records
    self.specification = specification
  }
}

extension CellRecord {
  fileprivate func renamed(_ name: String) -> CellRecord {
    var record = self
    record.arm = name
    return record
  }
}

extension ComparisonError: ErrorWithExitStatus {
  /// Runs that do not belong together.
  package var exitStatus: ExitStatus { .data }
}
