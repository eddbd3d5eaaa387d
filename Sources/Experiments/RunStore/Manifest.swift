public import Foundation
import Datasets

/// Where, when and with what a run was made: together with `timings.json` all that may differ
/// between two runs of the same command.
public struct Manifest: Codable, Sendable {
  /// The version of this layout.
  public var schema = "tandem.manifest/1"
  /// The SHA-256 of the resolved specification.
  public var specification = ""
  /// The command as it was typed.
  public var command: [String] = []
  /// The seeds.
  public var seeds: [Int] = []
  /// The SHA-256 of each seed's pairs, prompts and reference.
  public var data: [String: [String: String]] = [:]
  /// The commit of the sources, or `unknown`.
  public var commit = "unknown"
  /// Whether the sources differed from that commit.
  public var isDirty: Bool?
  /// The compiler's version line, or `unknown`.
  public var swift = "unknown"
  /// The processor's name.
  public var processor = "unknown"
  /// The processors that the system has.
  public var processors = 0
  /// The kernels that OpenBLAS chose for this processor.
  public var blasCore = ""
  /// How OpenBLAS was built.
  public var blasConfiguration = ""
  /// The environment's OPENBLAS_ variables.
  public var environment: [String: String] = [:]
  /// How many cells ran at once.
  public var jobs = 0
  /// When the run began.
  public var start = Date()
  /// When it ended.
  public var end: Date?
  /// Its exit code.
  public var exit: Int32?

  /// A manifest of this machine, with what the command knows.
  public static func gathered(
    for specification: ExperimentSpecification, command: [String], jobs: Int
  ) async throws -> Manifest {
    var manifest = Manifest()
    manifest.specification = sha256(of: try encodeRecord(specification))
    (manifest.command, manifest.jobs) = (command, jobs)
    manifest.seeds = specification.seeds.values
    if let commit = await output(of: "git", ["rev-parse", "HEAD"]) {
      manifest.commit = commit
      manifest.isDirty = await output(of: "git", ["status", "--porcelain"]) != ""
    }
    let machine = await Machine.gathered()
    (manifest.swift, manifest.processor) = (machine.swift, machine.processor)
    manifest.processors = machine.processors
    (manifest.blasCore, manifest.blasConfiguration) = (machine.blasCore, machine.blasConfiguration)
    manifest.environment = machine.environment
    return manifest
  }

  /// Notes the hashes that the cells recorded.
  public mutating func note(_ cells: [CellRecord]) {
    for cell in cells where cell.dataHashes["pairs"] != nil {
      data["seed-\(cell.seed)"] = cell.dataHashes
    }
  }
}
