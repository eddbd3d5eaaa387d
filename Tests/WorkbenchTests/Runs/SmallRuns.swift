import Foundation
import TestSupport
import Workbench

/// A finished run of an experiment.
func run(_ specification: ExperimentSpecification) async throws -> TemporaryFolder {
  let folder = try TemporaryFolder()
  try await ExperimentRunner(specification, folder: folder.url).run(jobs: 2)
  return folder
}

/// The record of a cell.
func record(_ path: String, in folder: TemporaryFolder) throws -> CellRecord {
  try decodeRecord(CellRecord.self, from: folder.data(path + "/cell.json"))
}

/// The small experiment with a single seed.
func oneSeed(_ arms: Range<Int> = 0..<4) throws -> ExperimentSpecification {
  var specification = try smallExperiment()
  specification.seeds = SeedList([1])
  specification.arms = Array(specification.arms[arms])
  return specification
}
