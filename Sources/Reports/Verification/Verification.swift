import Datasets
package import Foundation
import Workbench

/// One thing that committed results have to agree in, and whether they do.
package struct VerificationCheck: Encodable, Hashable, Sendable {
  /// What was checked: a file below the root, and against what.
  package var name: String
  /// What is wrong; nil where nothing is.
  package var problem: String?
  /// Why it could not be checked here; nil where it was.
  package var skipped: String?
}

/// Holds a repository's committed results against the curves, specifications and texts that belong to them.
///
/// Every summary is made anew from its curves and every verdict from its numbers; the hash of every
/// specification is that of the manifest of its results; the generated blocks of `README.md` are those that
/// the results give. Nothing is trained.
package struct Verification: Sendable {
  private let root: URL

  /// The repository with `results`, `experiments` and `README.md` in it.
  package init(root: URL) { self.root = root }

  /// Every check, in the order of the folders.
  ///
  /// - Throws: `MissingInput` where there are no results.
  package func checks() throws -> [VerificationCheck] {
    try resultFolders().flatMap { folder in
      [derivation(of: folder)].compactMap(\.self) + (try specifications(of: folder))
    } + [blocks()]
  }

  /// Writes the generated blocks of `README.md` anew.
  package func writeBlocks() throws {
    try filledReadme().write(to: readme, atomically: true, encoding: .utf8)
  }

  private var results: URL { root.appending(path: "results") }
  private var readme: URL { root.appending(path: "README.md") }

  /// The folders with results in them, by their paths below `results`.
  private func resultFolders() throws -> [String] {
    guard let paths = try? FileManager.default.subpathsOfDirectory(atPath: results.path) else {
      throw MissingInput(path: results.path, remedy: "name a folder with results in it")
    }
    let files = ["summary.json", ClaimFile.name, "manifest.json"]
    let folders = paths.compactMap { path -> String? in
      let parts = path.split(separator: "/")
      guard parts.count > 1, files.contains(String(parts[parts.count - 1])) else { return nil }
      return parts.dropLast().joined(separator: "/")
    }
    return Set(folders).sorted()
  }

  private func check(_ name: String, _ body: () throws -> String?) -> VerificationCheck {
    do { return VerificationCheck(name: name, problem: try body()) } catch {
      return VerificationCheck(name: name, problem: sentence(for: error))
    }
  }

  private func derivation(of folder: String) -> VerificationCheck? {
    let url = results.appending(path: folder)
    let hasClaims = FileManager.default.fileExists(atPath: url.appending(path: ClaimFile.name).path)
    guard hasClaims || ExperimentSummary.stored(in: url) != nil else { return nil }
    return check("results/\(folder): verdicts and summary from the numbers in it") {
      _ = try ClaimFile(derivingIn: url)
      return hasClaims && ClaimFile.isOutdated(in: url)
        ? "its claims are of the first version; `tandem claims results` makes them anew" : nil
    }
  }

  /// The specification of each manifest: `manifest-model.json` is that of `experiments/NAME-model`.
  private func specifications(of folder: String) throws -> [VerificationCheck] {
    let url = results.appending(path: folder)
    let names = try FileManager.default.contentsOfDirectory(atPath: url.path)
    return names.filter { $0.hasPrefix("manifest") && $0.hasSuffix(".json") }.sorted().compactMap {
      let part = $0.dropFirst("manifest".count).dropLast(".json".count)
      let experiment = root.appending(path: "experiments/\(folder)\(part)")
      let file = experiment.appending(path: "experiment.yaml")
      guard FileManager.default.fileExists(atPath: file.path) else { return nil }
      return specification(experiment, manifest: url.appending(path: $0), name: folder + part)
    }
  }

  private func specification(
    _ experiment: URL, manifest: URL, name: String
  ) -> VerificationCheck {
    let name = "experiments/\(name)/experiment.yaml is what its results were made from"
    do {
      let data = try Data(contentsOf: manifest)
      let stored = try JSONDecoder().decode(SpecificationHash.self, from: data).specification
      let written = try ExperimentSpecification(contentsOf: experiment)
      guard let now = try digest(of: written, at: experiment) else {
        return VerificationCheck(name: name, skipped: "its data are brought, never committed")
      }
      return VerificationCheck(
        name: name,
        problem: stored == now ? nil : "the manifest has another hash; make the results again")
    } catch {
      return VerificationCheck(name: name, problem: sentence(for: error))
    }
  }

  /// The hash of a specification with all that its task decides; nil where the task's files are not here.
  private func digest(of written: ExperimentSpecification, at folder: URL) throws -> String? {
    do {
      return try ExperimentRunner(written, folder: folder).specification.digest
    } catch {
      guard error is DataError || ExitStatus(for: error) == .missingInput else { throw error }
      return nil
    }
  }

  private func blocks() -> VerificationCheck {
    check("README.md: generated blocks") {
      let text = try String(contentsOf: readme, encoding: .utf8)
      return text == (try filledReadme())
        ? nil : "its results give other text; `tandem verify --write` writes it"
    }
  }

  private func filledReadme() throws -> String {
    try GeneratedBlocks(results: results).filled(String(contentsOf: readme, encoding: .utf8))
  }
}

/// What is read of a manifest, whatever else older versions wrote into it.
private struct SpecificationHash: Decodable {
  var specification: String
}
