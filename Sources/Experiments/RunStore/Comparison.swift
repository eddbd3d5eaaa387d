import Datasets
public import Foundation

/// Why runs do not belong on one axis.
public enum ComparisonError: Error, Equatable {
  /// Two files that must be equal are not.
  case different(
    what: String, seed: Int, first: HashedFile, second: HashedFile, line: DifferingLine?)
  /// A cell learned from other data than those beside it.
  case changedSince(what: String, cell: String, recorded: String, found: HashedFile)
  /// The runs have no seed in common.
  case noCommonSeed([String])
}

/// A file and the SHA-256 of its bytes.
public struct HashedFile: Equatable, Sendable {
  /// The file's path.
  public var path: String
  /// The SHA-256 of its bytes.
  public var hash: String
}

/// The first line in which two files differ.
public struct DifferingLine: Equatable, Sendable {
  /// The line, counted from one.
  public var number: Int
  /// The line in the first file; nil where the file ends before.
  public var first: String?
  /// The line in the second file; nil where the file ends before.
  public var second: String?

  /// A line in which two files differ.
  public init(number: Int, first: String?, second: String?) {
    (self.number, self.first, self.second) = (number, first, second)
  }
}

extension ComparisonError: CustomStringConvertible {
  /// What differs, with both hashes and the first differing line.
  public var description: String {
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
  public var description: String {
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
public struct FinishedRun: Sendable {
  /// The run folder.
  public let folder: URL
  /// What it was made from.
  public let specification: ExperimentSpecification
  /// What its cells found.
  public let records: [CellRecord]

  /// Reads a run folder.
  public init(folder: URL) throws {
    let store = CellStore(folder: folder)
    self.folder = folder
    specification = try store.specification()
    records = try store.records(of: specification)
  }

  /// Throws unless every cell learned from the data that are in the folder now.
  public func checkData() throws {
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
  public func checkSameData(as other: FinishedRun) throws {
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
