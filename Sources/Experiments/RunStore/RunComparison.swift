public import Foundation

/// Several runs on the same data as if they were one.
public struct RunComparison: Sendable {
  /// The first run's specification with the arms of all runs.
  public let specification: ExperimentSpecification
  /// The cells of all runs, renamed where arms share a name; references and reward models are the
  /// first run's.
  public let records: [CellRecord]

  /// Reads run folders.
  ///
  /// - Throws: `ComparisonError` unless every arm of every common seed learned from the same pairs,
  ///   is judged on the same prompts, and starts from the same reference.
  public init(_ folders: [URL]) throws {
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
