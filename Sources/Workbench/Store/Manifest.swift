import Datasets
package import Foundation

/// Where, when and with what a run was made: together with `timings.json` all that may differ
/// between two runs of the same command.
package struct Manifest: Codable, Sendable {
  /// The version of this layout.
  package var schema = "tandem.manifest/1"
  /// The SHA-256 of the resolved specification.
  package var specification = ""
  /// The command as it was typed.
  package var command: [String] = []
  /// The seeds.
  package var seeds: [Int] = []
  /// The SHA-256 of each seed's pairs, prompts and reference.
  package var data: [String: [String: String]] = [:]
  /// The commit of the sources, or `unknown`.
  package var commit = "unknown"
  /// Whether the sources differed from that commit.
  package var isDirty: Bool?
  /// The compiler's version line, or `unknown`.
  package var swift = "unknown"
  /// The processor's name.
  package var processor = "unknown"
  /// The processors that the system has.
  package var processors = 0
  /// The widest vectors, in bits, that the build may use.
  package var vectorBits = 0
  /// How many cells ran at once.
  package var jobs = 0
  /// When the run began.
  package var start = Date()
  /// When it ended.
  package var end: Date?
  /// Its exit code.
  package var exit: Int32?

  /// A manifest of this machine, with what the command knows.
  package static func gathered(
    for specification: ExperimentSpecification, command: [String], jobs: Int
  ) async throws -> Manifest {
    var manifest = Manifest()
    manifest.specification = try specification.digest
    (manifest.command, manifest.jobs) = (command, jobs)
    manifest.seeds = specification.seeds.values
    if let commit = await output(of: "git", ["rev-parse", "HEAD"]) {
      manifest.commit = commit
      manifest.isDirty = await output(of: "git", ["status", "--porcelain"]) != ""
    }
    let machine = await Machine.gathered()
    (manifest.swift, manifest.processor) = (machine.swift, machine.processor)
    manifest.processors = machine.processors
    manifest.vectorBits = machine.vectorBits
    return manifest
  }

  /// Notes the hashes that the cells recorded.
  package mutating func note(_ cells: [CellRecord]) {
    for cell in cells where cell.dataHashes["pairs"] != nil {
      data["seed-\(cell.seed)"] = cell.dataHashes
    }
  }
}

extension ExperimentSpecification {
  /// The SHA-256 of the specification with everything that the task decides filled in, as manifests have it.
  package var digest: String { get throws { sha256(of: try encodeRecord(self)) } }
}
